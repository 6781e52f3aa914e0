"""PC601, PC602: names fit their kind, and no two resources are the same Kubernetes object."""

from __future__ import annotations

from collections.abc import Iterator

from platform_compiler.diagnostics import Diagnostic
from platform_compiler.graph.resource import Graph, Resource
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


def names_are_unique(graph: Graph, view: View) -> Iterator[Diagnostic]:
    """No two resources have the same group, kind, namespace and name; told once for each pair of components."""
    seen: dict[tuple[str, str, str, str], Resource] = {}
    clashes: dict[tuple[str, str], list[tuple[Resource, Resource]]] = {}
    for resource in graph:
        group = resource.api_version.rpartition("/")[0]
        other = seen.setdefault((group, resource.kind, resource.namespace, resource.name), resource)
        if other is not resource:
            clashes.setdefault((_owner(other), _owner(resource)), []).append((other, resource))
    for pairs in clashes.values():
        other, resource = pairs[-1]
        place = f"{resource.namespace}/{resource.name}" if resource.namespace else resource.name
        more = f" and {len(pairs) - 1} more" if len(pairs) > 1 else ""
        summary = f"the {resource.kind} {place}{more} is also made by {_owner(other)} ({other.origin})"
        hint = "rename one of the components or apps"
        yield Diagnostic("PC602", summary, view.locate(resource.origin), "names that differ", hint)


def _owner(resource: Resource) -> str:
    origin = resource.origin
    return f"{origin.app}/{origin.component}" if origin.app else "the environment"
