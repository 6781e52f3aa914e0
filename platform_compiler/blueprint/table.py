"""The table of blueprints: the standard library and packages by entry point, a platform's own by folder.

A package names each blueprint in an entry point such as `web-service@1 = blueprints.web_service:WebService`; a file in
the folder simply defines its classes. Nothing registers itself by being imported: the table is built by looking, so two
blueprints that claim one name are both known and both named.
"""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from platform_compiler.blueprint.base import Blueprint, BlueprintId
from platform_compiler.diagnostics import Diagnostic, Diagnostics, Location, did_you_mean, one_of
from platform_compiler.spec.names import is_name

GROUP = "platform_compiler.blueprints"
FOLDER = "blueprints"
FOLDER_PACKAGE = "platform_blueprints"
"""The name under which the folder's modules are imported."""

BlueprintClass = type[Blueprint]


class UnknownBlueprintError(LookupError):
    """No blueprint of this name, version or binding; carries what a diagnostic says of it."""

    def __init__(self, code: str, summary: str, expected: str, hint: str = "") -> None:
        super().__init__(summary)
        self.code = code
        self.expected = expected
        self.hint = hint


class Entry(NamedTuple):
    """One blueprint that may not be imported yet: who offers it, and how to get the class."""

    identity: BlueprintId
    source: str
    load: Callable[[], BlueprintClass]


@dataclass(frozen=True, slots=True)
class Table:
    """Every known blueprint by name and version; a class is imported when a spec first asks for it."""

    entries: Mapping[str, Mapping[int, Entry]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[BlueprintClass]:
        for name in sorted(self.entries):
            for version in sorted(self.entries[name]):
                yield self.entries[name][version].load()

    def versions(self, name: str) -> list[int]:
        """The versions of a blueprint, lowest first; none for an unknown name."""
        return sorted(self.entries.get(name, ()))

    @property
    def interfaces(self) -> dict[str, list[str]]:
        """Each interface and the blueprints that implement it."""
        found: dict[str, list[str]] = {}
        for cls in self:
            if cls.implements:
                found.setdefault(cls.implements, []).append(str(cls.blueprint_id))
        return found

    def find(self, text: str, bindings: Mapping[str, str]) -> BlueprintClass:
        """The class for `name@version`, or for a bare name that `bindings` binds; raises `UnknownBlueprintError`."""
        if "@" in text:
            return self._exact(text)
        if text in bindings:
            return self._bound(text, bindings[text])
        versions = self.versions(text)
        if not versions and text not in self.interfaces:
            raise self._unknown(text)
        options = [f"{text}@{version}" for version in versions] or self.interfaces[text]
        summary = f"{text!r} has no version here, and the environment binds it to none"
        raise UnknownBlueprintError("PC302", summary, one_of(options), f"write {sorted(options)[-1]}")

    def _bound(self, name: str, target: str) -> BlueprintClass:
        cls = self._exact(target)
        if name not in {cls.blueprint_id.name, cls.implements}:
            expected = one_of(self.interfaces.get(name, [f"a version of {name}"]))
            raise UnknownBlueprintError("PC306", f"{target} is no implementation of {name!r}", expected)
        return cls

    def _exact(self, text: str) -> BlueprintClass:
        name, _, version = text.partition("@")
        versions = self.entries.get(name)
        if versions is None:
            raise self._unknown(name)
        if not version.isdecimal() or int(version) not in versions:
            expected = one_of(f"{name}@{known}" for known in versions)
            hint = f"write {name}@{max(versions)}"
            raise UnknownBlueprintError("PC303", f"{name!r} has no version {version!r}", expected, hint)
        entry = versions[int(version)]
        try:
            return entry.load()
        except Exception as error:  # noqa: BLE001 - a third party's module may raise anything; it is told, not lost
            summary = f"{entry.identity} of {entry.source} cannot be loaded: {type(error).__name__}: {error}"
            raise UnknownBlueprintError("PC703", summary, "a module that can be imported") from None

    def _unknown(self, name: str) -> UnknownBlueprintError:
        names = {*self.entries, *self.interfaces}
        return UnknownBlueprintError("PC301", f"no blueprint {name!r}", one_of(names), did_you_mean(name, names))


def load_table(root: Path, diagnostics: Diagnostics) -> Table:
    """All blueprints of the platform at `root`; what cannot be loaded or clashes goes to `diagnostics`."""
    entries = [*_installed(diagnostics)]
    folder = root / FOLDER
    if folder.is_dir() and folder.resolve() not in {_home(point) for point in _points()}:
        for module in _from_folder(root, folder, diagnostics):
            entries.extend(_entries_of(module))
    return _table_of(entries, diagnostics)


def _points() -> list[EntryPoint]:
    return sorted(set(entry_points(group=GROUP)), key=lambda point: (point.name, point.value))


def _home(point: EntryPoint) -> Path | None:
    """The folder of the package that an entry point's module is in."""
    spec = importlib.util.find_spec(point.module.partition(".")[0])
    return Path(spec.origin).resolve().parent if spec and spec.origin else None


def _installed(diagnostics: Diagnostics) -> Iterator[Entry]:
    """One entry for each entry point; it is named as its blueprint, so that nothing needs to be imported."""
    for point in _points():
        name, _, version = point.name.partition("@")
        if not is_name(name) or not version.isdecimal():
            summary = f"the entry point {point.name!r} of {point.value} does not name a blueprint"
            diagnostics.add(Diagnostic("PC703", summary, expected="a name such as web-service@1"))
            continue
        yield Entry(BlueprintId(name, int(version)), point.value, point.load)


def _from_folder(root: Path, folder: Path, diagnostics: Diagnostics) -> Iterator[ModuleType]:
    """Import each file of the folder as a submodule of one package, so that they can import each other."""
    holder = ModuleType(FOLDER_PACKAGE)
    holder.__path__ = [str(folder)]
    sys.modules[FOLDER_PACKAGE] = holder
    for file in sorted(folder.glob("*.py")):
        if file.name == "__init__.py":
            continue
        name = f"{FOLDER_PACKAGE}.{file.stem}"
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except Exception as error:  # noqa: BLE001 - an author's module may raise anything; it is told, not lost
            diagnostics.add(_load_fault(root, file, error))
            continue
        yield module


def _load_fault(root: Path, file: Path, error: Exception) -> Diagnostic:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    line = frames[-1].lineno if frames else getattr(error, "lineno", None)
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    number = line or 1
    source = lines[number - 1] if number <= len(lines) else ""
    column = len(source) - len(source.lstrip()) + 1
    location = Location(file.relative_to(root).as_posix(), number, column, len(source.strip()), source)
    return Diagnostic("PC703", f"{type(error).__name__}: {error}", location, expected="a module that can be imported")


def _entries_of(module: ModuleType) -> Iterator[Entry]:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Blueprint) and _is_named(value, module):
            yield Entry(value.blueprint_id, f"{value.__module__}:{value.__qualname__}", partial(_itself, value))


def _itself(cls: BlueprintClass) -> BlueprintClass:
    return cls


def _is_named(cls: type, module: ModuleType) -> bool:
    return cls.__module__ == module.__name__ and "blueprint_id" in vars(cls)


def _table_of(entries: Iterable[Entry], diagnostics: Diagnostics) -> Table:
    table: dict[str, dict[int, Entry]] = {}
    for entry in entries:
        identity = entry.identity
        other = table.setdefault(identity.name, {}).setdefault(identity.version, entry)
        if other is not entry:
            summary = f"{identity} is claimed by {other.source} and by {entry.source}"
            diagnostics.add(Diagnostic("PC304", summary, expected="one class for each name and version"))
    return Table(table)
