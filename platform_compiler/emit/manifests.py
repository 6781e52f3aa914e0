"""Kubernetes YAML: one stream for a terminal, or a folder with one file for each app.

Secrets are left out, because a file cannot keep them: the caller tells which. A folder is brought to what was compiled:
files of ours that nothing stands behind any more are removed, files of others are never touched. Ours begin with
`MARK`. Each file is written beside its place and renamed, so that a reader never sees half of one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from platform_compiler.emit.yaml_text import to_yaml
from platform_compiler.graph.resource import Graph, Resource

MARK = "# Written by platc. Changes are lost; change the spec instead.\n"


class Written(NamedTuple):
    """What a folder got: files written, files removed, and the Secrets that were left out."""

    files: int
    removed: tuple[str, ...]
    left_out: tuple[Resource, ...]


class ForeignFileError(Exception):
    """A file that we did not write stands where one of ours belongs."""


def is_writable(resource: Resource) -> bool:
    """Whether a resource may be written to a file: everything but a Secret."""
    return resource.kind != "Secret"


def left_out(graph: Graph) -> tuple[Resource, ...]:
    """The Secrets that files cannot hold."""
    return tuple(resource for resource in graph if not is_writable(resource))


def stream(graph: Graph) -> Iterator[str]:
    """Every object as a YAML document, with a comment that names its origin."""
    return (_document(resource) for resource in graph if is_writable(resource))


def _document(resource: Resource) -> str:
    return f"---\n# {resource.origin}\n{to_yaml(resource.manifest)}"


def write_folder(graph: Graph, folder: Path, *, narrowed: bool = False) -> Written:
    """Bring `folder` to the graph: `<app>.yaml` each, and `namespaces.yaml`; raises OSError, ForeignFileError.

    A `narrowed` graph holds only some apps, so the files of the others are kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = set()
    for name, resources in _files(graph):
        names.add(name)
        _write(folder / name, resources)
    others = () if narrowed else sorted(folder.glob("*.yaml"))
    stale = [file for file in others if file.name not in names and _is_ours(file)]
    for file in stale:
        file.unlink()
    return Written(len(names), tuple(file.name for file in stale), left_out(graph))


def _files(graph: Graph) -> Iterator[tuple[str, Iterable[Resource]]]:
    """File names with their resources. The graph is ordered by app, so that groups are runs."""
    for app, resources in groupby(graph, key=lambda resource: resource.origin.app):
        yield (f"{app}.yaml" if app else "namespaces.yaml"), resources


def _write(file: Path, resources: Iterable[Resource]) -> None:
    documents = [_document(resource) for resource in resources if is_writable(resource)]
    text = (MARK + "".join(documents)).encode()
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
