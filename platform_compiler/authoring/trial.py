"""Tries a blueprint's examples: they compile, fit Kubernetes, are the same every time, and are what is written down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from platform_compiler.authoring.examples import Example, compile_example, document_of, maker_of, own_resources
from platform_compiler.authoring.expected import compare, write
from platform_compiler.authoring.stability import differences
from platform_compiler.blueprint.table import Table
from platform_compiler.compiler import Compiled
from platform_compiler.diagnostics import CompileError, Diagnostic, Location, Severity
from platform_compiler.graph.resource import Resource
from platform_compiler.kubernetes.schema import schema_of, versions
from platform_compiler.kubernetes.validate import Fault, faults
from platform_compiler.link.component import Component
from platform_compiler.link.misfits import misfit
from platform_compiler.link.mistakes import blueprint_failed, no_outputs, shown, wrong_outputs


class Trial(NamedTuple):
    """What came of one example: how many objects it makes, what is wrong, and how it differs from what is expected."""

    example: Example
    objects: int
    faults: tuple[Diagnostic, ...]
    difference: str = ""
    updated: bool = False

    @property
    def state(self) -> str:
        """The outcome in a word."""
        if any(fault.severity is Severity.ERROR for fault in self.faults):
            return "failed"
        return "written" if self.updated else "fine"


def try_example(example: Example, root: Path, table: Table, elsewhere: list[str], *, update: bool = False) -> Trial:
    """Try one example; `elsewhere` is what another process made of it.

    With `update`, what it compiles to is written down instead of compared, if it is the platform's own.
    """
    try:
        compiled = compile_example(example, table, root)
        text = "".join(document_of(resource) for resource in own_resources(compiled))
        found = [*compiled.warnings, *_faults(example, compiled, root, table, elsewhere)]
    except CompileError as error:
        return Trial(example, 0, error.diagnostics)
    objects = len(own_resources(compiled))
    if any(fault.severity is Severity.ERROR for fault in found):
        return Trial(example, objects, tuple(found))
    if update and example.expected.is_relative_to(root):
        return Trial(example, objects, tuple(found), updated=write(example.expected, text))
    difference = compare(example.expected, text, root, str(example.blueprint.blueprint_id))
    if difference is None:
        return Trial(example, objects, tuple(found))
    return Trial(example, objects, (*found, difference[0]), difference[1])


def _faults(
    example: Example, compiled: Compiled, root: Path, table: Table, elsewhere: list[str]
) -> Iterator[Diagnostic]:
    """Everything that a blueprint's author should hear, beside what the compile tells."""
    if all(component.blueprint is not example.blueprint for component in compiled.components.values()):
        summary = f"the example does not use {example.blueprint.blueprint_id}"
        yield Diagnostic("PC715", summary, Location(shown(example.file, root)), "a component of the blueprint")
    for component in compiled.components.values():
        yield from _contract_faults(component)
    yield from _schema_faults({version: compile_example(example, table, root, version) for version in versions()})
    again = [document_of(resource) for resource in own_resources(compile_example(example, table, root))]
    unstable = [*differences(compiled, again, "the second time")]
    yield from unstable or differences(compiled, elsewhere, "in another process")


def _contract_faults(component: Component) -> Iterator[Diagnostic]:
    """Outputs and endpoint are asked for, though no other component of the example may do so."""
    assert component.instance is not None
    try:
        component.instance.endpoint(component.context)
        outputs = component.instance.outputs(component.context)
    except ValidationError as error:
        yield wrong_outputs(component, error)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - an author's code may raise anything; it is told
        yield blueprint_failed(component, error)
    else:
        if not isinstance(outputs, component.blueprint.Outputs):
            yield no_outputs(component, outputs)


def _schema_faults(others: dict[str, Compiled]) -> Iterator[Diagnostic]:
    """What does not fit, once for all versions that it does not fit."""
    found: dict[tuple[str, str], tuple[Resource, Fault, list[str]]] = {}
    for version, compiled in others.items():
        for resource in own_resources(compiled):
            for fault in faults(resource.manifest, schema_of(version)):
                found.setdefault((resource.id, fault.summary), (resource, fault, []))[2].append(version)
    for resource, fault, where in found.values():
        note = "" if len(where) == len(others) else f" (Kubernetes {', '.join(where)})"
        yield misfit(maker_of(others[where[0]], resource), resource, fault, note)
