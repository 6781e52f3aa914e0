"""`platc unlock`: remove the lock that a killed run has left."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from platform_compiler.cli.errors import EngineFailedError
from platform_compiler.cli.options import current_root, environment_option
from platform_compiler.cli.runner import Runner, address


@click.command("unlock")
@environment_option
@click.option("--force", is_flag=True, help="Remove the lock of a run that may still be going on.")
def unlock_command(environment: str, force: bool) -> None:
    """Remove the lock of a run that was killed; says whose it was, and since when.

    The lock of a live process, or of one on another host, is only taken by --force.
    """
    from platform_compiler.engine.errors import EngineRunError  # noqa: PLC0415 - the engine is loaded by commands only

    runner = Runner(address(current_root(), environment))
    state = runner.engine.state
    locks = state.locks()
    if state.folder is not None and not locks:
        click.echo(f"{environment} is not locked")
        return
    now = datetime.now(UTC)
    for lock in locks:
        click.echo(f"{environment} is locked by {lock.describe(now)}")
    if not force and (not locks or any(lock.owner != "dead" for lock in locks)):
        seen = "this lock's owner may be at work" if locks else "the owner of a lock in this backend cannot be seen"
        raise EngineFailedError(f"nothing is unlocked: {seen}", "end that run, or add --force when you are sure")
    try:
        state.unlock(locks)
    except EngineRunError as error:
        raise runner.failure("unlock", error) from None
    click.echo(f"{environment} is unlocked")
