"""PC601, PC602: names fit their kind, and no two resources are the same Kubernetes object."""

from __future__ import annotations

from collections.abc import Iterator

from platform_compiler.diagnostics import Diagnostic
from platform_compiler.graph.resource import Graph, Origin
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


class UniqueNames:
    """No two resources have the same group, kind, namespace and name. Remembers names and origins, not objects."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str, str], dict[str, Origin]] = {}
        self._clashes: dict[tuple[str, str], list[tuple[str, Origin, Origin]]] = {}

    def add(self, graph: Graph) -> None:
        """Take the names of one more graph."""
        for resource in graph:
            group = resource.api_version.rpartition("/")[0]
            kind, namespace, name = resource.kind, resource.namespace, resource.name
            taken = self._seen.setdefault((group, kind, namespace), {})
            if name not in taken:
                taken[name] = resource.origin
                continue
            place = f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
            pair = (_owner(taken[name]), _owner(resource.origin))
            self._clashes.setdefault(pair, []).append((place, taken[name], resource.origin))

    def faults(self, view: View) -> Iterator[Diagnostic]:
        """One for each pair of components that make the same objects."""
        for (owner, _), clashes in self._clashes.items():
            place, first, second = clashes[-1]
            more = f" and {len(clashes) - 1} more" if len(clashes) > 1 else ""
            summary = f"the {place}{more} is also made by {owner} ({first})"
            hint = "rename one of the components or apps"
            yield Diagnostic("PC602", summary, view.locate(second), "names that differ", hint)


def _owner(origin: Origin) -> str:
    return f"{origin.app}/{origin.component}" if origin.app else "the environment"
