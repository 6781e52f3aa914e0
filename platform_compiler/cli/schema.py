"""`platc schema`: the JSON Schema for editors."""

from __future__ import annotations

import json
from pathlib import Path

import click

from platform_compiler.blueprint.table import load_table
from platform_compiler.cli.options import current_root
from platform_compiler.diagnostics import Diagnostics
from platform_compiler.root import environment_names
from platform_compiler.schema import app_schema

DEFAULT = Path(".platform/schema.json")


@click.command("schema")
@click.option("--output", "-o", type=click.Path(path_type=Path), help=f"The file; {DEFAULT} below the root by default.")
@click.option("--stdout", is_flag=True, help="Write to stdout.")
def schema_command(output: Path | None, stdout: bool) -> None:
    """Write the JSON Schema of app specs, with every field of every blueprint, for editors."""
    root = current_root()
    diagnostics = Diagnostics()
    table = load_table(root, diagnostics)
    diagnostics.raise_errors()
    text = json.dumps(app_schema(table, tuple(environment_names(root))), indent=2) + "\n"
    if stdout:
        click.echo(text, nl=False)
        return
    file = output or root / DEFAULT
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    click.echo(f"wrote {file}", err=True)
