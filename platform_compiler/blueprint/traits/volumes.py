"""Volumes of a pod by name: claims of their own, what exists already, and scratch space.

A claim is an object of the stack with a name of its own, never a claim template: so it can grow (raise `storage`; the
storage class must allow it), and it stays when its component goes unless `retain: false` gives it up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from platform_compiler.blueprint.context import Context
from platform_compiler.blueprint.fields import AbsolutePath, ExistingName, Image, Matching
from platform_compiler.blueprint.traits.mounts import Mounts
from platform_compiler.blueprint.traits.storage import KEPT, STATEFUL, claim
from platform_compiler.graph.resource import Resource
from platform_compiler.spec.quantities import Memory, Storage
from platform_compiler.spec.validation import InputError, Model

SOURCES: Final = ("storage", "claim", "scratch", "memory", "config_map", "secret", "image", "host_path")
ACCESS: Final = {
    "one-node": "ReadWriteOnce",
    "one-pod": "ReadWriteOncePod",
    "many": "ReadWriteMany",
    "many-readers": "ReadOnlyMany",
}

_NO_WAY_BACK: Final = r"(?!(.*/)?\.\.(/|$))"
SubPath = Annotated[str, Matching(rf"(?!/){_NO_WAY_BACK}.+", "a path inside the volume, without ..")]
"""Kubernetes: `validateLocalDescendingPath`."""
HostPath = Annotated[str, Matching(rf"{_NO_WAY_BACK}/[^\s:]*", "an absolute path of the node, without ..")]
"""Kubernetes: `validatePathNoBacksteps`."""


class Volume(Model):
    """A volume: where it is mounted, and exactly one source."""

    path: AbsolutePath = Field(description="Where the container sees it.")
    storage: Storage | None = Field(None, description="Size of a claim that this component owns; may only grow.")
    storage_class: str | None = Field(None, description="The claim's storage class.")
    access: Literal["one-node", "one-pod", "many", "many-readers"] = Field(
        "one-node", description="Who may mount the claim at the same time."
    )
    retain: bool = Field(True, description="false deletes the claim and its data with the component.")
    claim: ExistingName | None = Field(None, description="An existing claim.")
    scratch: Memory | None = Field(None, description="At most so much space on the node's disk, lost with the pod.")
    memory: Memory | None = Field(None, description="At most so much of the container's memory, lost with the pod.")
    config_map: ExistingName | None = Field(None, description="An existing ConfigMap, one file for each key.")
    secret: ExistingName | None = Field(None, description="An existing Secret, one file for each key.")
    image: Image | None = Field(None, description="An image whose files are mounted; from Kubernetes 1.35.")
    host_path: HostPath | None = Field(None, description="A folder of the node; breaks the default pod security.")
    sub_path: SubPath | None = Field(None, description="A folder in the volume instead of its root.")
    read_only: bool = Field(False, description="true keeps the container from writing.")

    @model_validator(mode="after")
    def _one_source(self) -> Volume:
        given = [name for name in SOURCES if getattr(self, name) is not None]
        if len(given) != 1:
            names = [name.replace("_", "-") for name in SOURCES]
            raise InputError("a volume has one source", expected=f"one of {', '.join(names)}")
        if self.storage is None and (self.storage_class or self.access != "one-node" or not self.retain):
            raise InputError("storage-class, access and retain are about a claim", expected="`storage` beside them")
        return self

    @property
    def single_node(self) -> bool:
        """Whether two pods on two nodes could not both have it."""
        return self.storage is not None and self.access in {"one-node", "one-pod"}

    def source(self, claim_name: str) -> dict[str, Any]:
        """The source part of a `core/v1.Volume`; `claim_name` is that of the component's own claim."""
        sources: dict[str, Any] = {
            "storage": {"persistentVolumeClaim": {"claimName": claim_name}},
            "claim": {"persistentVolumeClaim": {"claimName": self.claim}},
            "scratch": {"emptyDir": {"sizeLimit": self.scratch}},
            "memory": {"emptyDir": {"medium": "Memory", "sizeLimit": self.memory}},
            "config_map": {"configMap": {"name": self.config_map}},
            "secret": {"secret": {"secretName": self.secret}},
            "image": {"image": {"reference": self.image}},
            "host_path": {"hostPath": {"path": self.host_path}},
        }
        source: dict[str, Any] = next(sources[name] for name in SOURCES if getattr(self, name) is not None)
        return source

    def mount(self, name: str) -> dict[str, Any]:
        """A `core/v1.VolumeMount`."""
        mount: dict[str, Any] = {"name": f"volume-{name}", "mountPath": self.path}
        if self.sub_path:
            mount["subPath"] = self.sub_path
        if self.read_only or self.config_map or self.secret or self.image:
            mount["readOnly"] = True
        return mount


def volume_mounts(ctx: Context, volumes: Mapping[str, Volume], resources: tuple[Resource, ...]) -> Mounts:
    """The volumes and mounts of `volumes`, with the claims that their pods own."""
    items = sorted(volumes.items())
    return Mounts(
        [{"name": f"volume-{name}", **volume.source(f"{ctx.name}-{name}")} for name, volume in items],
        [volume.mount(name) for name, volume in items],
        resources,
    )


def claims(ctx: Context, volumes: Mapping[str, Volume], suffix: str = "") -> tuple[Resource, ...]:
    """The claims that the component owns, with `suffix` behind each name and role."""
    return tuple(
        claim(
            ctx,
            volume.storage,
            role=f"volume-{name}{suffix}",
            name=f"{name}{suffix}",
            storage_class=volume.storage_class,
            access=ACCESS[volume.access],
            lifecycle=KEPT if volume.retain else STATEFUL,
        )
        for name, volume in sorted(volumes.items())
        if volume.storage is not None
    )
