"""`platc migrate`: specs from one version of a blueprint to the next."""

from __future__ import annotations

import click

from platform_compiler.cli.errors import CHANGES_FOUND, FINE
from platform_compiler.cli.options import apps_argument, current_root
from platform_compiler.compiler import load_platform
from platform_compiler.diagnostics import CompileError, Diagnostic, count
from platform_compiler.report import as_text


@click.command("migrate")
@click.option("--to", "target", metavar="NAME@N", help="Only this blueprint, to this version; else all to the newest.")
@click.option("--check", is_flag=True, help="Write nothing; exit with 2 when specs would change.")
@apps_argument
def migrate_command(apps: tuple[str, ...], target: str | None, check: bool) -> int:
    """Rewrite specs to later versions of their blueprints, keeping comments and layout.

    Compiles every environment before and after, and refuses when a stateful object would be replaced or deleted.
    """
    from platform_compiler.blueprint.table import UnknownBlueprintError  # noqa: PLC0415 - see cli/main.py
    from platform_compiler.fleet.migrate import plan_migration, write_specs  # noqa: PLC0415
    from platform_compiler.fleet.rewriting import find_target  # noqa: PLC0415

    root = current_root()
    platform = load_platform(root)
    click.echo(as_text(platform.faults), nl=False, err=True)
    try:
        wanted = find_target(platform.table, target) if target else None
    except UnknownBlueprintError as error:
        raise CompileError([Diagnostic(error.code, str(error), None, error.expected, error.hint)]) from None
    migration = plan_migration(platform, apps, wanted)
    if not migration.rewritten:
        click.echo("nothing to migrate (a blueprint named without a version follows the environments' `bindings`)")
        return FINE
    for item in migration.rewritten.values():
        for step in item.migrated:
            click.echo(f"{item.document.file}: {step.component} {step.before} -> {step.after}")
    for environment, changes in migration.effect.items():
        objects = [change.operation for component in changes for change in component.objects]
        parts = [
            f"{objects.count(word)} {word}" for word in ("create", "update", "replace", "delete") if word in objects
        ]
        click.echo(f"  {environment}: {', '.join(parts) or 'the same objects'}")
    if check:
        return CHANGES_FOUND
    files = write_specs(migration, root)
    click.echo(f"{count(len(files), 'file')} written", err=True)
    return FINE
