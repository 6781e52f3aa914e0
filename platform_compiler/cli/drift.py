"""`platc drift`: what somebody has changed behind the stack's back."""

from __future__ import annotations

import json

import click

from platform_compiler.cli.errors import CHANGES_FOUND, FINE
from platform_compiler.cli.options import apps_argument, environment_option, format_option
from platform_compiler.cli.stack import Session


@click.command("drift")
@environment_option
@format_option("text", "json")
@apps_argument
def drift_command(apps: tuple[str, ...], environment: str, format: str) -> int:  # noqa: A002 - the option's name
    """Compare what is really there with the state, field by field. Changes nothing.

    Exits with 0 when they are the same, 2 when they differ. `platc up` sets what it would change anyway; to have all
    set back, `platc refresh` first.
    """
    session = Session(environment, apps)
    outcome = session.run("drift")
    if format == "json":
        click.echo(json.dumps(session.record(outcome), indent=2))
    elif outcome.changes:
        session.show(outcome)
    else:
        click.echo(f"no drift: {environment} is as the state says")
    return CHANGES_FOUND if outcome.changes else FINE
