"""Draws the component graph: Mermaid for Markdown, DOT for Graphviz, JSON for programs.

Nodes are components, grouped by app. A solid arrow is a reference (caller to callee), a dashed one an order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby

from platform_compiler.graph.resource import ComponentNode, Graph


def as_mermaid(graph: Graph) -> str:
    """A Mermaid flowchart."""
    lines = ["flowchart LR"]
    for app, nodes in _by_app(graph):
        lines.append(f"  subgraph {_key(app)}[{app}]")
        lines.extend(f'    {_key(node.id)}["{node.name}<br/>{node.origin.blueprint}"]' for node in nodes)
        lines.append("  end")
    lines.extend(f"  {_key(start)} --> {_key(end)}" for start, end in references(graph))
    lines.extend(f"  {_key(start)} -. after .-> {_key(end)}" for start, end in orders(graph))
    return "\n".join(lines) + "\n"


def as_dot(graph: Graph) -> str:
    """A Graphviz digraph."""
    lines = ["digraph platform {", "  rankdir=LR;", "  node [shape=box];"]
    for app, nodes in _by_app(graph):
        lines.append(f"  subgraph {json.dumps('cluster_' + app)} {{")
        lines.append(f"    label={json.dumps(app)};")
        lines.extend(
            f"    {json.dumps(node.id)} [label={json.dumps(node.name + chr(10) + node.origin.blueprint)}];"
            for node in nodes
        )
        lines.append("  }")
    lines.extend(f"  {json.dumps(start)} -> {json.dumps(end)};" for start, end in references(graph))
    lines.extend(f"  {json.dumps(start)} -> {json.dumps(end)} [style=dashed];" for start, end in orders(graph))
    return "\n".join([*lines, "}"]) + "\n"


def as_json(graph: Graph) -> str:
    """`{"components": [...], "resources": [...]}`, each with its id, origin and edges."""
    components = [
        {
            "id": node.id,
            "app": node.app,
            "component": node.name,
            "blueprint": node.origin.blueprint,
            "file": node.origin.file,
            "line": node.origin.line,
            "references": list(node.references),
            "after": list(node.after),
        }
        for node in graph.components
    ]
    resources = [
        {
            "id": resource.id,
            "apiVersion": resource.api_version,
            "kind": resource.kind,
            "namespace": resource.namespace,
            "name": resource.name,
            "file": resource.origin.file,
            "line": resource.origin.line,
            "dependsOn": list(resource.depends_on),
        }
        for resource in graph
    ]
    return json.dumps({"components": components, "resources": resources}, indent=2) + "\n"


def references(graph: Graph) -> Iterator[tuple[str, str]]:
    """Pairs of caller and callee."""
    known = {node.id for node in graph.components}
    for node in graph.components:
        yield from ((node.id, other) for other in node.references if other in known)


def orders(graph: Graph) -> Iterator[tuple[str, str]]:
    """Pairs of what waits and what it waits for."""
    for node in graph.components:
        yield from ((node.id, other) for other in node.after)


def _by_app(graph: Graph) -> Iterator[tuple[str, Iterator[ComponentNode]]]:
    return groupby(graph.components, key=lambda node: node.app)


def _key(text: str) -> str:
    """A Mermaid id: letters, digits and underscores; distinct, as names hold neither underscores nor capitals."""
    return "n_" + text.replace("--", "-D").replace("/", "__").replace("-", "_")


DRAWINGS: Mapping[str, Callable[[Graph], str]] = {"mermaid": as_mermaid, "dot": as_dot, "json": as_json}
