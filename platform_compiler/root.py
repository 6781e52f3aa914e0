"""Finds the platform repository that a command runs in: the nearest folder upward with a `Pulumi.yaml`."""

from __future__ import annotations

from pathlib import Path

import yaml

from platform_compiler.diagnostics import CompileError, Diagnostic

PROJECT_FILE = "Pulumi.yaml"


def root_or_here(start: Path) -> Path:
    """The root of the platform that `start` is in; `start` itself outside of one, as in a package of blueprints."""
    try:
        return find_root(start)
    except CompileError:
        return start.resolve()


def find_root(start: Path) -> Path:
    """The root of the platform that `start` is in; raises `CompileError` when there is none."""
    for folder in [start.resolve(), *start.resolve().parents]:
        if (folder / PROJECT_FILE).is_file():
            return folder
    summary = f"there is no {PROJECT_FILE} in {start} or above it"
    raise CompileError([Diagnostic("PC901", summary, expected="a platform repository", hint="cd into one")])


def project_name(root: Path) -> str:
    """The project's name in `Pulumi.yaml`."""
    data = yaml.safe_load((root / PROJECT_FILE).read_text(encoding="utf-8"))
    return str(data["name"])
