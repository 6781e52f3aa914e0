"""Compares what two compiles of one environment yield: which objects and components change, and how.

The rules are the provider's: both sides are normalised, ignored paths do not count, and a change of a field that
Kubernetes cannot change in place replaces the object. An object whose id stays and whose type changes gets another URN,
so it is replaced too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from platform_compiler.engine.events import Property
from platform_compiler.fleet.snapshot import SECRET, EnvironmentData
from platform_compiler.graph.resource import STATEFUL_KINDS
from platform_compiler.provider.checkpoint import Stored
from platform_compiler.provider.diff import Change, diff
from platform_compiler.provider.property_path import Path, path_text

Operation = Literal["create", "update", "replace", "delete"]
Status = Literal["unchanged", "updated", "replaced", "deleted", "broken", "created"]
STATUSES: Final[tuple[Status, ...]] = ("broken", "deleted", "replaced", "updated", "created", "unchanged")
"""Every status, the gravest first."""
NAMED_BY_CONTENT: Final = frozenset({"ConfigMap", "Secret"})
"""Kinds that are made anew whenever their content changes, as part of an ordinary update."""
NAMESPACES: Final = "namespace"

ObjectData = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """One object that changes; `loses_data` when it is a stateful one that is replaced or deleted."""

    id: str
    kind: str
    name: str
    operation: Operation
    loses_data: bool
    properties: tuple[Property, ...] = ()


@dataclass(frozen=True, slots=True)
class ComponentChange:
    """What becomes of one component: `before` and `after` are its blueprints, empty where it is not there.

    The environment's own objects are those of the component `namespace`; a file whose faults leave no component to
    name stands under its own name.
    """

    id: str
    status: Status
    before: str
    after: str
    place: str
    objects: tuple[ObjectChange, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def app(self) -> str:
        """The name of its app."""
        return self.id.partition("/")[0]


def compare(before: EnvironmentData, after: EnvironmentData) -> list[ComponentChange]:
    """Every component of either side, by id, with what changes; secrets are told only by a mark."""
    before = _under_new_names(before, after)
    changes: dict[str, list[ObjectChange]] = defaultdict(list)
    for change in compare_objects(before["objects"], after["objects"]):
        changes[change.id.rpartition("/")[0]].append(change)
    ids = {*before["components"], *after["components"], *changes}
    if after["faults"] and not after["components"]:
        ids.discard(NAMESPACES)  # they are not gone: nothing compiles
    found = [_component(name, before, after, tuple(changes[name])) for name in sorted(ids)]
    told = {fault for change in found for fault in change.faults}
    unread = [file for file, faults in sorted(after["faults"].items()) if not told.issuperset(faults)]
    broken = [ComponentChange(file, "broken", "", "", file, (), tuple(after["faults"][file])) for file in unread]
    return [*found, *broken]


def _under_new_names(before: EnvironmentData, after: EnvironmentData) -> EnvironmentData:
    """`before` with the ids that its components have now: `renamed-from` keeps an object's state."""
    names = {}
    for new, data in after["components"].items():
        old = f"{new.partition('/')[0]}/{data['renamedFrom']}"
        if old in before["components"] and old not in after["components"] and new not in before["components"]:
            names[old] = new
    if not names:
        return before
    objects = {
        f"{names.get(owner, owner)}/{role}": data
        for name, data in before["objects"].items()
        for owner, _, role in [name.rpartition("/")]
    }
    components = {names.get(name, name): data for name, data in before["components"].items()}
    return {**before, "objects": objects, "components": components}


def _component(
    name: str, before: EnvironmentData, after: EnvironmentData, objects: tuple[ObjectChange, ...]
) -> ComponentChange:
    old, new = before["components"].get(name), after["components"].get(name)
    known = new or old or {"blueprint": "", "file": "", "line": 0}
    faults = _faults(known["file"], after) if new is None else ()
    return ComponentChange(
        name,
        "broken" if faults else _status(old, new, objects, is_app=name != NAMESPACES),
        old["blueprint"] if old else "",
        new["blueprint"] if new else "",
        f"{known['file']}:{known['line']}" if known["file"] else "",
        () if faults else objects,
        faults,
    )


def _faults(file: str, after: EnvironmentData) -> tuple[str, ...]:
    """What keeps a file's components from being compiled: its own faults, else those that stop the environment."""
    faults: Mapping[str, list[str]] = after["faults"]
    if file in faults:
        return tuple(faults[file])
    return () if after["components"] else tuple(item for items in faults.values() for item in items)


def _status(old: Any, new: Any, objects: tuple[ObjectChange, ...], *, is_app: bool) -> Status:
    if is_app and new is None:
        return "deleted"
    if is_app and old is None:
        return "created"
    if any(item.operation == "replace" and item.kind not in NAMED_BY_CONTENT for item in objects):
        return "replaced"
    return "updated" if objects else "unchanged"


def compare_objects(before: Mapping[str, ObjectData], after: Mapping[str, ObjectData]) -> Iterator[ObjectChange]:
    """Every object that is not the same on both sides, by id."""
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old is None:
            assert new is not None
            yield _change(name, new, "create")
        elif new is None:
            yield _change(name, old, "delete")
        elif old != new:
            yield from _compare_object(name, old, new)


def _compare_object(name: str, old: ObjectData, new: ObjectData) -> Iterator[ObjectChange]:
    was, now = old["manifest"], new["manifest"]
    moved = [field for field in ("apiVersion", "kind") if was[field] != now[field]]
    if moved:
        properties = tuple(Property(field, "update-replace", was[field], now[field]) for field in moved)
        yield _change(name, old, "replace", properties)
        return
    result = diff(Stored(was, was, "", ""), now, ignore=new["ignore"])
    properties = tuple(_property(change, was, now) for change in result.changes)
    if properties:
        yield _change(name, old, "replace" if result.replaces else "update", properties)


def _property(change: Change, was: Any, now: Any) -> Property:
    """A changed field as it may be shown: a secret's mark is the field's value, not a field in it."""
    path = change.path[:-1] if change.path[-1] == SECRET else change.path
    kind = f"{change.kind}-replace" if change.replace else change.kind
    return Property(path_text(path), kind, _value(was, path), _value(now, path))


def _change(name: str, data: ObjectData, operation: Operation, properties: tuple[Property, ...] = ()) -> ObjectChange:
    manifest = data["manifest"]
    kind = manifest["kind"]
    stateful = data["stateful"] or kind in STATEFUL_KINDS
    loses = stateful and operation in {"replace", "delete"}
    return ObjectChange(name, kind, manifest["metadata"]["name"], operation, loses, properties)


def _value(value: Any, path: Path) -> Any:
    """The value at a path as it may be shown, None where there is none."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return _shown(value)


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return SECRET if SECRET in value else {key: _shown(item) for key, item in value.items()}
    return [_shown(item) for item in value] if isinstance(value, list) else value
