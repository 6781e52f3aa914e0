"""The state of a component: that of its worst object, with what one asks of it first: replicas, image, age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from platform_compiler.cluster.events import age
from platform_compiler.cluster.health import health
from platform_compiler.cluster.objects import Object, Reader, created, spec_of, status_of
from platform_compiler.cluster.status import Health, Status

WORST_FIRST: Final = (Status.MISSING, Status.DEGRADED, Status.PROGRESSING, Status.HEALTHY)
SCALED: Final = frozenset({"Deployment", "StatefulSet", "ReplicaSet"})


@dataclass(frozen=True, slots=True)
class ObjectStatus:
    """One object: its id in the graph, its kind and name, the object as it is now, and its health."""

    id: str
    kind: str
    name: str
    live: Object | None
    health: Health


@dataclass(frozen=True, slots=True)
class ComponentStatus:
    """One component. `ready` is such as `2/3`, `image` the first container's, `age` that of its workload; or empty."""

    id: str
    status: Status
    message: str
    ready: str
    image: str
    age: str
    objects: tuple[ObjectStatus, ...]


def object_status(identifier: str, kind: str, name: str, live: Object | None, reader: Reader) -> ObjectStatus:
    """The health of an object that was read as `live`."""
    return ObjectStatus(identifier, kind, name, live, health(live, reader))


def component_status(identifier: str, objects: Sequence[ObjectStatus], now: datetime) -> ComponentStatus:
    """Sum the objects of a component up."""
    worst = min(objects, key=lambda item: WORST_FIRST.index(item.health.status))
    status = worst.health.status
    message = "" if status is Status.HEALTHY else f"{worst.kind} {worst.name}: {worst.health.message}"
    workload = next((item.live for item in objects if item.live and _template(item.live)), None)
    if workload is None:
        return ComponentStatus(identifier, status, message, "", "", "", tuple(objects))
    containers = spec_of(_template(workload)).get("containers") or [{}]
    since = created(workload)
    return ComponentStatus(
        identifier,
        status,
        message,
        _ready(workload),
        str(containers[0].get("image", "")),
        age(datetime.fromisoformat(since), now) if since else "",
        tuple(objects),
    )


def _template(obj: Object) -> Object:
    """The pod template of a workload, empty for other objects."""
    spec = spec_of(obj)
    template: Object = spec.get("template") or ((spec.get("jobTemplate") or {}).get("spec") or {}).get("template") or {}
    return template if isinstance(template, dict) and "spec" in template else {}


def _ready(workload: Object) -> str:
    status = status_of(workload)
    if workload["kind"] in SCALED:
        return f"{status.get('readyReplicas', 0)}/{spec_of(workload).get('replicas', 1)}"
    if workload["kind"] == "DaemonSet":
        return f"{status.get('numberReady', 0)}/{status.get('desiredNumberScheduled', 0)}"
    if workload["kind"] == "Job":
        return f"{status.get('succeeded', 0)}/{spec_of(workload).get('completions', 1)}"
    return ""
