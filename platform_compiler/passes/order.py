"""Edges: what must stand before what.

Everything waits for its namespace. Inside a component, a workload waits for what it mounts and runs as, and what
watches a workload or leads to it waits for it. A Service does not: pods look for others by its name while they start.
Between components, the workloads of one wait for those of the components named in `after`. Outputs that follow from
names make no edge, so a reference alone orders nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from platform_compiler.graph.resource import ComponentNode, Graph, Resource, namespace_id

WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"})
_WATCHERS = frozenset({"GRPCRoute", "HTTPRoute", "HorizontalPodAutoscaler", "Ingress", "PodDisruptionBudget"})
_STANDALONE = frozenset({"Service", "NetworkPolicy", "Gateway", "PodMonitor"})
_NONE: list[str] = []


class OrderCycleError(Exception):
    """Components wait for each other; `steps` are their ids around the circle."""

    def __init__(self, steps: list[str]) -> None:
        super().__init__(" -> ".join([*steps, steps[0]]))
        self.steps = steps


def order_within_components(graph: Graph) -> Graph:
    """Add the edges to namespaces and inside each component."""
    first: dict[str, list[str]] = defaultdict(list)
    workloads: dict[str, list[str]] = defaultdict(list)
    placed: list[tuple[Resource, str, str]] = []
    for resource in graph:
        owner, kind = resource.id.rpartition("/")[0], resource.manifest["kind"]
        placed.append((resource, owner, kind))
        if kind in WORKLOADS:
            workloads[owner].append(resource.id)
        elif kind not in _WATCHERS and kind not in _STANDALONE:
            first[owner].append(resource.id)
    resources = []
    for resource, owner, kind in placed:
        added = first[owner] if kind in WORKLOADS else workloads[owner] if kind in _WATCHERS else _NONE
        home = resource.manifest["metadata"].get("namespace")
        resources.append(_with_dependencies(resource, [namespace_id(home), *added] if home else added))
    return Graph(tuple(resources), graph.components)


def order_base(resources: tuple[Resource, ...]) -> tuple[Resource, ...]:
    """Add the edges to namespaces for what the environment itself yields."""
    return order_within_components(Graph(resources)).resources


def order_components(graph: Graph) -> Graph:
    """Add the edges between components; raises `OrderCycleError`."""
    if not any(node.after for node in graph.components):
        return graph
    check_order(graph.components)
    workloads: dict[str, list[str]] = defaultdict(list)
    for resource in graph:
        if resource.kind in WORKLOADS:
            workloads[resource.id.rpartition("/")[0]].append(resource.id)
    after = {node.id: node.after for node in graph.components}
    resources = [
        _with_dependencies(
            resource,
            [other for owner in after.get(resource.id.rpartition("/")[0], ()) for other in workloads[owner]],
        )
        if resource.kind in WORKLOADS
        else resource
        for resource in graph
    ]
    return Graph(tuple(resources), graph.components)


def _with_dependencies(resource: Resource, added: Iterable[str]) -> Resource:
    """The resource with more to wait for; positional, for it is made once for every object of a platform."""
    before = resource.depends_on
    after = tuple(dict.fromkeys([*before, *added])) if before else tuple(added)
    return Resource(resource.id, resource.manifest, resource.origin, after, resource.lifecycle)


def check_order(nodes: Iterable[ComponentNode]) -> None:
    """Raise `OrderCycleError` for the first circle of `after`, walking components in their order."""
    after = {node.id: node.after for node in nodes}
    done: set[str] = set()
    for start in after:
        path: list[str] = []
        _visit(start, after, done, path)


def _visit(node: str, after: dict[str, tuple[str, ...]], done: set[str], path: list[str]) -> None:
    if node in done:
        return
    if node in path:
        raise OrderCycleError(path[path.index(node) :])
    path.append(node)
    for other in after.get(node, ()):
        _visit(other, after, done, path)
    path.pop()
    done.add(node)
