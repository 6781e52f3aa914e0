"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from platform_compiler import ahead
from platform_compiler.cli.errors import report_compile_error
from platform_compiler.diagnostics import CompileError
from platform_compiler.root import find_root

if TYPE_CHECKING:
    from platform_compiler.compiler import Compiled
    from platform_compiler.loading import Platform

F = TypeVar("F", bound=Callable[..., Any])

environment_option = click.option("--env", "-e", "environment", required=True, metavar="ENV", help="The environment.")
yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask.")
apps_argument = click.argument("apps", nargs=-1, metavar="[APP]...")


def format_option(*formats: str) -> Callable[[F], F]:
    """`--format`, the first of `formats` by default; the command's compile errors are told in it too."""
    option = click.option(
        "--format", "-f", "format", type=click.Choice(formats), default=formats[0], help="How to write it."
    )

    def decorate(function: F) -> F:
        @wraps(function)
        def call(*arguments: Any, **options: Any) -> Any:
            try:
                return function(*arguments, **options)
            except CompileError as error:
                return report_compile_error(error, "json" if options.get("as_json") else options["format"])

        return option(cast(F, call))

    return decorate


def current_root() -> Path:
    """The root of the platform that the command runs in."""
    return find_root(Path.cwd())


def current_platform() -> Platform:
    """The platform that the command runs in, with what was read of it ahead."""
    from platform_compiler.loading import load_platform  # noqa: PLC0415 - some commands compile nothing

    root = current_root()
    return load_platform(root, ahead.claim(root))


def current_compile(environment: str, apps: Sequence[str] = ()) -> Compiled:
    """The platform that the command runs in, compiled for one environment; raises `CompileError`."""
    from platform_compiler.compiler import compile_environment  # noqa: PLC0415 - see above

    return compile_environment(current_platform(), environment, apps)
