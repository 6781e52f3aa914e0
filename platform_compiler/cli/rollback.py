"""`platc rollback`: register what a former revision registered, as a new revision.

Specs and blueprints are not compiled: what counts is what stood in state then. So a rollback also works while the specs
are broken; the next `up` brings the stack to the specs again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from platform_compiler.cli.changes import render_changes, summary_text
from platform_compiler.cli.options import current_root, environment_option, yes_option
from platform_compiler.cli.runner import Runner, address, confirm
from platform_compiler.emit.recorded import Recorded, live_resources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from platform_compiler.emit.replay import Recording
    from platform_compiler.engine.history import Revision


@click.command("rollback")
@environment_option
@click.option(
    "--to", "number", type=int, required=True, metavar="N", help="The revision, as `platc history` numbers it."
)
@yes_option
def rollback_command(environment: str, number: int, yes: bool) -> None:
    """Bring a stack back to what a former revision was; shows a preview and asks first.

    It registers what the revision had registered. Jobs are not run again.
    """
    past = Runner(address(current_root(), environment))
    program = _recording(past, number)
    for job in program.not_rerun:
        click.echo(f"not run again: Job {job.object_id} ({job.owner})", err=True)
    runner = Runner(program)
    if not yes:
        outcome = runner.run("preview")
        click.echo(render_changes(outcome.steps, None), nl=False)
        click.echo(summary_text(outcome.summary))
        if outcome.changes == 0:
            return
        confirm(f"Roll {environment} back to revision {number}?")
    click.echo(summary_text(runner.run("up", rolled_back_to=number).summary))


def _recording(runner: Runner, number: int) -> Recording:
    from platform_compiler.emit.replay import recording  # noqa: PLC0415 - the engine is loaded by commands only
    from platform_compiler.engine.errors import EngineRunError  # noqa: PLC0415

    program, state = runner.engine.program, runner.engine.state
    try:
        _check(state.history(), number)
        then = live_resources(state.deployment_of(number, reveal=True))
        now = state.resources(reveal=True)
    except EngineRunError as error:
        raise runner.failure("rollback", error) from None
    check_target(then, now, number)
    return recording(program.root, program.project, program.stack, then=then, now=now)


def _check(revisions: Sequence[Revision], number: int) -> None:
    """Refuse what is no state to go back to."""
    by_number = {revision.number: revision for revision in revisions}
    fine = [str(revision.number) for revision in revisions if revision.result == "succeeded"]
    known = f"revisions that succeeded: {', '.join(fine) or 'none'}"
    if number not in by_number:
        raise click.ClickException(f"there is no revision {number}; {known}")
    if by_number[number].result != "succeeded":
        raise click.ClickException(f"revision {number} {by_number[number].result}; {known}")


def check_target(then: Sequence[Recorded], now: Sequence[Recorded], number: int) -> None:
    """A stack's target kind is fixed: what was rendered into a folder says nothing of a cluster."""
    before, after = _target(then), _target(now)
    if before and after and before != after:
        raise click.ClickException(f"revision {number} was for a {before}, this stack is for a {after}")


def _target(resources: Sequence[Recorded]) -> str:
    for resource in resources:
        if resource.is_provider:
            return "folder" if "renderYamlToDirectory" in resource.inputs else "cluster"
    return ""
