"""Plans a migration of specs and proves that it loses nothing: all of it before a single file is written.

Every environment is compiled with the specs as they are and as they would be. A stateful object whose URN goes, or
whose change needs a new object, refuses the migration; so does an app that would not compile any more.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from platform_compiler.blueprint.base import BlueprintId
from platform_compiler.diagnostics import Diagnostic, Diagnostics, did_you_mean, one_of
from platform_compiler.fleet.compare import ComponentChange, compare
from platform_compiler.fleet.rewriting import Rewritten, rewrite_app
from platform_compiler.fleet.snapshot import EnvironmentData, take_snapshot
from platform_compiler.loading import Platform
from platform_compiler.spec.app import AppSpec, read_app

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Migration:
    """What a migration would write, by app, and what it changes, by environment."""

    rewritten: Mapping[str, Rewritten]
    effect: Mapping[str, list[ComponentChange]] = field(default_factory=dict)


def plan_migration(platform: Platform, apps: Sequence[str], target: BlueprintId | None) -> Migration:
    """Rewrite `apps`, all for none, and compare; raises `CompileError` when anything stands in the way."""
    diagnostics = Diagnostics()
    for name in apps:
        if name not in platform.apps:
            hint = did_you_mean(name, platform.apps)
            diagnostics.add(Diagnostic("PC403", f"there is no app {name!r}", None, one_of(platform.apps), hint))
    selected = [platform.apps[name] for name in sorted(apps or platform.apps) if name in platform.apps]
    rewritten = {
        app.name: result
        for app in selected
        if (result := rewrite_app(app, platform.table, target, diagnostics)) is not None
    }
    diagnostics.raise_errors()
    if not rewritten:
        return Migration({})
    after = platform._replace(apps={**platform.apps, **_read_again(rewritten, platform, diagnostics)})
    old, new = (take_snapshot(each, platform.environments) for each in (platform, after))
    for environment, data in old.items():
        diagnostics.extend(_faults_before(data, environment, rewritten))
    diagnostics.raise_errors()
    effect = {environment: _changes(data, new[environment]) for environment, data in old.items()}
    for environment, changes in effect.items():
        for change in changes:
            diagnostics.extend(_objections(change, environment, rewritten, platform))
    diagnostics.raise_errors()
    return Migration(rewritten, effect)


def _faults_before(data: EnvironmentData, environment: str, rewritten: Mapping[str, Rewritten]) -> Iterator[Diagnostic]:
    """Without a compile of the spec as it is there is no proof."""
    whole = [] if data["components"] else [item for items in data["faults"].values() for item in items]
    for name, item in rewritten.items():
        faults = data["faults"].get(item.document.file) or whole
        if faults:
            summary = f"{name} does not compile in {environment} as it is: {faults[0]}"
            yield Diagnostic("PC354", summary, item.app.document.locate(("app",)), "a spec that compiles")


def _read_again(rewritten: Mapping[str, Rewritten], platform: Platform, diagnostics: Diagnostics) -> dict[str, AppSpec]:
    read = {name: read_app(item.document, platform.environments, diagnostics) for name, item in rewritten.items()}
    return {name: app for name, app in read.items() if app is not None}


def _changes(before: EnvironmentData, after: EnvironmentData) -> list[ComponentChange]:
    """What changes; what was broken before is not the migration's doing."""
    known = {item for items in before["faults"].values() for item in items}
    changed = [change for change in compare(before, after) if change.status != "unchanged"]
    return [change for change in changed if not (change.faults and known.issuperset(change.faults))]


def _objections(
    change: ComponentChange, environment: str, rewritten: Mapping[str, Rewritten], platform: Platform
) -> list[Diagnostic]:
    """Why the migration must not be: one diagnostic for each object that would lose data, or for faults."""
    app = platform.apps.get(change.app)
    component = change.id.partition("/")[2]
    layer = app.base.get(component) if app else None
    place = layer.locate(("blueprint",)) if layer else None
    if change.faults:
        names = ", ".join(sorted(rewritten))
        summary = f"after migrating {names}, {change.id} does not compile in {environment}: {change.faults[0]}"
        hint = "name what the new version needs in the environment's `defaults` under `NAME@VERSION`"
        return [Diagnostic("PC354", summary, place, "specs that compile afterwards", hint)]
    return [
        Diagnostic(
            "PC355",
            f"{item.kind} {item.name} of {change.id} would be {item.operation}d in {environment}: "
            + (", ".join(part.path for part in item.properties if part.kind.endswith("replace")) or "it goes"),
            place,
            "stateful objects that stay as they are, or are updated in place",
        )
        for item in change.objects
        if item.loses_data
    ]


def write_specs(migration: Migration, root: Path) -> list[str]:
    """Write the new texts, each in one step, with the mode that the file has; returns the files."""
    files = []
    for item in migration.rewritten.values():
        file = root / item.document.file
        present = file.read_bytes()
        text = item.document.text.encode()
        temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
        temporary.write_bytes(BOM + text if present.startswith(BOM) else text)
        shutil.copymode(file, temporary)
        os.replace(temporary, file)
        files.append(item.document.file)
    return files
