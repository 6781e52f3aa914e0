"""Objects that do not fit the Kubernetes API, told to whom they come from: the blueprint's author or a spec's patch."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from platform_compiler.diagnostics import Diagnostic, Location
from platform_compiler.graph.resource import Resource
from platform_compiler.kubernetes.schema import schema_of, versions
from platform_compiler.kubernetes.validate import Fault, faults
from platform_compiler.link.component import Component
from platform_compiler.link.mistakes import file_of, line_of, made_at


def misfits(component: Component) -> Iterator[Diagnostic]:
    """What in a component's objects does not fit the newest Kubernetes; each object is made once more to see."""
    assert component.instance is not None
    schema = schema_of(versions()[-1])
    made = list(component.instance.expand(component.context))
    own = {(resource.id, fault) for resource in made for fault in faults(resource.manifest, schema)}
    for resource, patch in _patched(component, made):
        for fault in faults(resource.manifest, schema):
            if patch is None or (resource.id, fault) in own:
                yield misfit(component, resource, fault)
            else:
                summary = f"{fault.summary} in the {resource.kind} {resource.name}, which is patched"
                place = component.locate(("patches", patch))
                yield Diagnostic("PC204", summary, place, fault.expected, fault.hint)


def _patched(component: Component, made: list[Resource]) -> Iterator[tuple[Resource, int | None]]:
    """The objects after all patches, each with the last patch that is about it."""
    assert component.instance is not None
    patches = component.instance.patches or []
    if not patches:
        yield from ((resource, None) for resource in made)
        return
    fitting = {resource.id: index for index, patch in enumerate(patches) for resource in made if patch.fits(resource)}
    for resource in component.instance.expanded(component.context):
        yield resource, fitting.get(resource.id)


def misfit(component: Component, resource: Resource, fault: Fault, note: str = "") -> Diagnostic:
    """One fault of one object; `note` says more, such as the versions that it does not fit."""
    try:
        name = f"the {resource.kind} {resource.name}"
    except (LookupError, TypeError):
        name = f"the resource {resource.role!r}"
    summary = f"{fault.summary} in {name} that {component.context.origin} asks for{note}"
    return Diagnostic("PC712", summary, _place(component, resource, fault), fault.expected, fault.hint)


def _place(component: Component, resource: Resource, fault: Fault) -> Location:
    """Where the fault's key is written, if it is written once in the blueprint's file; else the line that yields."""
    file = file_of(component.blueprint)
    key = next((step for step in reversed(fault.path) if isinstance(step, str)), "")
    places = _written(key, ast.parse(file.read_text(encoding="utf-8"))) if fault.present else []
    if len(places) != 1:
        return made_at(component, resource)
    number, start, end = places[0]
    line = line_of(file, number, component.context.environment.root)
    return line._replace(column=start + 1, length=max(1, min(end, len(line.source)) - start))


def _written(key: str, module: ast.Module) -> list[tuple[int, int, int]]:
    """Line and columns wherever a key is written, as a text or as an argument's name; class statements do not count."""
    nodes = [*ast.walk(module)]
    statements = {node.lineno for node in nodes if isinstance(node, ast.ClassDef)}
    return [
        (node.lineno, node.col_offset, node.end_col_offset or 0)
        for node in nodes
        if (
            (isinstance(node, ast.Constant) and node.value == key)
            or (isinstance(node, ast.keyword) and node.arg == key)
        )
        and node.lineno not in statements
    ]
