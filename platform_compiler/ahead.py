"""Reads a platform in a second process, while this one still imports what compiles it.

Importing pydantic takes most of a short run, and reading YAML needs none of it. So a command that compiles forks before
its first large import: the child looks up the installed blueprints, reads the environments and the specs, and sends
them as plain data (`marshal`) through a pipe. Where there are so many specs that the child has not finished when they
are needed, this process reads from the last one on, until the two meet.

The child only helps. What it does not send, be it a file with a fault or all that comes after its own death, the
compiler reads itself and tells as if there were no child. Documents and entry points are the only things that pass.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NoReturn

from platform_compiler.diagnostics import CompileError
from platform_compiler.installed import Point, installed_points
from platform_compiler.root import environment_files, find_root, spec_files
from platform_compiler.spec.source import Document, read_document

BATCH: Final = 32
"""Files in a message."""
FEW: Final = 128
"""So many files are waited for: to import the YAML parser here would take as long as the child takes for them."""
PIPE_BYTES: Final = 1024 * 1024
"""What the child may send before anybody takes it, where the system can hold so much."""


class Ahead:
    """What a child process reads of the platform at `root`; taken once."""

    def __init__(self, root: Path, child: int, pipe: int) -> None:
        self.root = root
        self._child = child
        self._pipe = pipe

    def points(self) -> list[Point]:
        """The installed entry points, as `installed_points` finds them; to be asked before `documents`."""
        points = self._receive()
        return installed_points() if points is None else [Point(*point) for point in points]

    def documents(self, files: Sequence[Path]) -> dict[str, Document]:
        """Those of `files` that could be read, by their path relative to the root. The child is gone afterwards."""
        found: dict[str, Document] = {}
        first, last = 0, len(files)
        while first < last:
            if last - first > FEW and not self._has_sent():
                last -= 1
                with suppress(CompileError):  # the compiler reads it again, and tells it
                    document = read_document(self.root, files[last])
                    found[document.file] = document
                continue
            batch = self._receive()
            if batch is None:
                break
            first += len(batch)
            found.update((fields[0], Document(*fields)) for fields in batch if fields)
        self._end()
        return found

    def _has_sent(self) -> bool:
        import select  # noqa: PLC0415 - only for many files

        return bool(select.select([self._pipe], [], [], 0)[0])

    def _receive(self) -> Any:
        """The next message; None when none will come."""
        size = self._read(4)
        data = self._read(int.from_bytes(size, "little")) if size else b""
        return marshal.loads(data) if data else None  # noqa: S302 - from our own child

    def _read(self, size: int) -> bytes:
        """So many bytes, or none when the child has ended before."""
        parts = []
        while size:
            part = os.read(self._pipe, size)
            if not part:
                return b""
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _end(self) -> None:
        os.close(self._pipe)  # should the child still read what has been read here, then it cannot send it, and ends
        os.waitpid(self._child, 0)


_BEGUN: list[Ahead] = []


def begin(folder: Path) -> None:
    """Start to read the platform that `folder` is in, where a second process runs beside this one."""
    if not hasattr(os, "fork") or _processors() < 2:
        return
    with suppress(CompileError):  # outside of a platform, which the command tells
        root = find_root(folder)
        _BEGUN.append(_fork(root))


def claim(root: Path) -> Ahead | None:
    """What has begun for the platform at `root`, once."""
    return _BEGUN.pop() if _BEGUN and _BEGUN[-1].root == root else None


def _fork(root: Path) -> Ahead:
    receiver, sender = os.pipe()
    _widen(sender)
    child = os.fork()
    if child == 0:
        os.close(receiver)
        _read_and_exit(root, sender)
    os.close(sender)
    return Ahead(root, child, receiver)


def _processors() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _widen(pipe: int) -> None:
    """Let the pipe hold more, where that can be said (Linux)."""
    with suppress(ImportError, AttributeError, OSError):
        import fcntl  # noqa: PLC0415 - not everywhere

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _read_and_exit(root: Path, pipe: int) -> NoReturn:
    try:
        _send(pipe, [tuple(point) for point in installed_points()])
        files = [*environment_files(root), *spec_files(root)]
        for start in range(0, len(files), BATCH):
            _send(pipe, [_fields(root, file) for file in files[start : start + BATCH]])
    finally:
        os._exit(0)  # whatever happened: the parent sees that no more comes, and goes on alone


def _fields(root: Path, file: Path) -> tuple[Any, ...] | None:
    try:
        return tuple(read_document(root, file))
    except CompileError:
        return None


def _send(pipe: int, message: Any) -> None:
    data = marshal.dumps(message)
    data = len(data).to_bytes(4, "little") + data
    while data:
        data = data[os.write(pipe, data) :]
