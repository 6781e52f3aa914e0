"""Reads a platform in a second process, while this one still imports what compiles it.

Importing pydantic takes most of a short run, and reading YAML needs none of it. So a command that compiles forks before
its first large import: the child looks up the installed blueprints, reads the environments and the specs, and sends
them. Where there are so many specs that the child has not finished when they are needed, this process reads from the
last one on, until the two meet. A file with a fault is left to this process, which tells it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from platform_compiler import second
from platform_compiler.diagnostics import CompileError
from platform_compiler.installed import Point, installed_points
from platform_compiler.root import environment_files, find_root, spec_files
from platform_compiler.spec.source import Document, read_document

BATCH: Final = 32
"""Files in a message."""
FEW: Final = 128
"""So many files are waited for: to import the YAML parser here would take as long as the child takes for them."""


class Ahead:
    """What a child process reads of the platform at `root`; taken once."""

    def __init__(self, root: Path, child: second.Second) -> None:
        self.root = root
        self.child = child

    def points(self) -> list[Point]:
        """The installed entry points, as `installed_points` finds them; to be asked before `documents`."""
        points = self.child.receive()
        return installed_points() if points is None else [Point(*point) for point in points]

    def documents(self, files: Sequence[Path]) -> dict[str, Document]:
        """Those of `files` that could be read, by their path relative to the root. The child is gone afterwards."""
        found: dict[str, Document] = {}
        first, last = 0, len(files)
        while first < last:
            if last - first > FEW and not self.child.has_sent():
                last -= 1
                with suppress(CompileError):  # the compiler reads it again, and tells it
                    document = read_document(self.root, files[last])
                    found[document.file] = document
                continue
            batch = self.child.receive()
            if batch is None:
                break
            first += len(batch)
            found.update((fields[0], Document(*fields)) for fields in batch if fields)
        self.child.end()
        return found


_BEGUN: list[Ahead] = []


def begin() -> None:
    """Start to read the platform that this process is in, where a second process runs beside this one."""
    with suppress(CompileError, OSError):  # in no platform or no folder, which the command tells
        root = find_root(Path.cwd())
        child = second.start(lambda send: _read(root, send))
        if child:
            _BEGUN.append(Ahead(root, child))


def claim(root: Path) -> Ahead | None:
    """What has begun for the platform at `root`, once."""
    return _BEGUN.pop() if _BEGUN and _BEGUN[-1].root == root else None


def _read(root: Path, send: second.Send) -> None:
    send([tuple(point) for point in installed_points()])
    files = [*environment_files(root), *spec_files(root)]
    for start in range(0, len(files), BATCH):
        send([_fields(root, file) for file in files[start : start + BATCH]])


def _fields(root: Path, file: Path) -> tuple[Any, ...] | None:
    try:
        return tuple(read_document(root, file))
    except CompileError:
        return None
