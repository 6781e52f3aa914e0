"""Kubernetes YAML: one stream for a terminal, or a folder with one file for each app.

Secrets are left out, because a file cannot keep them: the caller tells which. A folder is brought to what was compiled:
files of ours that nothing stands behind any more are removed, files of others are never touched. Ours begin with
`MARK`. Each file is written beside its place and renamed, so that a reader never sees half of one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from platform_compiler.diagnostics import CompileError, Diagnostic, Location
from platform_compiler.emit.yaml_text import to_yaml
from platform_compiler.graph.resource import Graph, Resource

MARK = "# Written by platc. Changes are lost; change the spec instead.\n"


class Written(NamedTuple):
    """What a folder got: files written, and files removed."""

    files: int
    removed: tuple[str, ...]


class ForeignFileError(Exception):
    """A file that we did not write stands where one of ours belongs."""


def is_writable(resource: Resource) -> bool:
    """Whether a resource may be written to a file: everything but a Secret."""
    return resource.kind != "Secret"


class Texts:
    """The YAML of each app, taken while the compile goes on, so that the objects themselves need not be kept.

    Give `take` to the compiler as its seal. `by_app` is in the order of the graph; the environment's own is under "".
    """

    def __init__(self) -> None:
        self._by_app: dict[str, str] = {}
        self.left_out: list[Resource] = []
        """The Secrets, which files cannot hold."""

    def take(self, graph: Graph) -> Graph:
        """Keep the text of a graph of one app, and of the graph only its components."""
        self.left_out.extend(resource for resource in graph if not is_writable(resource))
        for app, resources in groupby(graph, key=lambda resource: resource.origin.app):
            self._by_app[app] = "".join(_document(resource) for resource in resources if is_writable(resource))
        return Graph((), graph.components)

    @property
    def by_app(self) -> dict[str, str]:
        """Every app's text; the environment's namespaces come first."""
        return {app: self._by_app[app] for app in sorted(self._by_app)}


def stream(graph: Graph) -> Iterator[str]:
    """Every object as a YAML document, with a comment that names its origin."""
    return (_document(resource) for resource in graph if is_writable(resource))


def _document(resource: Resource) -> str:
    return f"---\n# {resource.origin}\n{text_of(resource)}"


def text_of(resource: Resource) -> str:
    """The object as YAML; raises `CompileError` when its blueprint put something in that is no plain data."""
    try:
        return to_yaml(resource.manifest)
    except TypeError as error:
        origin = resource.origin
        summary = f"the {resource.kind} {resource.name} of {origin.blueprint}: {error}"
        place = Location(origin.file, origin.line)
        raise CompileError([Diagnostic("PC702", summary, place, "plain data: dict, list, str, int, bool")]) from None


def write_folder(texts: Texts, folder: Path, *, narrowed: bool = False) -> Written:
    """Bring `folder` to the texts: `<app>.yaml` each, and `namespaces.yaml`; raises OSError, ForeignFileError.

    `narrowed` texts are those of some apps, so the files of the others are kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = set()
    for app, text in texts.by_app.items():
        name = f"{app}.yaml" if app else "namespaces.yaml"
        names.add(name)
        _write(folder / name, MARK + text)
    others = () if narrowed else sorted(folder.glob("*.yaml"))
    stale = [file for file in others if file.name not in names and _is_ours(file)]
    for file in stale:
        file.unlink()
    return Written(len(names), tuple(file.name for file in stale))


def _write(file: Path, content: str) -> None:
    text = content.encode()
    present = _content(file)
    if present == text:
        return
    if present is not None and not present.startswith(MARK.encode()):
        raise ForeignFileError(f"{file} was not written by platc; move it away or choose another folder")
    temporary = f"{file}.{os.getpid()}.tmp"
    with open(temporary, "wb") as handle:
        handle.write(text)
    os.replace(temporary, file)


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None


def _is_ours(file: Path) -> bool:
    with file.open(encoding="utf-8", errors="replace") as handle:
        return handle.readline() == MARK
