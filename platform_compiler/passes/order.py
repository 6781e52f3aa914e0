"""Edges: what must stand before what.

Everything waits for its namespace. Inside a component, a workload waits for what it mounts and runs as, and what
watches a workload or leads to it waits for it. A Service does not: pods look for others by its name while they start.
Between components, the workloads of one wait for those of the components named in `after`. Outputs that follow from
names make no edge, so a reference alone orders nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from platform_compiler.graph.resource import ComponentNode, Graph, Resource, namespace_id

WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"})
_WATCHERS = frozenset({"GRPCRoute", "HTTPRoute", "HorizontalPodAutoscaler", "Ingress", "PodDisruptionBudget"})
_STANDALONE = frozenset({"Service", "NetworkPolicy", "Gateway", "PodMonitor"})
_NONE: list[str] = []


class OrderCycleError(Exception):
    """Components wait for each other; each of `circles` are their ids around one."""

    def __init__(self, circles: Sequence[list[str]]) -> None:
        super().__init__(f"{len(circles)} circles")
        self.circles = circles


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
    if found := [*circles(graph.components)]:
        raise OrderCycleError(found)
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


def circles(nodes: Iterable[ComponentNode]) -> Iterator[list[str]]:
    """The circles of `after`, walking components in their order; of those that share a way, only the first."""
    after = {node.id: node.after for node in nodes}
    done: set[str] = set()
    for start in after:
        if start not in done:
            path = _walk(start, after, done)
            done.update(path)
            if path:
                yield path


def _walk(start: str, after: Mapping[str, tuple[str, ...]], done: set[str]) -> list[str]:
    """The first circle that `start` leads to; what leads to none is `done`."""
    path = {start: iter(after[start])}
    while path:
        node = next(reversed(path))
        other = next((other for other in path[node] if other not in done and other in after), None)
        if other in path:
            steps = [*path]
            return steps[steps.index(other) :]
        if other is None:
            done.add(node)
            del path[node]
        else:
            path[other] = iter(after[other])
    return []
