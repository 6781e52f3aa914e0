"""PersistentVolumeClaims (`core/v1`), which wait for a volume or for the first pod that uses them."""

from __future__ import annotations

from typing import Final

from platform_compiler.cluster.objects import (
    Object,
    Reader,
    condition,
    holds,
    name_of,
    namespace_of,
    spec_of,
    status_of,
    told,
)
from platform_compiler.cluster.status import Health, degraded, healthy, progressing

RESIZE_FAILURES: Final = ("ControllerResizeError", "NodeResizeError", "ModifyVolumeError")


def claim(obj: Object, reader: Reader) -> Health:
    """Healthy when it is bound, or when only its first pod is missing; a lost volume does not come back."""
    spec, status = spec_of(obj), status_of(obj)
    if status.get("phase") == "Lost":
        return degraded(f"lost: its volume {spec.get('volumeName', '')} is gone", final=True)
    if status.get("phase") == "Bound":
        failed = next((kind for kind in RESIZE_FAILURES if holds(obj, kind)), None)
        if failed:
            return degraded(f"cannot be resized: {told(condition(obj, failed))}")
        return healthy(f"bound to {spec.get('volumeName', 'a volume')}")
    return _unbound(obj, reader)


def _unbound(obj: Object, reader: Reader) -> Health:
    name = spec_of(obj).get("storageClassName")
    if not name:
        return progressing("not bound: it names no storage class and no volume fits yet")
    storage_class = reader.get("storage.k8s.io/v1", "StorageClass", "", name)
    if storage_class is None:
        return progressing(f"not bound: there is no storage class {name}")
    if storage_class.get("volumeBindingMode") == "WaitForFirstConsumer" and not _has_consumer(obj, reader):
        return healthy(f"storage class {name} binds it when the first pod uses it")
    return progressing(f"not bound: waits for a volume of storage class {name}")


def _has_consumer(claim: Object, reader: Reader) -> bool:
    pods = reader.list("v1", "Pod", namespace_of(claim))
    volumes = (volume for pod in pods for volume in spec_of(pod).get("volumes") or ())
    name = name_of(claim)
    return any((volume.get("persistentVolumeClaim") or {}).get("claimName") == name for volume in volumes)
