"""`platc migrate`: specs from one version of a blueprint to the next."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from platform_compiler.cli.errors import CHANGES_FOUND, FINE
from platform_compiler.cli.impact import change_lines, component_record
from platform_compiler.cli.options import apps_argument, current_platform, format_option
from platform_compiler.diagnostics import CompileError, Diagnostic, count
from platform_compiler.report import as_text

if TYPE_CHECKING:
    from platform_compiler.fleet.migrate import Migration


@click.command("migrate")
@click.option("--to", "target", metavar="NAME@N", help="Only this blueprint, to this version; else all to the newest.")
@click.option("--check", is_flag=True, help="Write nothing; exit with 2 when specs would change.")
@format_option("text", "json")
@apps_argument
def migrate_command(apps: tuple[str, ...], target: str | None, check: bool, format: str) -> int:  # noqa: A002
    """Rewrite specs to later versions of their blueprints, keeping comments and layout.

    Compiles every environment before and after, and refuses when a stateful object would be replaced or deleted.
    """
    from platform_compiler.blueprint.table import UnknownBlueprintError  # noqa: PLC0415 - see cli/group.py
    from platform_compiler.fleet.migrate import plan_migration, write_specs  # noqa: PLC0415
    from platform_compiler.fleet.rewriting import find_target  # noqa: PLC0415

    platform = current_platform()
    root = platform.root
    click.echo(as_text(platform.faults), nl=False, err=True)
    try:
        wanted = find_target(platform.table, target) if target else None
    except UnknownBlueprintError as error:
        raise CompileError([Diagnostic(error.code, str(error), None, error.expected, error.hint)]) from None
    migration = plan_migration(platform, apps, wanted)
    if format == "json":
        click.echo(json.dumps(_record(migration), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(migration)))
    if check:
        return CHANGES_FOUND if migration.rewritten else FINE
    files = write_specs(migration, root)
    click.echo(f"{count(len(files), 'file')} written", err=True)
    return FINE


def _lines(migration: Migration) -> Iterator[str]:
    if not migration.rewritten:
        yield "nothing to migrate (a blueprint named without a version follows the environments' `bindings`)"
    for item in migration.rewritten.values():
        for step in item.migrated:
            yield f"{item.document.file}: {step.component} {step.before} -> {step.after}"
    for environment, changes in migration.effect.items():
        changed = [change for change in changes if change.objects]
        yield (
            f"{environment}: {count(len(changed), 'component')} with other objects"
            if changed
            else (f"{environment}: the same objects")
        )
        yield from change_lines(changed)


def _record(migration: Migration) -> dict[str, Any]:
    return {
        "specs": [
            {
                "file": item.document.file,
                "component": step.component,
                "before": str(step.before),
                "after": str(step.after),
            }
            for item in migration.rewritten.values()
            for step in item.migrated
        ],
        "environments": {
            name: [component_record(change) for change in changes] for name, changes in migration.effect.items()
        },
    }
