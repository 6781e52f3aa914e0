"""What a blueprint is made of: the package it comes from, and a hash of the source that decides what it yields.

The hash covers the blueprint's module and what that imports, directly or not, of its own package and of the traits that
blueprints share. Anything else is pinned by the versions of installed packages.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final, NamedTuple

from platform_compiler.blueprint.base import Blueprint
from platform_compiler.blueprint.table import FOLDER, FOLDER_PACKAGE
from platform_compiler.installed import GROUP

SHARED: Final = "platform_compiler.blueprint"


class Content(NamedTuple):
    """`package` is a name and a version, or the platform's own folder; `digest` is SHA-256 in hexadecimal."""

    package: str
    digest: str


class Contents:
    """The contents of blueprints; what several of them import is read once."""

    def __init__(self) -> None:
        self._contents: dict[type[Blueprint], Content] = {}
        self._sources: dict[str, bytes | None] = {}
        self._imports: dict[str, list[str]] = {}

    def of(self, cls: type[Blueprint]) -> Content:
        """The content of a loaded blueprint."""
        if cls not in self._contents:
            digest = hashlib.sha256()
            for name, source in sorted(self._modules(cls.__module__).items()):
                digest.update(f"{name} {len(source)} ".encode() + source)
            self._contents[cls] = Content(_package(cls), digest.hexdigest())
        return self._contents[cls]

    def _modules(self, start: str) -> dict[str, bytes]:
        """The modules that the hash covers, with their sources."""
        own = start.partition(".")[0]
        found: dict[str, bytes] = {}
        waiting = [start]
        while waiting:
            name = waiting.pop()
            if name in found or not (name.partition(".")[0] == own or name.startswith(SHARED)):
                continue
            source = self._source(name)
            if source is not None:
                found[name] = source
                waiting.extend(self._imported(name, source))
        return found

    def _source(self, name: str) -> bytes | None:
        if name not in self._sources:
            file = _file(name)
            self._sources[name] = file.read_bytes().replace(b"\r\n", b"\n") if file else None
        return self._sources[name]

    def _imported(self, name: str, source: bytes) -> list[str]:
        if name not in self._imports:
            self._imports[name] = list(_imports(name, source))
        return self._imports[name]


def _package(cls: type[Blueprint]) -> str:
    if cls.__module__.partition(".")[0] == FOLDER_PACKAGE:
        return f"{FOLDER}/"
    for point in entry_points(group=GROUP, name=str(cls.blueprint_id)):
        if point.module == cls.__module__ and point.dist is not None:
            return f"{point.dist.name} {point.dist.version}"
    return cls.__module__.partition(".")[0]


def _imports(name: str, source: bytes) -> Iterator[str]:
    """Everything that a module's imports may name, also names in modules that are no modules themselves."""
    package = name if Path(str(_file(name))).stem == "__init__" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _file(name: str) -> Path | None:
    """The source of a module, None for a name that is none."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None
