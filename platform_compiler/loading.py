"""Loads a platform: every spec, every blueprint, and what is wrong with the files, whatever the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from platform_compiler.ahead import Ahead
from platform_compiler.blueprint.table import Table, load_table
from platform_compiler.diagnostics import CompileError, Diagnostic, Diagnostics
from platform_compiler.installed import installed_points
from platform_compiler.root import environment_files, spec_files
from platform_compiler.spec.app import AppSpec, read_app
from platform_compiler.spec.source import MAX_BYTES, Document, read_document


class Platform(NamedTuple):
    """Everything that does not depend on an environment: specs by app name, and the table of blueprints."""

    root: Path
    apps: Mapping[str, AppSpec]
    table: Table
    environments: tuple[str, ...]
    faults: tuple[Diagnostic, ...] = ()
    """What was wrong with the files; kept, so that a compile of one app is not stopped by another's."""
    documents: Mapping[str, Document] = MappingProxyType({})
    """The environments' files, by path, as far as they were read ahead."""
    faulty: Mapping[str, str] = MappingProxyType({})
    """The specs with faults of their own, by path: the app that each is about, empty where it does not say."""

    lenient: bool = False
    """A narrowed compile is told no fault of other apps: a comparison shows what compiles beside what does not."""

    @property
    def broken(self) -> frozenset[str]:
        """Apps that have a file, but one too broken to be read: what refers to them is not at fault."""
        return frozenset(app or Path(file).stem for file, app in self.faulty.items()) - self.apps.keys()


def load_platform(root: Path, ahead: Ahead | None = None) -> Platform:
    """Read every spec and find every blueprint below `root`; `ahead` is what another process has read of it."""
    diagnostics = Diagnostics()
    environments, specs = environment_files(root), spec_files(root)
    table = load_table(root, diagnostics, ahead.points() if ahead else installed_points())
    known = ahead.documents([*environments, *specs]) if ahead else {}
    names = tuple(file.stem for file in environments)
    apps: dict[str, AppSpec] = {}
    faulty: dict[str, str] = {}
    for file in specs:
        before = len(diagnostics.items)
        try:
            document = known.pop(file.relative_to(root).as_posix(), None) or read_document(root, file)
        except CompileError as error:
            diagnostics.extend(error.diagnostics)
        else:
            _add_app(apps, document, names, diagnostics)
        if told := diagnostics.items[before:]:
            faulty |= dict.fromkeys((fault.location.file for fault in told if fault.location), _claimed(file))
    return Platform(root, apps, table, names, tuple(diagnostics.items), known, faulty)


def _add_app(
    apps: dict[str, AppSpec], document: Document, environments: Sequence[str], diagnostics: Diagnostics
) -> None:
    app = read_app(document, environments, diagnostics)
    if app is None:
        return
    other = apps.setdefault(app.name, app)
    if other is not app:
        summary = f"the app {app.name!r} is also specified in {other.document.file}"
        diagnostics.add(Diagnostic("PC206", summary, document.locate(("app",)), "one file for each app"))


def _claimed(file: Path) -> str:
    """The app that a spec with a fault says it is, read past whatever the fault is; empty where it does not say."""
    if not file.is_file():
        return ""
    try:
        with file.open(encoding="utf-8", errors="replace") as stream:
            text = stream.read(MAX_BYTES)
    except OSError:
        return ""
    found = re.search(r"""^app:[ \t]*["']?([^\s"'#]+)""", text, re.MULTILINE)
    return found[1] if found else ""
