"""`platc compile`: the Kubernetes YAML."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import click

from platform_compiler.cli.options import apps_argument, current_platform, environment_option, format_option
from platform_compiler.compiler import compile_environment
from platform_compiler.diagnostics import count
from platform_compiler.emit.folder import Folder, ForeignFileError
from platform_compiler.emit.manifests import Texts, is_writable, named
from platform_compiler.loading import Platform


@click.command("compile")
@environment_option
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder; one file for each app and namespace.",
)
@format_option("text", "json")
@apps_argument
def compile_command(apps: tuple[str, ...], environment: str, output: Path | None, format: str) -> None:  # noqa: A002
    """Write the Kubernetes YAML, to stdout or into a folder. Needs no engine, cluster or network."""
    if output is not None and format == "json":
        raise click.UsageError("a folder gets YAML; --format json writes to stdout")
    platform = current_platform()
    if format == "json":
        resources = compile_environment(platform, environment, apps).resources
        click.echo(json.dumps([item.manifest for item in resources if is_writable(item)], indent=2))
        _tell_left_out(named(item) for item in resources if not is_writable(item))
        return
    if output is not None:
        _tell_left_out(_write(platform, environment, apps, output))
        return
    texts = Texts()
    compile_environment(platform, environment, apps, seal=texts)
    for text in texts:
        click.echo(text, nl=False)
    _tell_left_out(texts.left_out)


def _write(platform: Platform, environment: str, apps: tuple[str, ...], path: Path) -> list[str]:
    """Compile into a folder; returns what it could not hold."""
    try:
        with Folder(path) as folder:
            compile_environment(platform, environment, apps, seal=folder)
            written = folder.finish(narrowed=bool(apps))
    except ForeignFileError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{count(written.files, 'file')} in {path}", err=True)
    for name in written.removed:
        click.echo(f"removed {name}: nothing stands behind it any more", err=True)
    return folder.left_out


def _tell_left_out(secrets: Iterable[str]) -> None:
    for secret in secrets:
        click.echo(f"left out: {secret}; a file cannot keep it", err=True)
