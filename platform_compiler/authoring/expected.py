"""What is written down, beside what comes out: expected objects of examples, and pages of docs."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path

from platform_compiler.authoring.examples import EXPECTED, Example, folder_of
from platform_compiler.blueprint.base import Blueprint
from platform_compiler.diagnostics import Diagnostic, Location
from platform_compiler.link.mistakes import shown


def write(file: Path, text: str) -> bool:
    """Write an expected text; returns whether it was another one."""
    if file.is_file() and file.read_bytes() == text.encode():
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())
    return True


def compare(file: Path, text: str, root: Path, name: str) -> tuple[Diagnostic, str] | None:
    """How `text` differs from `file`: a diagnostic at the first line that differs, and the whole difference."""
    label = shown(file, root)
    hint = f"platc blueprint test --update {name}"
    if not file.is_file():
        return Diagnostic("PC714", f"{label} is missing", Location(label), "what is made now, written down", hint), ""
    expected = file.read_bytes().decode()
    if expected == text:
        return None
    old, new = expected.splitlines(), text.splitlines()
    line = next(index for index, pair in enumerate(zip_longest(old, new), 1) if pair[0] != pair[1])
    source = old[line - 1] if line <= len(old) else ""
    place = Location(label, line, 1, max(1, len(source)), source)
    made = repr(new[line - 1].strip()) if line <= len(new) else "nothing more"
    difference = "\n".join(difflib.unified_diff(old, new, label, "made now", lineterm="")) + "\n"
    return Diagnostic("PC714", f"{name} makes {made} here", place, "what is written down", hint), difference


def stale(blueprint: type[Blueprint], examples: Iterable[Example]) -> list[Path]:
    """Expected files that no example stands behind any more."""
    expected = {example.expected for example in examples}
    return [file for file in sorted(folder_of(blueprint).glob(f"{EXPECTED}/*.yaml")) if file not in expected]
