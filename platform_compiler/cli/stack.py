"""`platc preview|up|refresh|destroy`: the Pulumi engine, told in terms of apps, components and spec lines.

The engine is imported when a command runs, not when this module is: `platc --help` stays quick.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from platform_compiler.cli.changes import render_changes, render_error, summary_text
from platform_compiler.cli.errors import EngineFailedError
from platform_compiler.cli.options import apps_argument, current_root, environment_option, format_option
from platform_compiler.compiler import Compiled, compile_stack
from platform_compiler.emit.stack import target_names
from platform_compiler.root import project_name

if TYPE_CHECKING:
    from platform_compiler.engine.events import Step
    from platform_compiler.engine.run import Engine, Operation, Outcome

DONE = {"create": "created", "update": "updated", "delete": "deleted", "replace": "replaced", "read": "read"}
yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask.")


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
@apps_argument
def up_command(apps: tuple[str, ...], environment: str, yes: bool) -> None:
    """Bring the target to what compiles now; shows a preview and asks first."""
    session = Session(environment, apps)
    if not yes:
        outcome = session.run("preview")
        session.show(outcome)
        if outcome.changes == 0:
            return
        _confirm("Apply these changes?")
    session.show_summary(session.run("up", progress=True))


@click.command("refresh")
@environment_option
@yes_option
@apps_argument
def refresh_command(apps: tuple[str, ...], environment: str, yes: bool) -> None:
    """Bring the state to what is really there; changes nothing in the target."""
    session = Session(environment, apps)
    if not yes:
        _confirm(f"Bring the state of {environment} to what is really there?")
    outcome = session.run("refresh", progress=True)
    session.show(outcome)


@click.command("destroy")
@environment_option
@yes_option
@apps_argument
def destroy_command(apps: tuple[str, ...], environment: str, yes: bool) -> None:
    """Delete what the stack holds; lists it and asks for the environment's name first."""
    session = Session(environment, apps)
    if not yes:
        for resource in session.compiled.resources:
            click.echo(f"  {resource.kind} {resource.namespace}/{resource.name}")
        _need_terminal()
        if click.prompt(f"Type {environment} to delete these") != environment:
            raise click.ClickException("that is not the environment's name; nothing is deleted")
    session.show_summary(session.run("destroy", progress=True))


def _confirm(question: str) -> None:
    _need_terminal()
    if not click.confirm(question):
        raise click.Abort


def _need_terminal() -> None:
    if not sys.stdin.isatty():
        raise click.ClickException("this needs a terminal to ask on, or --yes")


class Session:
    """One environment's stack and the engine for it, obtained when it is not here yet."""

    def __init__(self, environment: str, apps: tuple[str, ...]) -> None:
        self.compiled: Compiled = compile_stack(current_root(), environment, apps)
        self.apps = apps
        self.engine = self._open()
        self.finished = 0

    def _open(self) -> Engine:
        from platform_compiler.emit.stack import stack_program  # noqa: PLC0415 - see the module's docstring
        from platform_compiler.engine.install import EngineUnavailableError, find_or_install  # noqa: PLC0415
        from platform_compiler.engine.run import Engine, EngineRunError  # noqa: PLC0415

        root = self.compiled.platform.root
        try:
            pulumi = find_or_install(lambda line: click.echo(f"engine: {line}", err=True))
            program = stack_program(self.compiled, project=project_name(root))
            for secret in program.left_out:
                name = f"{secret.namespace}/{secret.name}"
                click.echo(f"left out: Secret {name} ({secret.origin}); a file cannot keep it", err=True)
            return Engine(pulumi, program)
        except (EngineUnavailableError, EngineRunError) as error:
            raise EngineFailedError(str(error), getattr(error, "hint", "")) from None

    def run(self, operation: Operation, *, progress: bool = False) -> Outcome:
        """Run an operation; what goes wrong is told with the spec lines it belongs to."""
        from platform_compiler.engine.run import EngineRunError  # noqa: PLC0415 - see the module's docstring

        try:
            return self.engine.run(operation, self._tell if progress else _ignore, self._targets())
        except EngineRunError as error:
            lines = [render_error(message, self.compiled) for message in error.messages]
            raise EngineFailedError("\n".join([f"{operation} failed: {error}", *lines])) from None

    def _targets(self) -> list[str]:
        """URN patterns of the named apps, and of the namespaces that they stand on; none for all."""
        return [f"**::{name}" for name in target_names(self.compiled, self.apps)]

    def _tell(self, step: Step) -> None:
        if step.state == "planned" or not step.is_object or step.operation == "same":
            return
        self.finished += 1
        what = DONE.get(step.operation, step.operation) if step.state == "done" else f"{step.operation} FAILED"
        click.echo(f"  [{self.finished}] {step.id} {step.kind} {what}", err=True)

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


def _ignore(_step: Step) -> None:
    """A preview has no progress to show."""
