"""`platc explain`: where every value comes from."""

from __future__ import annotations

import json

import click

from platform_compiler.cli.options import current_compile, environment_option, format_option
from platform_compiler.explain import Explanation, explain


@click.command("explain")
@click.argument("target", metavar="APP[.COMPONENT[.FIELD]]")
@environment_option
@format_option("text", "json")
def explain_command(target: str, environment: str, format: str) -> None:  # noqa: A002 - the option's name
    """Tell where every value comes from: the layer that won, its file and line, or a blueprint's default."""
    app = target.partition(".")[0]
    entries = explain(current_compile(environment, [app]), target)
    if format == "json":
        click.echo(json.dumps([_record(entry) for entry in entries], indent=2))
        return
    width = max(len(_assignment(entry)) for entry in entries)
    for entry in entries:
        place = f"  {entry.location}" if entry.location else ""
        written = f"  from {entry.written}" if entry.written else ""
        click.echo(f"{_assignment(entry):<{min(width, 70)}}  {entry.layer}{place}{written}")


def _assignment(entry: Explanation) -> str:
    return f"{entry.path} = {json.dumps(entry.value)}"


def _record(entry: Explanation) -> dict[str, object]:
    place = entry.location
    return {
        "path": entry.path,
        "value": entry.value,
        "layer": entry.layer,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "written": entry.written or None,
    }
