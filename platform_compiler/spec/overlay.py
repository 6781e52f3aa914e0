"""Lays partial values over each other and tells, afterwards, which layer won.

Mappings merge key by key, everything else (lists too) is replaced, and `null` removes what the layers below said.
Merging copies only along changed paths; the layers themselves stay as they were read, so that `winner` can find the
file and line of a merged value without any book-keeping while merging.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from platform_compiler.diagnostics import Location
from platform_compiler.spec.source import Document, KeyPath


class Layer(NamedTuple):
    """Partial inputs of one component: `data` stands at `prefix` in `document`; `name` is shown by `explain`."""

    name: str
    data: Mapping[str, Any]
    document: Document
    prefix: KeyPath

    def locate(self, path: KeyPath, *, key: bool = False, part: str = "") -> Location:
        """Where the value at `path` of this layer stands in its file; see `Document.locate`."""
        return self.document.locate((*self.prefix, *path), key=key, part=part)


def merge(layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The layers merged, lowest first."""
    merged: dict[str, Any] = {}
    for layer in layers:
        merged = _merge_two(merged, layer)
    return merged


def _merge_two(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            lower = merged.get(key)
            merged[key] = _merge_two(lower if isinstance(lower, dict) else {}, value)
        else:
            merged[key] = value
    return merged


def winner(layers: Sequence[Layer], path: KeyPath) -> Layer | None:
    """The topmost layer that says something about `path`: has it, or one of its parents as a whole."""
    layer: Layer
    for layer in reversed(layers):
        if _speaks_of(layer.data, path):
            return layer
    return None


def _speaks_of(data: Any, path: KeyPath) -> bool:
    for step in path:
        if isinstance(data, Mapping):
            if step not in data:
                return False
            data = data[step]
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return True
    return True
