"""How a run of the engine fails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class EngineRunError(Exception):
    """The engine failed; `messages` are the diagnostics that it told, with secrets filtered by it."""

    def __init__(self, summary: str, messages: Sequence[str] = (), hint: str = "") -> None:
        super().__init__(summary)
        self.messages = tuple(messages)
        self.hint = hint


class EngineStoppedError(EngineRunError):
    """A signal ended the run; `killed` tells whether the steps at hand were finished."""

    def __init__(self, *, killed: bool) -> None:
        super().__init__("killed; steps may be unfinished" if killed else "stopped; the steps at hand are finished")
        self.killed = killed


def command_message(error: Any) -> str:
    """The last lines of what the CLI wrote to stderr, from an error of the SDK."""
    text = str(error)
    part = text.partition("stderr:")[2] or text
    lines = [line for line in part.strip().splitlines() if line.strip()]
    return "\n".join(lines[-12:])
