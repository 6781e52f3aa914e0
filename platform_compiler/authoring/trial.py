"""Tries a blueprint's examples: they compile, fit Kubernetes, are the same every time, and are what is written down.

Every example is compiled for every supported Kubernetes version and held against its schema, compiled once more, and
once more in another process, where sets and hashes have another order.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from platform_compiler.authoring.examples import Example, compile_example, document_of, folder_of, own_resources
from platform_compiler.authoring.expected import compare, write
from platform_compiler.blueprint.base import Blueprint
from platform_compiler.blueprint.table import Table
from platform_compiler.compiler import Compiled
from platform_compiler.diagnostics import CompileError, Diagnostic, Diagnostics, Location, Severity
from platform_compiler.graph.resource import Resource
from platform_compiler.kubernetes.schema import schema_of, versions
from platform_compiler.kubernetes.validate import Fault, faults
from platform_compiler.link.component import Component
from platform_compiler.link.misfits import misfit
from platform_compiler.link.mistakes import (
    blueprint_failed,
    file_of,
    line_of,
    made_at,
    no_outputs,
    shown,
    wrong_outputs,
    yielded_at,
)


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


class Laboratory(NamedTuple):
    """Where examples are tried: a platform's blueprints, and what another process made of the examples."""

    root: Path
    table: Table
    elsewhere: dict[str, list[str]]


def laboratory(root: Path, table: Table, names: Sequence[str]) -> Laboratory:
    """Compile the examples of the named blueprints in another process, to compare with; raises `CompileError`."""
    command = [sys.executable, "-m", "platform_compiler.authoring.elsewhere", str(root), *names]
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    variables = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    result = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    if result.returncode:
        reason = result.stderr.strip().rpartition("\n")[2]
        summary = f"the examples compile here, but not in another process: {reason}"
        raise CompileError([Diagnostic("PC713", summary, None, "the same objects for the same inputs")])
    return Laboratory(root, table, json.loads(result.stdout))


def without_examples(blueprint: type[Blueprint], root: Path) -> Diagnostic:
    """The warning for a blueprint that has none."""
    place = line_of(file_of(blueprint), _class_line(blueprint), root)
    folder = shown(folder_of(blueprint), root)
    summary = f"{blueprint.blueprint_id} has no example"
    return Diagnostic("PC715", summary, place, f"a spec {folder}/basic.yaml", severity=Severity.WARNING)


def _class_line(blueprint: type[Blueprint]) -> int:
    tree = ast.parse(file_of(blueprint).read_text(encoding="utf-8"))
    lines = [
        node.lineno for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == blueprint.__name__
    ]
    return lines[0] if lines else 1


def try_example(example: Example, laboratory: Laboratory, *, update: bool = False) -> Trial:
    """Try one example; with `update`, write what it compiles to instead of comparing, if it is the platform's own."""
    root, table = laboratory.root, laboratory.table
    try:
        compiled = compile_example(example, table, root)
        others = {version: compile_example(example, table, root, version) for version in versions()}
        again = compile_example(example, table, root)
        texts = [document_of(resource) for resource in own_resources(compiled)]
        second = [document_of(resource) for resource in own_resources(again)]
    except CompileError as error:
        return Trial(example, 0, error.diagnostics)
    found = Diagnostics()
    if all(component.blueprint is not example.blueprint for component in compiled.components.values()):
        summary = f"the example does not use {example.blueprint.blueprint_id}"
        found.add(Diagnostic("PC715", summary, Location(shown(example.file, root)), "a component of the blueprint"))
    for component in compiled.components.values():
        found.extend(_contract_faults(component))
    found.extend(_schema_faults(others))
    found.extend(_differences(compiled, texts, second, "the second time"))
    if not found.items:
        found.extend(_differences(compiled, texts, laboratory.elsewhere.get(str(example), []), "in another process"))
    found.extend(compiled.warnings)
    if found.errors:
        return Trial(example, len(texts), tuple(found.items))
    text = "".join(texts)
    if update and example.expected.is_relative_to(root):
        return Trial(example, len(texts), tuple(found.items), updated=write(example.expected, text))
    difference = compare(example.expected, text, root, f"{example.blueprint.blueprint_id}")
    if difference is None:
        return Trial(example, len(texts), tuple(found.items))
    return Trial(example, len(texts), (*found.items, difference[0]), difference[1])


def _contract_faults(component: Component) -> Iterator[Diagnostic]:
    """Outputs and endpoint are asked for, though no other component of the example may do so."""
    assert component.instance is not None
    try:
        component.instance.endpoint(component.context)
        outputs = component.instance.outputs(component.context)
    except ValidationError as error:
        yield wrong_outputs(component, error)
    except Exception as error:  # noqa: BLE001 - an author's code may raise anything; it is told, not lost
        yield blueprint_failed(component, error)
    else:
        if not isinstance(outputs, component.blueprint.Outputs):
            yield no_outputs(component, outputs)


def _schema_faults(others: dict[str, Compiled]) -> Iterator[Diagnostic]:
    """What does not fit, once for all versions that it does not fit."""
    found: dict[tuple[str, Fault], list[str]] = {}
    for version, compiled in others.items():
        for resource in own_resources(compiled):
            for fault in faults(resource.manifest, schema_of(version)):
                found.setdefault((resource.id, fault), []).append(version)
    for (resource_id, fault), where in found.items():
        compiled = others[where[0]]
        resource = compiled.graph.by_id[resource_id]
        note = "" if len(where) == len(others) else f" (Kubernetes {', '.join(where)})"
        yield misfit(_maker(compiled, resource), resource, fault, note)


def _maker(compiled: Compiled, resource: Resource) -> Component:
    return compiled.components[f"{resource.origin.app}/{resource.origin.component}"]


def _differences(compiled: Compiled, texts: list[str], others: list[str], when: str) -> Iterator[Diagnostic]:
    """The first object that does not come out the same."""
    for resource, one, other in zip_longest(own_resources(compiled), texts, others):
        if one == other:
            continue
        if resource is None or other is None:
            component = next(iter(compiled.components.values()))
            place = yielded_at(component, lambda _: False)
            summary = f"{component.blueprint.blueprint_id} makes {len(texts)} objects, and {len(others)} {when}"
            yield Diagnostic("PC713", summary, place, "the same objects for the same inputs")
            return
        before, after = next(pair for pair in zip_longest(one.splitlines(), other.splitlines()) if pair[0] != pair[1])
        what = f"{resource.kind} {resource.name} that {resource.origin} asks for"
        summary = f"the {what} has {(before or '').strip()!r}, and {(after or '').strip()!r} {when}"
        place = made_at(_maker(compiled, resource), resource)
        yield Diagnostic("PC713", summary, place, "the same objects for the same inputs")
        return
