"""Runs the engine for a command: obtains it, shows its steps, and tells every failure with its cure."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from platform_compiler.cli.changes import DONE
from platform_compiler.cli.errors import EngineFailedError
from platform_compiler.emit.stack import StackAddress
from platform_compiler.root import project_name
from platform_compiler.spec.environment import read_environment

if TYPE_CHECKING:
    from platform_compiler.engine.errors import EngineRunError
    from platform_compiler.engine.events import Step
    from platform_compiler.engine.run import Engine, Operation, Outcome, Program

STOPPING = "stopping: the engine finishes the steps at hand and saves its state; once more kills it"


CURES = {
    "incorrect passphrase": "PULUMI_CONFIG_PASSPHRASE must be what the stack was made with (the sample's dev: empty)",
    "because it is protected": "write the component with `protect: false`, run `up`, and remove it then",
}
"""What to do about what the engine says."""


def address(root: Path, environment: str) -> StackAddress:
    """The stack of an environment; raises `CompileError` when the environment is missing or wrong."""
    read_environment(root, environment)
    return StackAddress(root, project_name(root), environment)


def as_it_is(message: str) -> str:
    """An engine's message, where nothing is known of the specs that it is about."""
    return message


class Runner:
    """One stack's engine for one command.

    `explain` adds spec lines to what the engine tells; `variables` are more environment variables for its plugins.
    """

    def __init__(
        self,
        program: Program,
        explain: Callable[[str], str] = as_it_is,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.stack = program.stack
        self.project = program.project
        self.root = program.root
        self._explain = explain
        self.engine = self._open(program, variables or {})
        self._finished = 0

    def _open(self, program: Program, variables: Mapping[str, str]) -> Engine:
        from platform_compiler.engine.errors import EngineRunError  # noqa: PLC0415 - loaded by commands only
        from platform_compiler.engine.install import EngineUnavailableError, find_or_install  # noqa: PLC0415
        from platform_compiler.engine.run import Engine  # noqa: PLC0415

        try:
            return Engine(find_or_install(_tell_engine), program, variables, _tell_engine)
        except EngineUnavailableError as error:
            raise EngineFailedError(str(error), error.hint) from None
        except EngineRunError as error:
            raise self.failure("opening the stack", error) from None

    def run(self, operation: Operation, targets: Sequence[str] = (), *, rolled_back_to: int | None = None) -> Outcome:
        """Run an operation. One that changes something shows its steps, and first clears what a killed one left."""
        from platform_compiler.engine.errors import EngineRunError, EngineStoppedError  # noqa: PLC0415 - loaded by commands only
        from platform_compiler.engine.history import run_note  # noqa: PLC0415

        try:
            if operation in {"preview", "drift"}:
                return self.engine.run(operation, _ignore, targets, on_stop=_stopping)
            mended = self.engine.state.mend()
            if mended:
                told = (
                    f"the state could not be read and is kept as {mended.kept.name}; going on from {mended.copy.name}"
                )
                click.echo(told, err=True)
            self.recover(operation)
            note = run_note(self.root, default=self._title(operation, rolled_back_to), rolled_back_to=rolled_back_to)
            return self.engine.run(
                operation, self._tell, targets, message=note.text, on_stop=_stopping, on_progress=_progress
            )
        except EngineStoppedError as error:
            raise EngineFailedError(str(error)) from None
        except EngineRunError as error:
            raise self.failure(operation, error) from None

    def stored(self) -> list[dict[str, Any]]:
        """The resources in the stack's state."""
        from platform_compiler.engine.stored import StateError, read_state  # noqa: PLC0415 - loaded by commands only

        try:
            return read_state(self.root, self.project, self.stack, _tell_engine)
        except StateError as error:
            raise EngineFailedError(str(error), error.hint) from None

    def recover(self, operation: Operation) -> None:
        """Clear what a killed run has left unfinished in state, before `operation`."""
        from platform_compiler.engine.errors import EngineRunError  # noqa: PLC0415 - loaded by commands only
        from platform_compiler.engine.history import run_note  # noqa: PLC0415

        if self.engine.state.surely_finished():
            return
        note = replace(run_note(self.root, default=""), title="Clear the unfinished steps of a killed run")
        try:
            if self.engine.recover(_ignore, note.text):
                click.echo("a run was killed before; the steps that it left unfinished are cleared", err=True)
        except EngineRunError as error:
            raise self.failure(operation, error) from None

    def _title(self, operation: Operation, rolled_back_to: int | None) -> str:
        return f"Roll back to revision {rolled_back_to}" if rolled_back_to else f"{operation} {self.stack}"

    def failure(self, what: str, error: EngineRunError) -> EngineFailedError:
        """The engine's error as the command's."""
        lines = [self._explain(message) for message in error.messages]
        text = "\n".join([f"{what} failed: {error}", *lines])
        return EngineFailedError(text, error.hint or next((cure for sign, cure in CURES.items() if sign in text), ""))

    def _tell(self, step: Step) -> None:
        if step.state == "planned" or not step.is_object or step.operation == "same":
            return
        self._finished += 1
        done = "left the stack, kept" if step.forgets else DONE.get(step.operation, step.operation)
        what = done if step.state == "done" else f"{step.operation} FAILED"
        click.echo(f"  [{self._finished}] {step.id} {step.kind} {what}", err=True)


def confirm(question: str) -> None:
    """Ask on the terminal; anything but yes ends the command."""
    need_terminal()
    if not click.confirm(question):
        raise click.Abort


def confirm_name(environment: str) -> None:
    """Have the environment's name typed, for what cannot be undone."""
    need_terminal()
    if click.prompt(f"Type {environment} to delete these") != environment:
        raise click.ClickException("that is not the environment's name; nothing is deleted")


def need_terminal() -> None:
    """Refuse to ask where nobody can answer, as in CI."""
    if not sys.stdin.isatty():
        raise click.ClickException("this needs a terminal to ask on, or --yes")


def _tell_engine(line: str) -> None:
    click.echo(f"engine: {line}", err=True)


def _stopping() -> None:
    click.echo(STOPPING, err=True)


def _progress(resource: str, line: str) -> None:
    click.echo(f"      {resource}: {line}", err=True)


def _ignore(_step: Step) -> None:
    """A preview has no progress to show."""
