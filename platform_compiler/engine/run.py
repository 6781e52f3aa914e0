"""Drives the engine through Pulumi's Automation API: the same stack and state as the CLI at the root.

The program is inline: it registers what this process has compiled already, so no language host is started. The
workspace stands at the root without project settings of its own, or it would rewrite `Pulumi.yaml`.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import pulumi.automation as auto
from pulumi.automation import errors as auto_errors

from platform_compiler.emit.pulumi import run_program
from platform_compiler.emit.replay import Recording, run_recording
from platform_compiler.emit.stack import StackAddress, StackProgram
from platform_compiler.engine.command import Command
from platform_compiler.engine.download import Progress
from platform_compiler.engine.errors import EngineRunError, EngineStoppedError, command_message
from platform_compiler.engine.events import Step, Tracker
from platform_compiler.engine.home import Home, engine_environment, loopback_variables, prepare_home, state_folder
from platform_compiler.engine.install import Pulumi
from platform_compiler.engine.locks import read_locks
from platform_compiler.engine.recovery import Recovery, recover
from platform_compiler.engine.safeguard import drop_cut_attributes, is_whole, keep_good
from platform_compiler.engine.state import State, stack_file

Operation = Literal["preview", "up", "refresh", "drift", "destroy"]
"""`drift` is a refresh that changes nothing."""
Program = StackProgram | Recording | StackAddress
ATTEMPTS: Final = 5
"""Two runs that start in the same instant may both give way to each other's lock; then both try again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an operation did, or a preview would do: steps in order, and their number by operation."""

    steps: tuple[Step, ...]
    summary: dict[str, int]

    @property
    def changes(self) -> int:
        """How many resources change."""
        return sum(number for operation, number in self.summary.items() if operation != "same")


class Engine:
    """One stack, ready to be previewed, updated, refreshed and destroyed; a bare address has nothing to register.

    `given` are more environment variables for the engine and its plugins; `progress` hears of what must be obtained.
    """

    def __init__(
        self,
        pulumi: Pulumi,
        program: Program,
        given: Mapping[str, str] | None = None,
        progress: Progress = lambda _line: None,
    ) -> None:
        os.environ.update(loopback_variables())  # this process serves the program, and asks the engine
        self.home: Home = prepare_home(pulumi, progress)
        self.program = program
        variables = engine_environment(self.home, pulumi, program.root) | dict(given or {})
        folder = state_folder(program.root, variables)
        self._command = Command(pulumi)
        workspace = auto.LocalWorkspace(
            work_dir=str(program.root), program=self._run, env_vars=variables, pulumi_command=self._command
        )
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            file = stack_file(folder, program.project, program.stack)
            if file and all(lock.owner == "dead" for lock in read_locks(folder, program.project, program.stack)):
                drop_cut_attributes(file.parent)
        self._stack = self._known(workspace, folder) or self._open(workspace)
        self.state = State(self._stack, program.project, self._command, folder)

    async def _run(self) -> None:
        if isinstance(self.program, Recording):
            await run_recording(self.program)
        elif isinstance(self.program, StackProgram):
            await run_program(self.program)

    def _known(self, workspace: auto.LocalWorkspace, folder: Path | None) -> auto.Stack | None:
        """The stack, if its state is in a folder; to select it would start the CLI once more."""
        if stack_file(folder, self.program.project, self.program.stack) is None:
            return None
        stack = auto.Stack.__new__(auto.Stack)
        stack.name, stack.workspace = self.program.stack, workspace
        return stack

    def _open(self, workspace: auto.LocalWorkspace) -> auto.Stack:
        """The stack, created unless only its address is given: to look at a stack makes none."""
        only_look = isinstance(self.program, StackAddress)
        for _attempt in range(ATTEMPTS):
            try:
                return (auto.Stack.select if only_look else auto.Stack.create_or_select)(self.program.stack, workspace)
            except (auto_errors.StackAlreadyExistsError, auto_errors.ConcurrentUpdateError):
                continue  # another run has just made it, or is making it
            except auto_errors.StackNotFoundError:
                hint = f"`platc up --env {self.program.stack}` creates it"
                raise EngineRunError(f"nothing has been run on {self.program.stack} yet", hint=hint) from None
            except auto_errors.CommandError as error:
                raise EngineRunError(command_message(error)) from None
        raise EngineRunError("another run is making this stack", hint="wait for it to end, then try again")

    def set_secret(self, key: str, value: str) -> None:
        """Store an encrypted config value (`<app>:<name>`) in the stack's config file."""
        self._stack.set_config(key, auto.ConfigValue(value, secret=True))

    def run(
        self,
        operation: Operation,
        on_step: Callable[[Step], None],
        targets: Sequence[str] = (),
        *,
        message: str = "",
        on_stop: Callable[[], None] = lambda: None,
        on_progress: Callable[[str, str], None] = lambda _resource, _line: None,
    ) -> Outcome:
        """Run an operation, telling each step as it starts and ends; raises `EngineRunError`.

        `targets` are URNs (wildcards allowed) that it is limited to; a destroy without any leaves what is protected.
        `message` stands in the stack's history. The first SIGINT or SIGTERM calls `on_stop` and lets the steps at hand
        finish, the second kills the engine. `on_progress` is told what a resource waits for.
        """
        if operation in {"preview", "drift"}:
            self.state.require_whole()
        with self._command.stoppable(on_stop):
            for _attempt in range(ATTEMPTS):
                try:
                    return self._attempt(operation, Tracker(on_step, _reads(operation), on_progress), targets, message)
                except auto_errors.ConcurrentUpdateError as error:
                    holders = self.state.locks()
                    if holders or self.state.folder is None:
                        raise self.state.locked(holders, command_message(error)) from None
        raise EngineRunError("other runs of this stack start again and again", hint="wait for them to end")

    def _attempt(self, operation: Operation, tracker: Tracker, targets: Sequence[str], message: str) -> Outcome:
        options: dict[str, Any] = {"on_event": tracker.event, "target": list(targets) or None}
        if self.state.file and operation not in {"preview", "drift"} and not self.state.locks():
            keep_good(self.state.file)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the SDK warns when a killed engine leaves its stream of events
                if operation == "preview":
                    self._stack.preview(**options)
                elif operation == "up":
                    self._stack.up(**options, message=message)
                elif operation == "refresh":
                    self._stack.refresh(**options, message=message)
                elif operation == "drift":
                    self._stack.preview_refresh(**options)
                else:
                    self._stack.destroy(**options, message=message, exclude_protected=not targets)
        except auto_errors.ConcurrentUpdateError:
            raise
        except auto_errors.CommandError as error:
            if self._command.stops:
                self.state.release_lock_of(self._command.pid)
                saved = self.state.file is None or is_whole(self.state.file)
                raise EngineStoppedError(killed=self._command.stops > 1 or not saved) from None
            holders = self.state.locks()
            if any(not holder.host for holder in holders):  # a lock that the engine cannot read either
                raise self.state.locked(holders, command_message(error)) from None
            raise EngineRunError("the engine stopped", tracker.errors or [command_message(error)]) from None
        return Outcome(tuple(tracker.steps), tracker.summary)

    def recover(self, on_step: Callable[[Step], None], message: str) -> bool:
        """Clear the unfinished steps that a killed run left in state; tells whether there were any."""
        found: list[Recovery] = []

        def cured(deployment: dict[str, Any]) -> dict[str, Any] | None:
            recovery = recover(deployment)
            if recovery is None:
                return None
            found.append(recovery)
            return recovery.deployment

        self.state.edit(cured)
        uncertain = [urn for recovery in found for urn in recovery.uncertain]
        if uncertain:
            self.run("refresh", on_step, uncertain, message=message)
        return bool(found)


def _reads(operation: Operation) -> bool:
    """Whether the operation finds out what is there, rather than to change it."""
    return operation in {"refresh", "drift"}
