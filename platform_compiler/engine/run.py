"""Drives the engine through Pulumi's Automation API: the same stack and state as the CLI at the root.

The program is inline: it registers what this process has compiled already, so no language host is started. The
workspace stands at the root without project settings of its own, or it would rewrite `Pulumi.yaml`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pulumi.automation as auto
from pulumi.automation import errors as auto_errors
from semver import VersionInfo

from platform_compiler.emit.pulumi import run_program
from platform_compiler.emit.stack import StackProgram
from platform_compiler.engine.events import Step, Tracker
from platform_compiler.engine.home import STATE_FOLDER, Home, engine_environment, prepare_home
from platform_compiler.engine.install import Pulumi

Operation = Literal["preview", "up", "refresh", "destroy"]


class EngineRunError(Exception):
    """The engine failed; `messages` are the diagnostics that it told, with secrets filtered by it."""

    def __init__(self, summary: str, messages: Sequence[str] = ()) -> None:
        super().__init__(summary)
        self.messages = tuple(messages)


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
    """One stack, ready to be previewed, updated, refreshed and destroyed."""

    def __init__(self, pulumi: Pulumi, program: StackProgram) -> None:
        self.home: Home = prepare_home(pulumi)
        self.program = program
        variables = engine_environment(self.home, pulumi, program.root)
        workspace = auto.LocalWorkspace(
            work_dir=str(program.root),
            program=self._run,
            env_vars=variables,
            pulumi_command=_handle(pulumi),
        )
        self._prepare_backend(variables)
        self._stack = self._known(workspace, variables) or self._open(workspace)

    async def _run(self) -> None:
        await run_program(self.program)

    def _known(self, workspace: auto.LocalWorkspace, variables: dict[str, str]) -> auto.Stack | None:
        """The stack, if its state is in the default folder; to select it would start the CLI once more."""
        if "PULUMI_BACKEND_URL" not in variables:
            return None
        folder = self.program.root / STATE_FOLDER / ".pulumi" / "stacks" / self.program.project
        if not (folder / f"{self.program.stack}.json").is_file():
            return None
        stack = auto.Stack.__new__(auto.Stack)
        stack.name, stack.workspace = self.program.stack, workspace
        return stack

    def _open(self, workspace: auto.LocalWorkspace) -> auto.Stack:
        try:
            return auto.Stack.create_or_select(self.program.stack, workspace)
        except auto_errors.CommandError as error:
            raise EngineRunError(_command_message(error)) from None

    def _prepare_backend(self, variables: dict[str, str]) -> None:
        url = variables.get("PULUMI_BACKEND_URL", "")
        if url.startswith("file://") and url.endswith("?create_dir=true"):
            Path(url.removeprefix("file://").removesuffix("?create_dir=true")).mkdir(parents=True, exist_ok=True)

    def set_secret(self, key: str, value: str) -> None:
        """Store an encrypted config value (`<app>:<name>`) in the stack's config file."""
        self._stack.set_config(key, auto.ConfigValue(value, secret=True))

    def run(self, operation: Operation, on_step: Callable[[Step], None], targets: Sequence[str] = ()) -> Outcome:
        """Run an operation, telling each step as it starts and ends; raises `EngineRunError`.

        `targets` are URNs (wildcards allowed) that it is limited to.
        """
        tracker = Tracker(on_step)
        options: dict[str, Any] = {"on_event": tracker.event, "target": list(targets) or None}
        try:
            if operation == "preview":
                self._stack.preview(**options)
            elif operation == "up":
                self._stack.up(**options)
            elif operation == "refresh":
                self._stack.refresh(**options)
            else:
                self._stack.destroy(**options)
        except auto_errors.ConcurrentUpdateError:
            message = "another update of this stack is running, or was killed; `pulumi cancel` removes a stale lock"
            raise EngineRunError(message) from None
        except auto_errors.CommandError as error:
            raise EngineRunError("the engine stopped", tracker.errors or [_command_message(error)]) from None
        return Outcome(tuple(tracker.steps), tracker.summary)


def _handle(pulumi: Pulumi) -> auto.PulumiCommand:
    """The SDK's handle on the CLI, without its constructor, which starts the CLI once more to ask for its version."""
    command = auto.PulumiCommand.__new__(auto.PulumiCommand)
    command.command = str(pulumi.path)
    command.version = VersionInfo.parse(pulumi.version)
    return command


def _command_message(error: auto_errors.CommandError) -> str:
    """The last lines of what the CLI wrote to stderr."""
    text = str(error)
    part = text.partition("stderr:")[2] or text
    lines = [line for line in part.strip().splitlines() if line.strip()]
    return "\n".join(lines[-12:])
