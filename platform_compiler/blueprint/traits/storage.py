"""Storage that outlives pods: a PersistentVolumeClaim of its own, kept when its component goes."""

from __future__ import annotations

from typing import Any

from platform_compiler.blueprint.context import Context
from platform_compiler.graph.resource import Lifecycle, Resource

KEPT = Lifecycle(retain_on_delete=True, stateful=True)
"""Removing the component leaves the claim in the cluster: its data is only deleted by hand."""
STATEFUL = Lifecycle(stateful=True)


def claim(
    ctx: Context,
    size: str,
    *,
    role: str = "data",
    name: str = "data",
    storage_class: str | None = None,
    access: str = "ReadWriteOnce",
    lifecycle: Lifecycle = KEPT,
) -> Resource:
    """A claim for `size` of storage (`core/v1.PersistentVolumeClaim`), named `<component>-<name>`."""
    spec: dict[str, Any] = {"accessModes": [access], "resources": {"requests": {"storage": size}}}
    if storage_class:
        spec["storageClassName"] = storage_class
    return ctx.resource(role, "v1", "PersistentVolumeClaim", name=f"{ctx.name}-{name}", lifecycle=lifecycle, spec=spec)


def volume_of(claim_resource: Resource | None) -> dict[str, Any]:
    """The pod volume of a claim, or a folder that is lost with the pod when there is none."""
    if claim_resource is None:
        return {"emptyDir": {}}
    return {"persistentVolumeClaim": {"claimName": claim_resource.name}}
