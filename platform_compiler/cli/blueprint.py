"""`platc blueprint`: what specs can be written with, and the tools of those who write blueprints."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from platform_compiler.blueprint.base import Blueprint
from platform_compiler.blueprint.table import Table, UnknownBlueprintError, load_table
from platform_compiler.cli.errors import INPUT_WRONG
from platform_compiler.cli.options import current_root, format_option
from platform_compiler.diagnostics import CompileError, Diagnostic, Diagnostics, Severity, count
from platform_compiler.root import root_or_here


@click.group("blueprint")
def blueprint_command() -> None:
    """List, show, write and test blueprints."""


names_argument = click.argument("names", nargs=-1, metavar="[NAME]...")


def _root() -> Path:
    """The platform; or, in a package of blueprints, the folder that the command runs in."""
    return root_or_here(Path.cwd())


def _table(root: Path) -> Table:
    diagnostics = Diagnostics()
    table = load_table(root, diagnostics)
    diagnostics.raise_errors()
    return table


def _select(table: Table, names: Sequence[str]) -> list[type[Blueprint]]:
    """The named blueprints, all of them without names."""
    try:
        return [cls for name in names for cls in table.named(name)] if names else [*table]
    except UnknownBlueprintError as error:
        raise CompileError([error.diagnostic()]) from None


@blueprint_command.command("list")
@format_option("text", "json")
def list_command(format: str) -> None:  # noqa: A002 - the option's name
    """List every blueprint with what it is for."""
    from platform_compiler.authoring.describe import describe, summary_of  # noqa: PLC0415 - other commands do without

    root = _root()
    table = _table(root)
    if format == "json":
        click.echo(json.dumps([describe(cls, table, root).record() for cls in table], indent=2))
        return
    width = max(len(str(cls.blueprint_id)) for cls in table)
    for cls in table:
        click.echo(f"{cls.blueprint_id!s:<{width}}  {summary_of(cls)}")


@blueprint_command.command("show")
@click.argument("name")
@format_option("text", "json")
def show_command(name: str, format: str) -> None:  # noqa: A002 - the option's name
    """Show a blueprint's inputs, outputs, examples and resources; NAME is `name@version` or a name."""
    from platform_compiler.authoring.describe import as_text, describe  # noqa: PLC0415 - other commands do without

    root = _root()
    table = _table(root)
    told = describe(_select(table, [name])[-1], table, root)
    click.echo(json.dumps(told.record(), indent=2) if format == "json" else as_text(told), nl=format == "json")


@blueprint_command.command("docs")
@names_argument
@click.option("--output", "-o", type=click.Path(path_type=Path, file_okay=False), help="A folder; one file a name.")
def docs_command(names: tuple[str, ...], output: Path | None) -> None:
    """Write the Markdown docs of blueprints, to stdout or into a folder."""
    from platform_compiler.authoring.describe import pages  # noqa: PLC0415 - other commands do without

    root = _root()
    table = _table(root)
    made = pages(table, root, [cls.blueprint_id.name for cls in _select(table, names)])
    if output is None:
        click.echo("\n".join(made.values()), nl=False)
        return
    output.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (output / name).write_text(text, encoding="utf-8")
    click.echo(f"{count(len(made), 'page')} in {output}", err=True)


@blueprint_command.command("new")
@click.argument("name")
def new_command(name: str) -> int:
    """Write a new blueprint into `blueprints/`: a class that works, an example, its docs and a test that passes."""
    from platform_compiler.authoring.scaffold import scaffold  # noqa: PLC0415 - other commands do without
    from platform_compiler.spec.names import EXPECTED_NAME, is_name, suggest_name  # noqa: PLC0415 - see above

    root = current_root()
    if not is_name(name):
        suggestion = suggest_name(name)
        hint = f"write {suggestion}" if suggestion else ""
        raise CompileError([Diagnostic("PC205", f"{name!r} cannot name a blueprint", None, EXPECTED_NAME, hint)])
    taken = _table(root).entries.get(name)
    if taken:
        source = next(iter(taken.values())).source
        raise CompileError([Diagnostic("PC304", f"{name!r} is claimed by {source}", None, "a new name")])
    files = scaffold(root, name)
    present = [file for file in files if file.exists()]
    if present:
        raise click.ClickException(f"{present[0].relative_to(root)} is there already")
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (root / "docs" / "blueprints").mkdir(parents=True, exist_ok=True)
    code = _test(root, [name], update=True, new_pages=True, format="text")
    for file in (*files, root / "docs" / "blueprints" / f"{name}.md"):
        click.echo(f"wrote {file.relative_to(root)}", err=True)
    return code


@blueprint_command.command("test")
@names_argument
@click.option("--update", is_flag=True, help="Write what comes out; look at the diff before you commit it.")
@format_option("text", "json", "sarif", "github")
def test_command(names: tuple[str, ...], update: bool, format: str) -> int:  # noqa: A002 - the option's name
    """Run every example of blueprints: against what is written down, Kubernetes' schemas, and the rules."""
    return _test(_root(), names, update=update, format=format)


def _test(root: Path, names: Sequence[str], *, update: bool, format: str, new_pages: bool = False) -> int:  # noqa: A002
    from platform_compiler.authoring.run import run_examples  # noqa: PLC0415 - other commands do without
    from platform_compiler.report import RENDERERS  # noqa: PLC0415 - see above

    table = _table(root)
    outcome = run_examples(root, table, _select(table, names), update=update, new_pages=new_pages)
    if format == "text":
        for trial in outcome.trials:
            click.echo(f"{trial.example}: {trial.state}, {count(trial.objects, 'object')}")
        click.echo("".join(outcome.differences), nl=False)
    click.echo(RENDERERS[format](outcome.faults), nl=False, err=format == "text")
    failed = any(item.severity is Severity.ERROR for item in outcome.faults)
    if format == "text" and not failed:
        click.echo(f"{count(len(outcome.trials), 'example')} fine in Kubernetes {', '.join(outcome.versions)}")
    return INPUT_WRONG if failed else 0
