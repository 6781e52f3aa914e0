"""Where a platform's files are: its root is the nearest folder upward with a `Pulumi.yaml`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from platform_compiler.diagnostics import CompileError, Diagnostic, Location

PROJECT_FILE = "Pulumi.yaml"
APPS = "apps"
STACKS = "stacks"


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


def read_project(root: Path) -> dict[str, Any]:
    """What `Pulumi.yaml` says; raises `CompileError` when it is no mapping with a name."""
    import yaml  # noqa: PLC0415 - slow to import, and only the engine's commands ask

    try:
        data = yaml.safe_load((root / PROJECT_FILE).read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        data = None
    if isinstance(data, dict) and isinstance(data.get("name"), str) and isinstance(data.get("backend"), dict | None):
        return data
    expected = "a mapping with `name: NAME`, as Pulumi's project files are"
    raise CompileError([Diagnostic("PC903", "this is no project", Location(PROJECT_FILE), expected)])


def project_name(root: Path) -> str:
    """The project's name in `Pulumi.yaml`; raises `CompileError`, see `read_project`."""
    return str(read_project(root)["name"])


def spec_files(root: Path) -> list[Path]:
    """`apps/**/*.yaml`, sorted, with everything that would otherwise be left out silently.

    That is a `.yml` or `.YAML`, what has a spec's name and is no file, and links to folders with specs, which are not
    followed. Whoever reads them tells what is wrong. What is hidden is left out: it belongs to other programs, such as
    the locks of an editor.
    """
    found: list[Path] = []

    def keep(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            found.append(Path(error.filename))

    for folder, folders, names in os.walk(root / APPS, onerror=keep):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found.extend(Path(folder, name) for name in names if _is_spec(name))
        found.extend(Path(folder, name) for name in folders if _is_spec(name) or _is_link_to_specs(f"{folder}/{name}"))
    return sorted(found, key=lambda file: file.parts)


def _is_spec(name: str) -> bool:
    return name.lower().endswith((".yaml", ".yml")) and not name.startswith(".")


def _is_link_to_specs(folder: str) -> bool:
    return os.path.islink(folder) and any(_is_spec(name) for _, _, names in os.walk(folder) for name in names)


def environment_files(root: Path) -> list[Path]:
    """`stacks/<name>.yaml`, sorted, without Pulumi's own config of the stacks."""
    return sorted(file for file in (root / STACKS).glob("*.yaml") if not file.name.startswith("Pulumi."))


def environment_names(root: Path) -> list[str]:
    """The names of the platform's environments, sorted."""
    return sorted(file.stem for file in environment_files(root))
