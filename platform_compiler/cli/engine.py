"""`platc engine`: obtain the Pulumi engine, and use it by hand."""

from __future__ import annotations

import os
import shlex

import click

from platform_compiler.cli.errors import EngineFailedError
from platform_compiler.cli.options import current_root
from platform_compiler.engine.home import engine_environment, prepare_home
from platform_compiler.engine.install import EngineUnavailableError, Pulumi, find_or_install

SOURCES = {"path": "on PATH", "cache": "in the cache", "download": "downloaded now", "built": "built now"}


@click.group("engine")
def engine_command() -> None:
    """Obtain the Pulumi engine, and use it by hand."""


def _obtain() -> Pulumi:
    try:
        return find_or_install(lambda line: click.echo(f"engine: {line}", err=True))
    except EngineUnavailableError as error:
        raise EngineFailedError(str(error), error.hint) from None


@engine_command.command("install")
def install_command() -> None:
    """Find the engine on PATH or in the cache, or install it: the official release, else built from source."""
    pulumi = _obtain()
    home = prepare_home(pulumi, lambda line: click.echo(f"engine: {line}", err=True))
    click.echo(f"pulumi {pulumi.version} {SOURCES[pulumi.source]}: {pulumi.path}")
    click.echo(f"Kubernetes provider: {home.provider}; Python language host: {home.language_host}")


@engine_command.command("env")
def env_command() -> None:
    """Print the variables with which plain `pulumi` uses the same engine and state: eval "$(platc engine env)"."""
    pulumi = _obtain()
    variables = engine_environment(prepare_home(pulumi), pulumi, current_root())
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")


@engine_command.command("pulumi", context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def pulumi_command(arguments: tuple[str, ...]) -> None:
    """Run plain `pulumi` with the same engine and state, such as `platc engine pulumi -- stack export -s dev`."""
    pulumi = _obtain()
    variables = engine_environment(prepare_home(pulumi), pulumi, current_root())
    command = [str(pulumi.path), *arguments]
    os.execve(pulumi.path, command, {**os.environ, **variables})  # noqa: S606 - no shell, by design
