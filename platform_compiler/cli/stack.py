"""`platc preview|up|refresh`: the Pulumi engine, told in terms of apps, components and spec lines.

The engine is imported when a command runs, not when this module is: `platc --help` stays quick.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from platform_compiler.cli.changes import render_changes, render_error, summary_text
from platform_compiler.cli.options import apps_argument, current_compile, environment_option, format_option, yes_option
from platform_compiler.cli.runner import Runner, confirm
from platform_compiler.compiler import Compiled
from platform_compiler.diagnostics import did_you_mean
from platform_compiler.emit.stack import target_names
from platform_compiler.root import project_name

if TYPE_CHECKING:
    from platform_compiler.engine.run import Operation, Outcome


@click.command("preview")
@environment_option
@format_option("text", "json")
@apps_argument
def preview_command(apps: tuple[str, ...], environment: str, format: str) -> None:  # noqa: A002 - the option's name
    """Show what `up` would do, with the spec line of every change. Changes nothing."""
    session = Session(environment, apps)
    outcome = session.run("preview")
    if format == "json":
        click.echo(json.dumps(session.record(outcome), indent=2))
    else:
        session.show(outcome)


@click.command("up")
@environment_option
@yes_option
@click.option("--adopt", multiple=True, metavar="APP[/COMPONENT]", help="Take over objects that stand there already.")
@click.option("--force-conflicts", is_flag=True, help="Take fields from other field managers.")
@apps_argument
def up_command(
    apps: tuple[str, ...], environment: str, yes: bool, adopt: tuple[str, ...], force_conflicts: bool
) -> None:
    """Bring the target to what compiles now; shows a preview and asks first, or what was done with --yes."""
    session = Session(environment, apps, provider_variables(adopt, force=force_conflicts))
    session.check_names(adopt)
    if yes:
        session.show(session.run("up"))
        return
    outcome = session.run("preview")
    session.show(outcome)
    if outcome.changes:
        confirm("Apply these changes?")
        session.show_summary(session.run("up"))


@click.command("refresh")
@environment_option
@yes_option
@apps_argument
def refresh_command(apps: tuple[str, ...], environment: str, yes: bool) -> None:
    """Bring the state to what is really there; changes nothing in the target."""
    session = Session(environment, apps)
    if not yes:
        confirm(f"Bring the state of {environment} to what is really there?")
    outcome = session.run("refresh")
    session.show(outcome)


def provider_variables(adopt: Sequence[str], *, force: bool) -> dict[str, str]:
    """What the embedded provider is told beside its inputs, which state would remember."""
    from platform_compiler.provider.adoption import ADOPT_VARIABLE, FORCE_VARIABLE  # noqa: PLC0415 - as the engine

    return {ADOPT_VARIABLE: ",".join(adopt), FORCE_VARIABLE: "1" if force else ""}


class Session:
    """One environment, compiled, and the engine of its stack; the provider runs with `variables`."""

    def __init__(self, environment: str, apps: tuple[str, ...], variables: Mapping[str, str] | None = None) -> None:
        from platform_compiler.emit.stack import stack_program  # noqa: PLC0415 - see the module's docstring

        self.compiled: Compiled = current_compile(environment, apps)
        self.apps = apps
        program = stack_program(self.compiled, project=project_name(self.compiled.platform.root))
        for secret in program.left_out:
            name = f"{secret.namespace}/{secret.name}"
            click.echo(f"left out: Secret {name} ({secret.origin}); a file cannot keep it", err=True)
        self._runner = Runner(program, lambda message: render_error(message, self.compiled), variables)

    def check_names(self, owners: Sequence[str]) -> None:
        """Each must name an app, a component or an object, by its id; raises `UsageError` with the nearest name."""
        known = {
            part
            for resource in self.compiled.resources
            for part in (resource.id, resource.id.rpartition("/")[0], resource.id.partition("/")[0])
        }
        for name in owners:
            if name not in known:
                hint = did_you_mean(name, known)
                raise click.UsageError(f"there is no app, component or object {name!r} to adopt for. {hint}".strip())

    def run(self, operation: Operation) -> Outcome:
        """Run an operation on the named apps, or on all."""
        return self._runner.run(operation, self._targets())

    def _targets(self) -> list[str]:
        """URN patterns of the named apps, and of what they stand on that is not there yet; none for all."""
        if not self.apps:
            return []
        from platform_compiler.engine.stored import known_names  # noqa: PLC0415 - see the module's docstring

        known = known_names(self._runner.stored())
        return [f"**::{name}" for name in target_names(self.compiled, self.apps, known)]

    def show(self, outcome: Outcome) -> None:
        """The changes by app and component, and the summary."""
        click.echo(render_changes(outcome.steps, self.compiled), nl=False)
        self.show_summary(outcome)

    def show_summary(self, outcome: Outcome) -> None:
        """One line of numbers."""
        click.echo(summary_text(outcome.summary))

    def record(self, outcome: Outcome) -> dict[str, object]:
        """The outcome as JSON data."""
        from platform_compiler.cli.changes import change_records  # noqa: PLC0415

        return {"summary": outcome.summary, "changes": change_records(outcome.steps, self.compiled)}
