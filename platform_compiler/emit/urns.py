"""URNs: the names of resources in Pulumi's state. They follow from app, component, role and type alone.

Parents are components of two constant types, for a parent's type is part of every child's URN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from platform_compiler.graph.resource import Resource

APP_TYPE: Final = "platc:index:App"
COMPONENT_TYPE: Final = "platc:index:Component"
STACK_TYPE: Final = "pulumi:pulumi:Stack"
PROVIDER_TYPE: Final = "pulumi:providers:kubernetes"
PROVIDER_NAME: Final = "target"
MARK: Final = "platc.dev/urn"
"""The annotation that says which resource of which stack an object in a cluster belongs to."""


@dataclass(frozen=True, slots=True)
class Urns:
    """URNs by name: `urn:pulumi:<stack>::<project>::<types of parents>$<type>::<name>`."""

    stack: str
    project: str

    def of(self, qualified_type: str, name: str) -> str:
        """The URN of a resource with its parents' types before its own."""
        return f"urn:pulumi:{self.stack}::{self.project}::{qualified_type}::{name}"

    @property
    def root(self) -> str:
        """The stack's own URN."""
        return self.of(STACK_TYPE, f"{self.project}-{self.stack}")

    def resource(self, resource: Resource) -> str:
        """The URN of a Kubernetes object."""
        token = type_token(resource)
        parents = f"{APP_TYPE}${COMPONENT_TYPE}$" if resource.origin.app else ""
        return self.of(f"{parents}{token}", resource.id)

    def parent(self, resource: Resource) -> str:
        """The URN of its component, or of the stack."""
        origin = resource.origin
        return self.component(f"{origin.app}/{origin.component}") if origin.app else self.root

    @property
    def provider(self) -> str:
        """The URN of the Kubernetes provider."""
        return self.of(PROVIDER_TYPE, PROVIDER_NAME)

    def app(self, name: str) -> str:
        """The URN of an app."""
        return self.of(APP_TYPE, name)

    def component(self, name: str) -> str:
        """The URN of a component, by its id."""
        return self.of(f"{APP_TYPE}${COMPONENT_TYPE}", name)


def type_token(resource: Resource) -> str:
    """`kubernetes:apps/v1:Deployment`; the core group is written out, as the provider's schema does."""
    version = resource.api_version
    return f"kubernetes:{version if '/' in version else f'core/{version}'}:{resource.kind}"


def marked(manifest: Mapping[str, Any], urn: str) -> dict[str, Any]:
    """The object with the annotation by which a cluster tells whose it is."""
    meta = manifest["metadata"]
    return {**manifest, "metadata": {**meta, "annotations": {**meta.get("annotations", {}), MARK: urn}}}
