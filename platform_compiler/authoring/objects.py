"""Compiled objects as tests read them: `app["deployment/web"].at("spec.template.spec.containers.web.image")`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from platform_compiler.compiler import Compiled
from platform_compiler.diagnostics import did_you_mean, one_of
from platform_compiler.graph.resource import Resource

_HASH = re.compile(r"-[0-9a-f]{10}\Z")
_HASHED = frozenset({"ConfigMap", "Job", "Secret"})


class Manifest(dict[str, Any]):
    """An object as plain data; `at` reads values deep inside it."""

    def at(self, path: str) -> Any:
        """The value at a dotted path; a step into a list is an index, or the `name` of an item.

        Raises LookupError that says which step is not there, and what is.
        """
        value: Any = dict(self)
        walked: list[str] = []
        for step in path.split("."):
            choices = _choices(value)
            if step not in choices:
                place = ".".join(walked) or f"{self['kind']} {self['metadata']['name']}"
                hint = did_you_mean(step, choices)
                raise LookupError(f"{place} has no {step!r}; expected {one_of(choices)}; {hint}".rstrip("; "))
            value = choices[step]
            walked.append(step)
        return value


def _choices(value: Any) -> dict[str, Any]:
    """What a step from `value` may be."""
    if isinstance(value, Mapping):
        return {str(key): item for key, item in value.items()}
    if isinstance(value, list):
        named = {str(item["name"]): item for item in value if isinstance(item, Mapping) and "name" in item}
        return {str(index): item for index, item in enumerate(value)} | named
    return {}


class Objects(Mapping[str, Manifest]):
    """The objects of a compile by `kind/name`, in lower case; a name that ends with a hash is found without it too.

    The namespaces that every app stands on are left out.
    """

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self.resources = tuple(resource for resource in compiled.resources if resource.origin.app)
        self._by_name = {key: resource for resource in reversed(self.resources) for key in _keys(resource)}

    def __getitem__(self, key: str) -> Manifest:
        kind, _, name = key.partition("/")
        resource = self._by_name.get(f"{kind.lower()}/{name}")
        if resource is None:
            raise LookupError(f"no {key!r}; expected {one_of(self)}; {did_you_mean(key, self)}".rstrip("; "))
        return Manifest(resource.manifest)

    def __iter__(self) -> Iterator[str]:
        return iter(f"{resource.kind.lower()}/{resource.name}" for resource in self.resources)

    def __len__(self) -> int:
        return len(self.resources)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key in self._by_name

    def kinds(self) -> list[str]:
        """The kind of every object, in order."""
        return [resource.kind for resource in self.resources]

    def outputs(self, component: str) -> Any:
        """The outputs of a component, named `app/component`, as its own app sees them."""
        linked = self.compiled.components[component]
        assert linked.instance is not None
        return linked.instance.outputs(linked.context)


def _keys(resource: Resource) -> Iterable[str]:
    key = f"{resource.kind.lower()}/{resource.name}"
    yield key
    if resource.kind in _HASHED:
        yield _HASH.sub("", key)
