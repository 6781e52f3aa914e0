"""`platc compile`: the Kubernetes YAML."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import click

from platform_compiler.cli.options import apps_argument, current_root, environment_option, format_option
from platform_compiler.compiler import compile_stack
from platform_compiler.diagnostics import count
from platform_compiler.emit.manifests import ForeignFileError, is_writable, left_out, stream, write_folder
from platform_compiler.graph.resource import Resource


@click.command("compile")
@environment_option
@click.option("--output", "-o", type=click.Path(path_type=Path, file_okay=False), help="A folder; one file an app.")
@format_option("text", "json")
@apps_argument
def compile_command(apps: tuple[str, ...], environment: str, output: Path | None, format: str) -> None:  # noqa: A002
    """Write the Kubernetes YAML, to stdout or into a folder. Needs no engine, cluster or network."""
    compiled = compile_stack(current_root(), environment, apps)
    if output is not None:
        try:
            written = write_folder(compiled.graph, output, narrowed=bool(apps))
        except ForeignFileError as error:
            raise click.ClickException(str(error)) from None
        click.echo(f"{count(written.files, 'file')} in {output}", err=True)
        for name in written.removed:
            click.echo(f"removed {name}: nothing stands behind it any more", err=True)
    elif format == "json":
        click.echo(json.dumps([item.manifest for item in compiled.resources if is_writable(item)], indent=2))
    else:
        for documents in batched(stream(compiled.graph), 1000):
            click.echo("".join(documents), nl=False)
    _tell_left_out(left_out(compiled.graph))


def batched(documents: Iterable[str], size: int) -> Iterator[list[str]]:
    """Lists of at most `size`, so that writing neither calls too often nor holds everything."""
    iterator = iter(documents)
    while batch := list(islice(iterator, size)):
        yield batch


def _tell_left_out(secrets: Iterable[Resource]) -> None:
    for secret in secrets:
        click.echo(
            f"left out: Secret {secret.namespace}/{secret.name} ({secret.origin}); a file cannot keep it", err=True
        )
