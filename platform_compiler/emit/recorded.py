"""A stack's resources as its state holds them: plain data of one checkpoint (Pulumi's `apitype.DeploymentV3`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

KUBERNETES: Final = "kubernetes:"
PROVIDER: Final = "pulumi:providers:"
JOB: Final = "kubernetes:batch/v1:Job"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One resource of a checkpoint; `data` is what stands there."""

    data: Mapping[str, Any]

    @property
    def urn(self) -> str:
        """The resource's URN."""
        return str(self.data["urn"])

    @property
    def type(self) -> str:
        """Its type token, such as `kubernetes:apps/v1:Deployment`."""
        return str(self.data["type"])

    @property
    def kind(self) -> str:
        """`Deployment`."""
        return self.type.rpartition(":")[2]

    @property
    def name(self) -> str:
        """The logical name: `shop/web/deployment`."""
        return self.urn.rpartition("::")[2]

    @property
    def owner(self) -> str:
        """The component (`shop/web`), or `namespace`."""
        return self.name.rpartition("/")[0]

    @property
    def app(self) -> str:
        """The app of a component or of its objects; empty for namespaces, the provider and the stack."""
        inside = "platc:index:App" in self.urn.split("::")[2]
        return self.name.partition("/")[0] if inside else ""

    @property
    def inputs(self) -> Mapping[str, Any]:
        """What the program gave."""
        return self.data.get("inputs") or {}

    @property
    def object_id(self) -> str:
        """`namespace/name` of the Kubernetes object that the inputs mean; `name` where there is no namespace."""
        metadata = self.inputs.get("metadata", {})
        return "/".join(part for part in (metadata.get("namespace"), metadata.get("name")) if part)

    @property
    def is_object(self) -> bool:
        """Whether it is a Kubernetes object, not a component or a provider."""
        return self.type.startswith(KUBERNETES)

    @property
    def is_provider(self) -> bool:
        """Whether it is a provider."""
        return self.type.startswith(PROVIDER)

    @property
    def protected(self) -> bool:
        """Whether the engine refuses to delete it."""
        return bool(self.data.get("protect"))

    @property
    def retained(self) -> bool:
        """Whether the object stays where it is when the engine forgets it."""
        return bool(self.data.get("retainOnDelete"))

    @property
    def needs(self) -> tuple[str, ...]:
        """URNs of what must be there before it: parent, provider, dependencies."""
        provider = str(self.data.get("provider", "")).rpartition("::")[0]
        return tuple(filter(None, (self.data.get("parent"), provider, *self.data.get("dependencies", ()))))


def live_resources(deployment: Mapping[str, Any]) -> list[Recorded]:
    """The resources of a deployment, without old copies that wait for their deletion."""
    return [Recorded(item) for item in deployment.get("resources") or () if not item.get("delete")]


def with_needs(resources: Iterable[Recorded], chosen: Iterable[str]) -> frozenset[str]:
    """`chosen` URNs and, transitively, all that they need."""
    needs = {resource.urn: resource.needs for resource in resources}
    found: set[str] = set()
    waiting = list(chosen)
    while waiting:
        urn = waiting.pop()
        if urn not in found:
            found.add(urn)
            waiting.extend(needs.get(urn, ()))
    return frozenset(found)
