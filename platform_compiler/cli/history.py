"""`platc history`: who ran what on a stack, when, from which commit, and what it changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from platform_compiler.cli.options import current_root, environment_option, format_option
from platform_compiler.cli.runner import Runner, address

if TYPE_CHECKING:
    from platform_compiler.engine.history import Revision
    from platform_compiler.engine.state import State

COMMIT_LENGTH = 10
COMPONENTS_SHOWN = 4
UNKNOWN = ": components unknown"


@click.command("history")
@environment_option
@format_option("text", "json")
@click.option("-n", "--number", type=click.IntRange(min=1), default=10, show_default=True, help="How many, at most.")
def history_command(environment: str, format: str, number: int) -> None:  # noqa: A002 - the option's name
    """Tell who ran what on a stack, when, from which commit, and what it changed; the newest first."""
    from platform_compiler.engine.errors import EngineRunError  # noqa: PLC0415 - the engine is loaded by commands only

    runner = Runner(address(current_root(), environment))
    state = runner.engine.state
    try:
        newest = state.history()[-number:][::-1]
        entries = [(revision, _components(state, revision)) for revision in newest]
    except EngineRunError as error:
        raise runner.failure("history", error) from None
    if format == "json":
        records = [{**revision.record(), "components": components} for revision, components in entries]
        click.echo(json.dumps(records, indent=2))
        return
    if not entries:
        click.echo(f"nothing has been run on {environment} yet")
    for revision, components in entries:
        click.echo(_text(revision, components, UNKNOWN if state.folder else ""))


def _components(state: State, revision: Revision) -> list[str] | None:
    """What a run changed, by component; None where a state of before or after it is damaged or out of reach."""
    from platform_compiler.engine.errors import EngineRunError  # noqa: PLC0415 - the engine is loaded by commands only
    from platform_compiler.engine.history import changed_components  # noqa: PLC0415

    if state.folder is None:
        return None
    try:
        before: dict[str, Any] = state.deployment_of(revision.number - 1) if revision.number > 1 else {}
        return changed_components(before, state.deployment_of(revision.number))
    except EngineRunError:
        return None


def _text(revision: Revision, components: list[str] | None, unknown: str) -> str:
    when = revision.started.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    goal = f" to {revision.note.rolled_back_to}" if revision.note.rolled_back_to else ""
    commit = revision.commit[:COMMIT_LENGTH] + (" + uncommitted changes" if revision.dirty else "")
    numbers = ", ".join(f"{count} {name}" for name, count in sorted(revision.changes.items())) or "no changes"
    lines = [
        f"{revision.number}  {when}  {revision.kind}{goal}  {revision.result}  {revision.note.by or 'unknown'}",
        f"    {' '.join(filter(None, (commit, revision.note.title)))}".rstrip(),
        f"    {numbers}{unknown if components is None else _named(components)}",
    ]
    return "\n".join(line for line in lines if line.strip())


def _named(components: list[str]) -> str:
    more = len(components) - COMPONENTS_SHOWN
    names = [*components[:COMPONENTS_SHOWN], *([f"{more} more"] if more > 0 else [])]
    return f": {', '.join(names)}" if names else ""
