"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from platform_compiler.root import find_root

F = TypeVar("F", bound=Callable[..., Any])

environment_option = click.option("--env", "-e", "environment", required=True, metavar="ENV", help="The environment.")
yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask.")
apps_argument = click.argument("apps", nargs=-1, metavar="[APP]...")


def format_option(*formats: str) -> Callable[[F], F]:
    """`--format`, the first of `formats` by default."""
    return click.option(
        "--format", "-f", "format", type=click.Choice(formats), default=formats[0], help="How to write it."
    )


def current_root() -> Path:
    """The root of the platform that the command runs in."""
    return find_root(Path.cwd())
