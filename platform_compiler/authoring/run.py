"""Runs the examples of many blueprints, and holds their docs to their classes."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from platform_compiler.authoring.describe import MARK, PAGES, pages
from platform_compiler.authoring.examples import Example, examples_of, folder_of
from platform_compiler.authoring.expected import compare, stale, write
from platform_compiler.authoring.stability import made_elsewhere
from platform_compiler.authoring.trial import Trial, try_example
from platform_compiler.blueprint.base import Blueprint
from platform_compiler.blueprint.table import Table
from platform_compiler.diagnostics import Diagnostic, Location, Severity
from platform_compiler.kubernetes.schema import versions
from platform_compiler.link.mistakes import file_of, line_of, shown


class Outcome(NamedTuple):
    """Each example's trial, everything that is wrong, and the differences as text, ready to print."""

    trials: tuple[Trial, ...]
    faults: tuple[Diagnostic, ...]
    differences: tuple[str, ...]
    versions: tuple[str, ...]


def run_examples(
    root: Path, table: Table, blueprints: Sequence[type[Blueprint]], *, update: bool = False, new_pages: bool = False
) -> Outcome:
    """Try every example of `blueprints`.

    `update` writes what is expected, of the platform's own blueprints; `new_pages` also docs that are not there yet.
    """
    examples = {blueprint: examples_of(blueprint) for blueprint in blueprints}
    elsewhere = made_elsewhere(root, [str(blueprint.blueprint_id) for blueprint in blueprints])
    trials = tuple(
        try_example(example, root, table, elsewhere.get(str(example), []), update=update)
        for group in examples.values()
        for example in group
    )
    faults = [fault for trial in trials for fault in trial.faults]
    differences = [trial.difference for trial in trials if trial.difference]
    for blueprint, group in examples.items():
        if not group:
            faults.append(_without_examples(blueprint, root))
        faults.extend(_left_over(blueprint, group, root, update=update))
    if all(trial.objects for trial in trials):
        for fault, difference in _docs(root, table, blueprints, update=update, new_pages=new_pages):
            faults.append(fault)
            differences.append(difference)
    ordered = tuple(sorted(set(faults), key=Diagnostic.sort_key))
    return Outcome(trials, ordered, tuple(differences), versions())


def _without_examples(blueprint: type[Blueprint], root: Path) -> Diagnostic:
    file = file_of(blueprint)
    classes = [node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.ClassDef)]
    line = next((node.lineno for node in classes if node.name == blueprint.__name__), 1)
    summary, expected = (
        f"{blueprint.blueprint_id} has no example",
        f"a spec {shown(folder_of(blueprint), root)}/basic.yaml",
    )
    return Diagnostic("PC715", summary, line_of(file, line, root), expected, severity=Severity.WARNING)


def _left_over(
    blueprint: type[Blueprint], examples: Sequence[Example], root: Path, *, update: bool
) -> Iterator[Diagnostic]:
    for file in stale(blueprint, examples):
        if update and file.is_relative_to(root):
            file.unlink()
            continue
        label = shown(file, root)
        hint = f"platc blueprint test --update {blueprint.blueprint_id}"
        yield Diagnostic("PC714", f"no example stands behind {label}", Location(label), "an example of its name", hint)


def _docs(
    root: Path, table: Table, blueprints: Sequence[type[Blueprint]], *, update: bool, new_pages: bool
) -> Iterator[tuple[Diagnostic, str]]:
    """The pages below `docs/blueprints` that were written from classes, and are not what they would say now."""
    names = {blueprint.blueprint_id.name for blueprint in blueprints}
    written = {name for name in names if new_pages or _is_ours(root / PAGES / f"{name}.md")}
    for name, text in pages(table, root, written).items() if written else ():
        file = root / PAGES / name
        if update:
            write(file, text)
        elif difference := compare(file, text, root, name.removesuffix(".md")):
            yield difference


def _is_ours(file: Path) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8").startswith(MARK)
