"""Kubernetes YAML: the text of objects, app by app. Secrets are left out, for a file cannot keep them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from platform_compiler.diagnostics import CompileError, Diagnostic, Location
from platform_compiler.emit.yaml_text import to_yaml
from platform_compiler.graph.resource import Graph, Origin, Resource


def is_writable(resource: Resource) -> bool:
    """Whether a resource may be written to a file: everything but a Secret."""
    return resource.kind != "Secret"


class Texts:
    """The YAML of each app, taken while the compile goes on, so that the objects themselves need not be kept.

    It is a seal of the compiler.
    """

    def __init__(self) -> None:
        self._by_app: dict[str, str] = {}
        self.left_out: list[str] = []
        """The Secrets, which text cannot hold, in words."""

    def take(self, graph: Graph) -> None:
        """Keep the text of a graph of one app."""
        for app, resources in groupby(graph, key=lambda resource: resource.origin.app):
            self._by_app[app] = joined(resources, self.left_out)

    def give(self) -> Any:
        """The texts since the last time, as plain data."""
        given = self._by_app, self.left_out
        self._by_app, self.left_out = {}, []
        return given

    def accept(self, given: Any) -> None:
        """Take texts that another process has made."""
        texts, left_out = given
        self._by_app.update(texts)
        self.left_out.extend(left_out)

    def __iter__(self) -> Iterator[str]:
        """Every text, in the order of the graph: what the environment itself yields comes first."""
        return (self._by_app[app] for app in sorted(self._by_app))


def joined(resources: Iterable[Resource], left_out: list[str]) -> str:
    """The objects as one YAML stream; the Secrets, which a file cannot keep, are named in `left_out`."""
    parts: list[str] = []
    origin, head = None, ""
    for resource in resources:
        if not is_writable(resource):
            left_out.append(named(resource))
            continue
        if resource.origin is not origin:
            origin = resource.origin
            head = _head(origin)
        parts += (head, text_of(resource))
    return "".join(parts)


def named(secret: Resource) -> str:
    """What is told of a Secret that is left out."""
    return f"Secret {secret.namespace}/{secret.name} ({secret.origin})"


def _head(origin: Origin) -> str:
    """What stands before a document."""
    return f"---\n# {origin}\n"


def text_of(resource: Resource) -> str:
    """The object as YAML; raises `CompileError` when its blueprint put something in that is no plain data."""
    try:
        return to_yaml(resource.manifest)
    except TypeError as error:
        origin = resource.origin
        summary = f"the {resource.kind} {resource.name} of {origin.blueprint}: {error}"
        place = Location(origin.file, origin.line)
        raise CompileError([Diagnostic("PC702", summary, place, "plain data: dict, list, str, int, bool")]) from None
