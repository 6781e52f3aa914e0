"""A folder of Kubernetes YAML: one file for each app and namespace, written while the compile goes on.

The folder is brought to what was compiled, as a whole or not at all: each file is written beside its place, or a new
folder beside its own, and renamed when the compile has succeeded. Files of ours that nothing stands behind any more are
removed, files of others are never touched. Ours begin with `MARK`.
"""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from platform_compiler.emit.manifests import joined
from platform_compiler.graph.resource import Graph, Resource

MARK = "# Written by platc. Changes are lost; change the spec instead.\n"


def _file_of(resource: Resource) -> str:
    """A file for each app, and one for each namespace: several apps may share it. No app's name begins so."""
    return resource.origin.app or f"_namespace-{resource.namespace or resource.name}"


class Written(NamedTuple):
    """What a folder got: files written, and files removed."""

    files: int
    removed: tuple[str, ...]


class ForeignFileError(Exception):
    """A file that we did not write stands where one of ours belongs."""


class Folder:
    """Use it as a context: what is taken and not finished leaves the folder as it was.

    It is a seal of the compiler. `take` and `finish` raise OSError and ForeignFileError.
    """

    def __init__(self, path: Path) -> None:
        self.left_out: list[str] = []
        """The Secrets, which files cannot hold, in words."""
        self._path = path
        self._new = not path.is_dir()
        self._suffix = f".{os.getpid()}.tmp"
        self._place = path.with_name(f".{path.name}{self._suffix}") if self._new else path
        """Where files are prepared: a new folder beside its place, too."""
        self._names: set[str] = set()
        self._pending: dict[str, str] = {}

    def __enter__(self) -> Folder:
        self._place.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._new and self._place.exists():
            import shutil  # noqa: PLC0415 - hardly ever needed

            shutil.rmtree(self._place, ignore_errors=True)
        for temporary in self._path.glob(f"*{self._suffix}") if error else ():
            with suppress(OSError):
                temporary.unlink()

    def take(self, graph: Graph) -> None:
        """Prepare the file of a graph of one app."""
        for name, resources in groupby(graph, key=_file_of):
            self._prepare(f"{name}.yaml", joined(resources, self.left_out))

    def give(self) -> Any:
        """What was prepared since the last time, as plain data; the files themselves are where they are."""
        given = [*self._names], self._pending, self.left_out
        self._names, self._pending, self.left_out = set(), {}, []
        return given

    def accept(self, given: Any) -> None:
        """Take what another process has prepared."""
        names, pending, left_out = given
        self._names.update(names)
        self._pending.update(pending)
        self.left_out.extend(left_out)

    def _prepare(self, name: str, text: str) -> None:
        self._names.add(name)
        file = f"{self._place}/{name}"
        content = (MARK + text).encode()
        if not self._new:
            present = _content(file)
            if present == content:
                return
            _refuse_foreign(file, present)
            self._pending[f"{file}{self._suffix}"] = file
            file = f"{file}{self._suffix}"
        with open(file, "wb") as handle:
            handle.write(content)

    def finish(self, *, narrowed: bool = False) -> Written:
        """Put the files in place; `narrowed` ones are those of some apps, so the files of the others are kept."""
        if self._new and self._renamed():
            return Written(len(self._names), ())
        for temporary, file in self._pending.items():
            os.replace(temporary, file)
        self._pending.clear()
        others = () if narrowed else sorted(self._path.glob("*.yaml"))
        stale = [file for file in others if file.name not in self._names and _is_ours(file)]
        for old in stale:
            old.unlink()
        return Written(len(self._names), tuple(old.name for old in stale))

    def _renamed(self) -> bool:
        """Put a new folder in its place as a whole; where another run has made one meanwhile, move its files."""
        try:
            self._place.rename(self._path)
        except OSError:
            if not self._path.is_dir():
                raise
        else:
            return True
        for name in self._names:
            _refuse_foreign(f"{self._path}/{name}", _content(f"{self._path}/{name}"))
            self._pending[f"{self._place}/{name}"] = f"{self._path}/{name}"
        return False


def _refuse_foreign(file: str, present: bytes | None) -> None:
    if present is not None and not present.startswith(MARK.encode()):
        raise ForeignFileError(f"{file} was not written by platc; move it away or choose another folder")


def _content(file: str) -> bytes | None:
    try:
        with open(file, "rb") as handle:
            return handle.read()
    except FileNotFoundError:
        return None


def _is_ours(file: Path) -> bool:
    with file.open(encoding="utf-8", errors="replace") as handle:
        return handle.readline() == MARK
