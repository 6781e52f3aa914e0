"""What this run has checked so far, where one resource matters for another.

A definition tells whether its custom kind has a namespace. And no two resources of a program may be the same object:
each would overwrite the other, and the deletion of one would take the other with it. The engine checks every resource
of the program in every run, so this comes to light in the preview.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from platform_compiler.provider.objects import InvalidObjectError, Object, file_name, is_definition, metadata
from platform_compiler.provider.wire import UNKNOWN, has_unknowns


class Seen:
    """A memory of checked objects, for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._scopes: dict[tuple[str, str], bool] = {}
        self._owners: dict[str, str] = {}

    @property
    def scopes(self) -> Mapping[tuple[str, str], bool]:
        """Whether custom kinds are namespaced, by group and kind."""
        return self._scopes

    def note(self, urn: str, obj: Object) -> None:
        """Remember a checked object; raises `InvalidObjectError` when another resource is the same object."""
        if has_unknowns([obj["apiVersion"], obj["kind"], obj["metadata"]]):
            return
        with self._lock:
            if is_definition(obj):
                self._note_scope(obj)
            owner = self._owners.setdefault(file_name(obj), urn)
        if owner != urn:
            name = metadata(obj).get("name")
            raise InvalidObjectError("metadata.name", f"{obj['kind']} {name!r} is the same object as that of {owner}")

    def _note_scope(self, definition: Object) -> None:
        spec = definition.get("spec")
        names = spec.get("names") if isinstance(spec, dict) else None
        if not isinstance(spec, dict) or not isinstance(names, dict) or spec.get("scope") in {None, UNKNOWN}:
            return
        self._scopes[str(spec.get("group")), str(names.get("kind"))] = spec["scope"] == "Namespaced"
