"""`platc blueprint list|show`: what specs can be written with."""

from __future__ import annotations

import json
from typing import Any

import click
from pydantic_core import to_jsonable_python

from platform_compiler.blueprint.base import Blueprint
from platform_compiler.blueprint.table import Table, UnknownBlueprintError, load_table
from platform_compiler.cli.options import current_root, format_option
from platform_compiler.diagnostics import Diagnostics


@click.group("blueprint")
def blueprint_command() -> None:
    """List and show blueprints."""


def _table() -> Table:
    diagnostics = Diagnostics()
    table = load_table(current_root(), diagnostics)
    diagnostics.raise_errors()
    return table


@blueprint_command.command("list")
@format_option("text", "json")
def list_command(format: str) -> None:  # noqa: A002 - the option's name
    """List every blueprint with what it is for."""
    table = list(_table())
    if format == "json":
        click.echo(json.dumps([_record(cls) for cls in table], indent=2))
        return
    width = max(len(str(cls.blueprint_id)) for cls in table)
    for cls in table:
        click.echo(f"{cls.blueprint_id!s:<{width}}  {_summary(cls)}")


@blueprint_command.command("show")
@click.argument("name")
@format_option("text", "json")
def show_command(name: str, format: str) -> None:  # noqa: A002 - the option's name
    """Show a blueprint's inputs and outputs; NAME is `name@version` or a name."""
    table = _table()
    versions = table.versions(name)
    wanted = f"{name}@{max(versions)}" if versions else name
    try:
        cls = table.find(wanted, {})
    except UnknownBlueprintError as error:
        raise click.ClickException(f"{error}; expected {error.expected}; {error.hint}".rstrip("; ")) from None
    if format == "json":
        click.echo(json.dumps(_record(cls), indent=2))
        return
    click.echo(f"{cls.blueprint_id}: {_summary(cls)}\n\ninputs:")
    for row in _inputs(cls):
        needed = "required" if row["required"] else f"default {json.dumps(row['default'])}"
        click.echo(f"  {row['name']:<16} {row['description']} ({needed})")
    click.echo("\noutputs:")
    public = cls.Outputs.public_names()
    for output in cls.Outputs.model_fields:
        click.echo(f"  {output:<16} {'public' if output in public else 'for components of the same app'}")


def _summary(cls: type[Blueprint]) -> str:
    return (cls.__doc__ or "").strip().partition("\n")[0]


def _inputs(cls: type[Blueprint]) -> list[dict[str, Any]]:
    rows = [
        {
            "name": info.alias or name,
            "description": info.description or "",
            "required": info.is_required(),
            "default": None if info.is_required() else to_jsonable_python(info.get_default(call_default_factory=True)),
        }
        for name, info in cls.model_fields.items()
    ]
    return sorted(rows, key=lambda row: str(row["name"]))


def _record(cls: type[Blueprint]) -> dict[str, Any]:
    return {
        "name": cls.blueprint_id.name,
        "version": cls.blueprint_id.version,
        "summary": _summary(cls),
        "implements": cls.implements,
        "inputs": _inputs(cls),
        "outputs": list(cls.Outputs.model_fields),
        "public": cls.Outputs.public_names(),
    }
