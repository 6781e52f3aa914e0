"""`platc graph`: the component graph."""

from __future__ import annotations

import click

from platform_compiler.cli.options import apps_argument, current_compile, environment_option, format_option
from platform_compiler.emit.drawing import DRAWINGS


@click.command("graph")
@environment_option
@format_option(*DRAWINGS)
@apps_argument
def graph_command(apps: tuple[str, ...], environment: str, format: str) -> None:  # noqa: A002 - the option's name
    """Draw components, their references and their order."""
    click.echo(DRAWINGS[format](current_compile(environment, apps).graph), nl=False)
