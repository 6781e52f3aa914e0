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
    """A signal ended the run: after the steps at hand, or, the second time, in the middle of them."""

    def __init__(self, *, killed: bool) -> None:
        finished = "stopped: the steps at hand are finished and state is clean; run the command again to go on"
        super().__init__("killed: steps may be unfinished; run the command again to clear them" if killed else finished)


def command_message(error: Any) -> str:
    """The last lines of what the CLI wrote to stderr, from an error of the SDK."""
    text = str(error)
    part = text.partition("stderr:")[2] or text
    lines = [line for line in part.strip().splitlines() if line.strip()]
    return "\n".join(lines[-12:])
