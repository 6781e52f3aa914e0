"""PC601, PC602: names fit their kind, and no two resources are the same Kubernetes object or have the same id."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from platform_compiler.diagnostics import Diagnostic
from platform_compiler.graph.resource import Graph, Origin, Resource
from platform_compiler.rules.view import View

MAX_BY_KIND = {"Service": 63, "Job": 63, "CronJob": 52, "StatefulSet": 52, "Namespace": 63}
"""Limits that Kubernetes sets by kind: a CronJob adds 11 characters to its Jobs, a StatefulSet a hash label."""
MAX_NAME = 253


def names_fit(graph: Graph, view: View) -> Iterator[Diagnostic]:
    """Every object's name is short enough for its kind."""
    for resource in graph:
        limit = MAX_BY_KIND.get(resource.kind, MAX_NAME)
        if len(resource.name) > limit:
            summary = f"the {resource.kind} {resource.name!r} has {len(resource.name)} characters"
            yield Diagnostic("PC601", summary, view.locate(resource.origin), f"at most {limit} for a {resource.kind}")


def ids_differ(graph: Graph, view: View) -> Iterator[Diagnostic]:
    """No two resources have the same id, by which state knows them; ids of two apps differ in their first part."""
    if len({resource.id for resource in graph}) == len(graph.resources):
        return
    seen: dict[str, Resource] = {}
    for resource in graph:
        other = seen.setdefault(resource.id, resource)
        if other is not resource:
            summary = f"the {_place_of(other)} and the {_place_of(resource)} would both be {resource.id!r} in the state"
            hint = "rename one of the components, apps or teams"
            yield Diagnostic("PC602", summary, view.locate(resource.origin), "names that differ", hint)


class UniqueNames:
    """No two resources have the same group, kind, namespace and name. Remembers names and origins, not objects."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str, str], dict[str, Origin]] = {}
        self._clashes: dict[tuple[str, str], list[tuple[str, Origin, Origin]]] = {}

    def add(self, graph: Graph) -> None:
        """Take the names of one more graph."""
        for resource in graph:
            group = resource.api_version.rpartition("/")[0]
            self._take((group, resource.kind, resource.namespace), resource.name, resource.origin)

    def _take(self, kind: tuple[str, str, str], name: str, origin: Origin) -> None:
        taken = self._seen.setdefault(kind, {})
        other = taken.setdefault(name, origin)
        if other is not origin:
            place = _place(kind[1], kind[2], name)
            self._clashes.setdefault((_owner(other), _owner(origin)), []).append((place, other, origin))

    def give(self) -> Any:
        """All names since the last time, as plain data."""
        given = [(*kind, name, tuple(origin)) for kind, names in self._seen.items() for name, origin in names.items()]
        self._seen.clear()
        return given

    def accept(self, given: Any) -> None:
        """Take the names that another one gave."""
        for group, kind, namespace, name, origin in given:
            self._take((group, kind, namespace), name, Origin(*origin))

    def faults(self, view: View) -> Iterator[Diagnostic]:
        """One for each pair of components that make the same objects."""
        for (owner, _), clashes in self._clashes.items():
            place, first, second = clashes[-1]
            more = f" and {len(clashes) - 1} more" if len(clashes) > 1 else ""
            summary = f"the {place}{more} is also made by {owner} ({first})"
            hint = "rename one of the components or apps"
            yield Diagnostic("PC602", summary, view.locate(second), "names that differ", hint)


def _place_of(resource: Resource) -> str:
    return _place(resource.kind, resource.namespace, resource.name)


def _place(kind: str, namespace: str, name: str) -> str:
    return f"{kind} {'/'.join(filter(None, [namespace, name]))}"


def _owner(origin: Origin) -> str:
    return f"{origin.app}/{origin.component}" if origin.app else "the environment"
