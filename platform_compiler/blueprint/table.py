"""The table of blueprints: the standard library and packages by entry point, a platform's own by folder.

A module offers its blueprints in a tuple `BLUEPRINTS`, or simply defines them. Nothing registers itself by being
imported: the table is built by looking, so two blueprints that claim one name are both known and both named.
"""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

from platform_compiler.blueprint.base import Blueprint, BlueprintId
from platform_compiler.diagnostics import Diagnostic, Diagnostics, Location, did_you_mean, one_of

GROUP = "platform_compiler.blueprints"
FOLDER = "blueprints"

BlueprintClass = type[Blueprint]


class UnknownBlueprintError(LookupError):
    """No blueprint of this name, version or binding; carries what a diagnostic says of it."""

    def __init__(self, code: str, summary: str, expected: str, hint: str = "") -> None:
        super().__init__(summary)
        self.code = code
        self.expected = expected
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Table:
    """Every known blueprint by name and version."""

    classes: Mapping[str, Mapping[int, BlueprintClass]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[BlueprintClass]:
        for name in sorted(self.classes):
            for version in sorted(self.classes[name]):
                yield self.classes[name][version]

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
        versions = self.classes.get(text)
        if versions is None and text not in self.interfaces:
            raise self._unknown(text)
        options = [f"{text}@{version}" for version in versions or ()] or self.interfaces[text]
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
        versions = self.classes.get(name)
        if versions is None:
            raise self._unknown(name)
        if not version.isdecimal() or int(version) not in versions:
            expected = one_of(f"{name}@{known}" for known in versions)
            hint = f"write {name}@{max(versions)}"
            raise UnknownBlueprintError("PC303", f"{name!r} has no version {version!r}", expected, hint)
        return versions[int(version)]

    def _unknown(self, name: str) -> UnknownBlueprintError:
        names = {*self.classes, *self.interfaces}
        return UnknownBlueprintError("PC301", f"no blueprint {name!r}", one_of(names), did_you_mean(name, names))


def load_table(root: Path, diagnostics: Diagnostics) -> Table:
    """All blueprints of the platform at `root`; classes that cannot be loaded or clash go to `diagnostics`."""
    modules = [*_installed(diagnostics)]
    folder = root / FOLDER
    known = {Path(module.__file__).resolve().parent for module in modules if module.__file__}
    if folder.is_dir() and folder.resolve() not in known:
        modules.extend(_from_folder(root, folder, diagnostics))
    return _table_of(modules, diagnostics)


def _installed(diagnostics: Diagnostics) -> Iterator[ModuleType]:
    points: Iterable[EntryPoint] = sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value))
    for point in dict.fromkeys(points):
        try:
            module = point.load()
        except Exception as error:  # noqa: BLE001 - a third party's package may raise anything; it is told, not lost
            summary = f"the package {point.value!r} cannot be loaded: {type(error).__name__}: {error}"
            diagnostics.add(Diagnostic("PC703", summary, expected="a module with a tuple BLUEPRINTS"))
            continue
        yield module


def _from_folder(root: Path, folder: Path, diagnostics: Diagnostics) -> Iterator[ModuleType]:
    """Import each file of the folder as a submodule of one package, so that they can import each other."""
    package = "platform_blueprints"
    holder = ModuleType(package)
    holder.__path__ = [str(folder)]
    sys.modules[package] = holder
    for file in sorted(folder.glob("*.py")):
        if file.name == "__init__.py":
            continue
        name = f"{package}.{file.stem}"
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


def _table_of(modules: Iterable[ModuleType], diagnostics: Diagnostics) -> Table:
    classes: dict[str, dict[int, BlueprintClass]] = {}
    for module in modules:
        for cls in _classes_of(module):
            identity: BlueprintId = cls.blueprint_id
            versions = classes.setdefault(identity.name, {})
            other = versions.setdefault(identity.version, cls)
            if other is not cls:
                summary = f"{identity} is claimed by {_where(other)} and by {_where(cls)}"
                diagnostics.add(Diagnostic("PC304", summary, expected="one class for each name and version"))
    return Table(classes)


def _classes_of(module: ModuleType) -> Iterator[BlueprintClass]:
    listed = getattr(module, "BLUEPRINTS", None)
    if listed is not None:
        yield from listed
        return
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Blueprint) and _is_named(value, module):
            yield value


def _is_named(cls: type, module: ModuleType) -> bool:
    return cls.__module__ == module.__name__ and "blueprint_id" in vars(cls)


def _where(cls: BlueprintClass) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
