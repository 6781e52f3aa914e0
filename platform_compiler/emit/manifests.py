"""Kubernetes YAML: the text of objects, app by app. Secrets are left out, for a file cannot keep them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from platform_compiler.diagnostics import CompileError, Diagnostic, Location
from platform_compiler.emit.yaml_text import to_yaml
from platform_compiler.graph.resource import Graph, Resource


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
        self._by_app.update(text_by_app(graph, self.left_out))
        return Graph((), graph.components)

    @property
    def by_app(self) -> dict[str, str]:
        """Every app's text; the environment's namespaces come first."""
        return {app: self._by_app[app] for app in sorted(self._by_app)}


def text_by_app(graph: Graph, left_out: list[Resource]) -> Iterator[tuple[str, str]]:
    """Each app's objects as one YAML stream; the Secrets, which a file cannot keep, go to `left_out`."""
    for app, resources in groupby(graph, key=lambda resource: resource.origin.app):
        documents = []
        for resource in resources:
            if is_writable(resource):
                documents.append(_document(resource))
            else:
                left_out.append(resource)
        yield app, "".join(documents)


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
