"""The table of blueprints: the standard library and packages by entry point, a platform's own by folder.

A package names each blueprint in an entry point such as `web-service@1 = blueprints.web_service:WebService`; a file in
the folder simply defines its classes. Nothing registers itself by being imported: the table is built by looking, so two
blueprints that claim one name are both known and both named.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from platform_compiler.blueprint.base import Blueprint, BlueprintId
from platform_compiler.diagnostics import CompileError, Diagnostic, Diagnostics, Location, did_you_mean, one_of
from platform_compiler.installed import Point, installed_points
from platform_compiler.spec.names import is_name

FOLDER = "blueprints"
FOLDER_PACKAGE = "platform_blueprints"
"""The name under which the folder's modules are imported."""

MAX_SHOWN = 10
"""Digits of a version; what is longer is none."""

BlueprintClass = type[Blueprint]


class UnknownBlueprintError(LookupError):
    """No blueprint of this name, version or binding; carries what a diagnostic says of it."""

    def __init__(self, code: str, summary: str, expected: str, hint: str = "") -> None:
        super().__init__(summary)
        self.code = code
        self.expected = expected
        self.hint = hint

    def diagnostic(self) -> Diagnostic:
        """The fault without a place, for commands that no spec has asked."""
        return Diagnostic(self.code, str(self), None, self.expected, self.hint)


class Entry(NamedTuple):
    """One blueprint that may not be imported yet: who offers it, and how to get the class."""

    identity: BlueprintId
    source: str
    load: Callable[[], BlueprintClass]


class Table:
    """Every known blueprint by name and version; a class is imported when a spec first asks for it."""

    def __init__(self, entries: Mapping[str, Mapping[int, Entry]]) -> None:
        self.entries = entries

    def __iter__(self) -> Iterator[BlueprintClass]:
        """Every class, by name and version; raises `CompileError` at one that cannot be loaded."""
        for name in sorted(self.entries):
            for version in sorted(self.entries[name]):
                try:
                    cls = _loaded(self.entries[name][version])
                except UnknownBlueprintError as error:
                    raise CompileError([error.diagnostic()]) from None
                yield cls

    def versions(self, name: str) -> list[int]:
        """The versions of a blueprint, lowest first; none for an unknown name."""
        return sorted(self.entries.get(name, ()))

    def named(self, text: str) -> list[BlueprintClass]:
        """Every version of `name`, or the one that `name@version` says; raises `UnknownBlueprintError`."""
        versions = self.versions(text)
        return [self.find(f"{text}@{version}", {}) for version in versions] or [self.find(text, {})]

    @property
    def interfaces(self) -> dict[str, list[str]]:
        """Each interface and the blueprints that implement it."""
        found: dict[str, list[str]] = {}
        for entry in (versions[number] for _, versions in sorted(self.entries.items()) for number in sorted(versions)):
            with suppress(UnknownBlueprintError):  # one that cannot be loaded is told to those who name it
                if interface := _loaded(entry).implements:
                    found.setdefault(interface, []).append(str(entry.identity))
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

    def fault_of(self, name: str, version: str | None) -> UnknownBlueprintError | None:
        """What is wrong with a blueprint's name, and version if there is one; nothing is imported for a right one."""
        versions = self.entries.get(name)
        if versions is None:
            return self._unknown(name)
        if version is None or _number(version) in versions:
            return None
        shown = version if len(version) < MAX_SHOWN else f"{version[:MAX_SHOWN]}..."
        expected = one_of(f"{name}@{known}" for known in versions)
        return UnknownBlueprintError(
            "PC303", f"{name!r} has no version {shown!r}", expected, f"write {name}@{max(versions)}"
        )

    def _bound(self, name: str, target: str) -> BlueprintClass:
        cls = self._exact(target)
        if name not in {cls.blueprint_id.name, cls.implements}:
            expected = one_of(self.interfaces.get(name, [f"a version of {name}"]))
            raise UnknownBlueprintError("PC306", f"{target} is no implementation of {name!r}", expected)
        return cls

    def _exact(self, text: str) -> BlueprintClass:
        name, _, version = text.partition("@")
        number = _number(version)
        if number is None or number not in self.entries.get(name, ()):
            raise self.fault_of(name, version) or self._unknown(name)
        return _loaded(self.entries[name][number])

    def _unknown(self, name: str) -> UnknownBlueprintError:
        names = {*self.entries, *self.interfaces}
        return UnknownBlueprintError("PC301", f"no blueprint {name!r}", one_of(names), did_you_mean(name, names))


def _number(version: str) -> int | None:
    """The number that a version is, written in the one way that counts: `01` is not 1."""
    plain = version.isascii() and version.isdecimal() and version[0] != "0" and len(version) < MAX_SHOWN
    return int(version) if plain else None


def _loaded(entry: Entry) -> BlueprintClass:
    try:
        cls = entry.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a third party's module may raise anything; it is told
        import traceback  # noqa: PLC0415 - only for faults

        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "importlib" not in frame.filename]
        file = Path(frames[-1].filename)
        where = f" ({file.parent.name}/{file.name}:{frames[-1].lineno})" if file.name != "table.py" else ""
        summary = f"{entry.identity} of {entry.source} cannot be loaded: {type(error).__name__}: {error}{where}"
        raise UnknownBlueprintError("PC703", summary, "a module that can be imported") from None
    if getattr(cls, "blueprint_id", None) != entry.identity:
        summary = f"{entry.source} is named {entry.identity}, but is {getattr(cls, 'blueprint_id', 'no blueprint')}"
        raise UnknownBlueprintError("PC703", summary, "an entry point named as its blueprint")
    return cls


def load_table(root: Path, diagnostics: Diagnostics, points: Sequence[Point] | None = None) -> Table:
    """All blueprints of the platform at `root`; what cannot be loaded or clashes goes to `diagnostics`.

    `points` are the installed ones, where somebody has looked them up already.
    """
    known = installed_points() if points is None else points
    entries = [*_installed(known, diagnostics)]
    for module in _from_folder(root, known, diagnostics):
        entries.extend(_entries_of(module, root))
    return _table_of(entries, diagnostics)


def _home(point: Point) -> Path | None:
    """The folder of the package that an entry point's module is in."""
    spec = importlib.util.find_spec(point.module.partition(".")[0])
    return Path(spec.origin).resolve().parent if spec and spec.origin else None


def _installed(points: Iterable[Point], diagnostics: Diagnostics) -> Iterator[Entry]:
    """One entry for each entry point; it is named as its blueprint, so that nothing needs to be imported."""
    for point in points:
        name, _, version = point.name.partition("@")
        number = _number(version)
        if not is_name(name) or number is None:
            summary = f"the entry point {point.name!r} of {point.value} does not name a blueprint"
            diagnostics.add(Diagnostic("PC703", summary, expected="a name such as web-service@1"))
            continue
        yield Entry(BlueprintId(name, number), point.value, point.load)


def _from_folder(root: Path, known: Iterable[Point], diagnostics: Diagnostics) -> Iterator[ModuleType]:
    """Import the files of the platform's own folder as submodules of one package, so that they can import each other.

    Where the folder is an installed package itself, as in the standard library's own repository, only the files that no
    entry point names are left to look at.
    """
    folder = root / FOLDER
    points = [point for point in known if folder.is_dir() and _home(point) == folder.resolve()]
    package = points[0].module.partition(".")[0] if points else FOLDER_PACKAGE
    if not points and folder.is_dir():
        _open_package(folder)
    named = {point.module for point in points}
    for file in sorted(folder.glob("[!_]*.py")):
        name = f"{package}.{file.stem}"
        if name in named:
            continue
        try:
            yield importlib.import_module(name)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - an author's module may raise anything; it is told
            diagnostics.add(_load_fault(root, file, error))


def _open_package(folder: Path) -> None:
    """Make `folder` the package of a platform's own blueprints; that of another platform is forgotten."""
    for name in [name for name in sys.modules if name.partition(".")[0] == FOLDER_PACKAGE]:
        del sys.modules[name]
    package = ModuleType(FOLDER_PACKAGE)
    package.__path__ = [str(folder)]
    sys.modules[FOLDER_PACKAGE] = package
    importlib.invalidate_caches()


def _load_fault(root: Path, file: Path, error: BaseException) -> Diagnostic:
    import traceback  # noqa: PLC0415 - only for faults

    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    line = frames[-1].lineno if frames else getattr(error, "lineno", None)
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    number = line or 1
    source = lines[number - 1] if number <= len(lines) else ""
    column = len(source) - len(source.lstrip()) + 1
    location = Location(file.relative_to(root).as_posix(), number, column, len(source.strip()), source)
    return Diagnostic("PC703", f"{type(error).__name__}: {error}", location, expected="a module that can be imported")


def _entries_of(module: ModuleType, root: Path) -> Iterator[Entry]:
    file = Path(module.__file__ or "").relative_to(root).as_posix()
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Blueprint) and _is_named(value, module):
            yield Entry(value.blueprint_id, f"{file}:{value.__qualname__}", partial(_itself, value))


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
