"""Diff: what changes between an object and its new inputs, and which of it Kubernetes cannot change in place.

The base of the comparison is the object as it was last seen, cut down to the fields of its old inputs: fields that a
cluster has added do not count, fields that somebody has changed behind Pulumi's back do. In render mode nothing is
added, so the base is just the old inputs. Both sides are normalised first. Maps are compared key by key, lists by
position, and whatever has another type on either side has changed as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from platform_compiler.provider.checkpoint import Stored, with_dashes
from platform_compiler.provider.normalise import normalise
from platform_compiler.provider.objects import (
    AUTONAMED,
    DEFAULT_NAMESPACE,
    Object,
    Scopes,
    annotation,
    is_namespaced,
    metadata,
    name_of,
    namespace_of,
)
from platform_compiler.provider.property_path import Path, contains, parse_path, path_text
from platform_compiler.provider.prune import prune
from platform_compiler.provider.replace_rules import replace_paths, touches
from platform_compiler.provider.wire import UNKNOWN, reveal


@dataclass(frozen=True, slots=True)
class Change:
    """One property: `kind` is `add`, `delete` or `update`; `replace` says that it needs a new object."""

    path: Path
    kind: str
    replace: bool

    @property
    def text(self) -> str:
        """The path as Pulumi writes it."""
        return path_text(self.path)


@dataclass(frozen=True, slots=True)
class Diff:
    """All changes; `delete_first` says that the new object would have the old one's name."""

    changes: tuple[Change, ...] = ()
    delete_first: bool = False

    @property
    def replaces(self) -> tuple[str, ...]:
        """The paths that need a new object."""
        return tuple(change.text for change in self.changes if change.replace)


@dataclass(frozen=True, slots=True)
class Mutability:
    """Whether ConfigMaps and Secrets change in place instead of being replaced."""

    config_map: bool = False
    secret: bool = False


def diff(
    stored: Stored,
    news: Object,
    *,
    ignore: Sequence[str] = (),
    scopes: Scopes | None = None,
    mutability: Mutability = Mutability(),
) -> Diff:
    """Compare an object with its new inputs. `ignore` holds property paths; raises ValueError for one that is none."""
    old_inputs, new = normalise(stored.inputs), normalise(with_dashes(reveal(news)))
    unchanged = stored.live == stored.inputs  # as in render mode, always: spares the most costly step
    base = old_inputs if unchanged else prune(normalise(stored.live), old_inputs)
    if name_of(new):
        base = _with(base, "name", name_of(stored.live))
    if is_namespaced(new, scopes or {}):
        base, new = _in_namespace(base), _in_namespace(new)
    else:
        base, new = _with(base, "namespace", ""), _with(new, "namespace", "")
    rules = replace_paths(new, config_map_mutable=mutability.config_map, secret_mutable=mutability.secret)
    ignored = [parse_path(text) for text in ignore]
    changes = tuple(
        Change(path, kind, touches(path, value, rules))
        for path, kind, value in _changes(base, new, ())
        if not any(contains(outer, path) for outer in ignored)
    )
    replaced = any(change.replace for change in changes)
    return Diff(changes, replaced and _keeps_its_place(stored.live, new))


def _keeps_its_place(live: Object, new: Object) -> bool:
    """Whether the new object would stand where the old one does; a generated name can be generated anew."""
    same_name = name_of(new) not in {"", UNKNOWN} and name_of(new) == name_of(live)
    same_namespace = (namespace_of(new) or DEFAULT_NAMESPACE) == (namespace_of(live) or DEFAULT_NAMESPACE)
    return same_name and same_namespace and annotation(new, AUTONAMED) != "true"


def _in_namespace(obj: Object) -> Object:
    return _with(obj, "namespace", namespace_of(obj) or DEFAULT_NAMESPACE)


def _with(obj: Object, key: str, value: str) -> Object:
    """`obj` with one field of its metadata set, or removed when `value` is empty."""
    if obj.get("metadata") == UNKNOWN:
        return obj
    rest = {name: item for name, item in metadata(obj).items() if name != key}
    return {**obj, "metadata": {**rest, key: value} if value else rest}


def _changes(old: Any, new: Any, path: Path) -> Iterator[tuple[Path, str, Any]]:
    """Every changed place, what happened there, and the value that it gets."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _change(old.get(key), new.get(key), (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            item_old = old[index] if index < len(old) else None
            yield from _change(item_old, new[index] if index < len(new) else None, (*path, index))
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        yield path, "update", new


def _change(old: Any, new: Any, path: Path) -> Iterator[tuple[Path, str, Any]]:
    if new is None and old is None:
        return
    if new is None:
        yield path, "delete", None
    elif old is None:
        yield path, "add", new
    else:
        yield from _changes(old, new, path)
