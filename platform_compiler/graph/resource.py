"""The resource graph: Kubernetes objects with identity, order, lifecycle and origin.

Small records here and elsewhere are named tuples: a frozen dataclass takes seven times as long to define, and a command
defines all of them before it does anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

Manifest = dict[str, Any]
"""A Kubernetes object as plain data: dict, list, str, int, float, bool, None and, in Secrets, SecretText."""


def namespace_id(name: str) -> str:
    """The id of a Namespace: two parts, where the ids of an app's resources have three."""
    return f"namespace/{name}"


STATEFUL_KINDS = frozenset({"PersistentVolumeClaim", "PersistentVolume", "StatefulSet", "Namespace"})
"""Kinds whose removal loses data, whatever the blueprint says."""


class Origin(NamedTuple):
    """Where a resource comes from: the component and blueprint that made it, and the line of the spec that asked.

    What the environment itself yields, such as a Namespace, has an empty app and component.
    """

    app: str
    component: str
    blueprint: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Lifecycle(NamedTuple):
    """How an engine treats a resource beyond create, update and delete; the words are Pulumi's resource options."""

    protect: bool = False
    retain_on_delete: bool = False
    ignore_changes: tuple[str, ...] = ()
    stateful: bool = False
    """Its removal loses data: a replace or delete is told with a risk label."""


DEFAULT_LIFECYCLE = Lifecycle()


class Resource(NamedTuple):
    """One Kubernetes object.

    `id` is `<app>/<component>/<role>`: it follows from names alone, so it is the same from run to run and names the
    resource in Pulumi's state. `depends_on` holds ids of resources that must stand first.
    """

    id: str
    manifest: Manifest
    origin: Origin
    depends_on: tuple[str, ...] = ()
    lifecycle: Lifecycle = DEFAULT_LIFECYCLE

    @property
    def api_version(self) -> str:
        """`apps/v1`."""
        return str(self.manifest["apiVersion"])

    @property
    def kind(self) -> str:
        """`Deployment`."""
        return str(self.manifest["kind"])

    @property
    def name(self) -> str:
        """The object's `metadata.name`."""
        return str(self.manifest["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """The object's `metadata.namespace`, empty for cluster-scoped kinds."""
        return str(self.manifest["metadata"].get("namespace", ""))

    @property
    def role(self) -> str:
        """The last part of the id: what the resource is to its component."""
        return self.id.rpartition("/")[2]


class ComponentNode(NamedTuple):
    """One component of the graph: `after` and `references` hold ids (`<app>/<component>`) of others."""

    id: str
    origin: Origin
    after: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    renamed_from: str | None = None
    protect: bool = False

    @property
    def app(self) -> str:
        """The name of its app."""
        return self.origin.app

    @property
    def name(self) -> str:
        """Its name inside the app."""
        return self.origin.component


@dataclass(frozen=True)
class Graph:
    """What a stack consists of, in a stable order: by app, component, then as the blueprint yields."""

    resources: tuple[Resource, ...]
    components: tuple[ComponentNode, ...] = ()

    @cached_property
    def by_id(self) -> dict[str, Resource]:
        """Every resource by its id."""
        return {resource.id: resource for resource in self.resources}

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.resources)
