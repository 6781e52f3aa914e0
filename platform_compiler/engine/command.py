"""Runs the CLI for the Automation API in a process group of its own, so that a signal reaches it once, through us.

In one group with this process, Ctrl-C would come to the CLI from the terminal while the program that it asks for
resources is ended too: the CLI would die with its lock held and steps unfinished. Here the first signal becomes one
SIGINT, on which the engine finishes the steps at hand and saves its state; the second kills it.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

import pulumi.automation as auto
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from platform_compiler.engine.install import Pulumi

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Command(auto.PulumiCommand):  # type: ignore[misc]
    """The SDK's handle on the CLI. `stops` counts how often its end has been asked for, `pid` is the last process."""

    def __init__(self, pulumi: Pulumi) -> None:
        """Without the SDK's constructor, which starts the CLI once more to ask for its version."""
        self.command = str(pulumi.path)
        self.version = VersionInfo.parse(pulumi.version)
        self.stops = 0
        self.pid = 0
        self._process: subprocess.Popen[str] | None = None

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: dict[str, str],
        on_output: Callable[[str], Any] | None = None,  # noqa: ARG002 - the SDK's signature; steps come as events
        on_error: Callable[[str], Any] | None = None,  # noqa: ARG002
    ) -> Any:
        """Run the CLI to its end; raises the SDK's `CommandError` when it fails."""
        with subprocess.Popen(
            [self.command, "--non-interactive", *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env={**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"},
            encoding="utf-8",
            process_group=0,
        ) as process:
            self._process, self.pid = process, process.pid
            if self.stops:
                self._signal(process)
            stdout, stderr = process.communicate()
        self._process = None
        result = auto.CommandResult(stdout=stdout.rstrip(), stderr=stderr.rstrip(), code=process.returncode)
        if process.returncode != 0:
            raise create_command_error(result)
        return result

    @contextmanager
    def stoppable(self, on_stop: Callable[[], None]) -> Iterator[None]:
        """Take signals while an operation runs, in the main thread; `on_stop` is told of the first one."""

        def handle(_number: int, _frame: FrameType | None) -> None:
            self.stops += 1
            if self.stops == 1:
                on_stop()
            if self._process is not None:
                self._signal(self._process)

        former = {number: signal.signal(number, handle) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)

    def _signal(self, process: subprocess.Popen[str]) -> None:
        process.send_signal(signal.SIGINT if self.stops == 1 else signal.SIGKILL)
