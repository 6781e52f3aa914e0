"""Carries out a blueprint's migration on the text of a spec.

Each component that names `name@version` is taken step by step to a later version, its base first and then what
environments lay over it. Every step yields edits of one layer, and `spec/edit.py` changes the text by them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from platform_compiler.blueprint.base import Blueprint, BlueprintId
from platform_compiler.blueprint.migration import Inputs, Move, Remove, Rewrite, Set, Step
from platform_compiler.blueprint.table import Table, UnknownBlueprintError
from platform_compiler.diagnostics import Diagnostic, Diagnostics, Location
from platform_compiler.link.component import SETTINGS
from platform_compiler.spec import edit
from platform_compiler.spec.app import AppSpec
from platform_compiler.spec.edit import CannotEditError, Edit, edit_data, look_up
from platform_compiler.spec.overlay import Layer
from platform_compiler.spec.source import Document, KeyPath


@dataclass(frozen=True, slots=True)
class Migrated:
    """One component's way: `path` is where its layer stands in the spec."""

    component: str
    path: KeyPath
    before: BlueprintId
    after: BlueprintId


@dataclass(slots=True)
class Rewritten:
    """A spec after the migration, and the components that it changed."""

    app: AppSpec
    document: Document
    migrated: list[Migrated] = field(default_factory=list)


def rewrite_app(app: AppSpec, table: Table, target: BlueprintId | None, diagnostics: Diagnostics) -> Rewritten | None:
    """`app` with its components at `target`, or at the newest versions that migrations lead to for None.

    None when nothing changes; what stands in the way goes to `diagnostics`.
    """
    rewriter = _Rewriter(app, table, target, diagnostics)
    try:
        for component, family in _families(app):
            rewriter.migrate(component, family)
        if not rewriter.migrated or rewriter.failed:
            return None
        rewriter.place = app.document.locate(("app",))
        document = edit.rewrite(app.document, rewriter.edits)
    except CannotEditError as error:
        diagnostics.add(Diagnostic("PC354", str(error), rewriter.place, "values at their own place, once"))
        return None
    except UnknownBlueprintError as error:
        diagnostics.add(Diagnostic(error.code, str(error), rewriter.place, error.expected, error.hint))
        return None
    return Rewritten(app, document, rewriter.migrated)


def _families(app: AppSpec) -> Iterator[tuple[str, list[Layer]]]:
    """Each layer that names a blueprint, with the layers over it that do not."""
    names = sorted({*app.base, *(name for layers in app.overlays.values() for name in layers)})
    for name in names:
        base = app.base.get(name)
        overlays = [layer for layers in app.overlays.values() if (layer := layers.get(name)) is not None]
        if base is not None:
            yield name, [base, *(layer for layer in overlays if "blueprint" not in layer.data)]
        yield from ((name, [layer]) for layer in overlays if "blueprint" in layer.data)


class _Rewriter:
    def __init__(self, app: AppSpec, table: Table, target: BlueprintId | None, diagnostics: Diagnostics) -> None:
        self.app = app
        self.table = table
        self.target = target
        self.diagnostics = diagnostics
        self.data: dict[str, Any] = app.document.data
        self.edits: list[Edit] = []
        self.migrated: list[Migrated] = []
        self.failed = False
        self.place: Location | None = None

    def migrate(self, component: str, family: Sequence[Layer]) -> None:
        """Take one family of layers to its version."""
        base = family[0]
        self.place = base.locate(("blueprint",))
        written = base.data.get("blueprint")
        name, _, version = str(written).partition("@")
        if not version.isdecimal():
            return  # the environments decide on the version
        before = BlueprintId(name, int(version))
        steps = self.way(before)
        if not steps:
            return
        for cls in steps:
            for step in cls.migration or ():
                for layer in family:
                    self.apply(step, layer, is_base=layer is base)
        after = steps[-1].blueprint_id
        self.change(edit.Put((*base.prefix, "blueprint"), str(after)))
        self.migrated.append(Migrated(component, base.prefix, before, after))

    def way(self, start: BlueprintId) -> list[type[Blueprint]]:
        """The versions to pass, each with a migration; none where there is nothing to do."""
        if self.target is not None and (self.target.name != start.name or self.target.version <= start.version):
            return []
        way: list[type[Blueprint]] = []
        for version in self.table.versions(start.name):
            if version <= start.version or (self.target is not None and version > self.target.version):
                continue
            cls = self.table.find(f"{start.name}@{version}", {})
            if cls.migration is None:
                if self.target is not None:
                    self.no_way(start, cls.blueprint_id)
                break
            way.append(cls)
        return way

    def no_way(self, start: BlueprintId, missing: BlueprintId) -> None:
        self.failed = True
        summary = f"nothing leads from {start} to {self.target}"
        expected = f"a `migration` of {missing}"
        self.diagnostics.add(Diagnostic("PC353", summary, self.place, expected))

    def apply(self, step: Step, layer: Layer, *, is_base: bool) -> None:
        """Apply one step to one layer as it is by now, but for the envelope and the settings that stand beside it."""
        _, written = look_up(self.app.document.data, layer.prefix)
        _, present = look_up(self.data, layer.prefix)
        foreign = SETTINGS | (written.keys() - layer.data.keys())
        inputs = {key: value for key, value in present.items() if key not in foreign}
        for change in edits_of(step, inputs, is_base=is_base):
            self.change(_below(layer.prefix, change))

    def change(self, change: Edit) -> None:
        self.data = edit_data(self.data, change)
        self.edits.append(change)


def find_target(table: Table, text: str) -> BlueprintId:
    """The blueprint that `--to NAME@N` means; raises `UnknownBlueprintError`."""
    if "@" not in text:
        raise UnknownBlueprintError("PC303", f"{text!r} names no version", "a blueprint such as web-service@2")
    return table.find(text, {}).blueprint_id


def _below(prefix: KeyPath, change: Edit) -> Edit:
    if isinstance(change, edit.Move):
        return edit.Move((*prefix, *change.source), (*prefix, *change.target))
    return change._replace(path=(*prefix, *change.path))


def edits_of(step: Step, inputs: Inputs, *, is_base: bool) -> list[Edit]:
    """What `step` changes of a layer's inputs; paths begin at the layer. Raises `CannotEditError`.

    `is_base` tells the layer that names the blueprint from those laid over it.
    """
    if isinstance(step, Move):
        return _move(_path(step.source), _path(step.target), inputs)
    if isinstance(step, Rewrite):
        return list(_differences(inputs, _called(step.function, inputs), ()))
    path = _path(step.field)
    found, value = look_up(inputs, path)
    if isinstance(step, Set):
        return [edit.Put(path, step.value)] if is_base and not found else []
    if not found:
        return []
    if isinstance(step, Remove):
        return [edit.Remove(path)]
    converted = value if value is None else _called(step.function, value)
    return [] if converted == value else [edit.Put(path, converted)]


def _path(field: str) -> KeyPath:
    return tuple(field.split("."))


def _move(source: KeyPath, target: KeyPath, inputs: Inputs) -> list[Edit]:
    if not look_up(inputs, source)[0]:
        return []
    if look_up(inputs, target)[0]:
        raise CannotEditError(f"both {'.'.join(map(str, source))} and {'.'.join(map(str, target))} are written")
    return [edit.Move(source, target)]


def _called(function: Callable[[Any], Any], value: Any) -> Any:
    try:
        return function(copy.deepcopy(value))
    except Exception as error:  # noqa: BLE001 - an author's code may raise anything; it is told, not lost
        name = getattr(function, "__name__", "a function")
        raise CannotEditError(f"{name} of the migration raised {type(error).__name__}: {error}") from None


def _differences(old: Inputs, new: Inputs, path: KeyPath) -> Iterator[Edit]:
    for key in old:
        if key not in new:
            yield edit.Remove((*path, key))
    for key, value in new.items():
        before = old.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            yield from _differences(before, value, (*path, key))
        elif key not in old or before != value:
            yield edit.Put((*path, key), value)
