"""Exit codes, and how a failed command is told."""

from __future__ import annotations

from typing import Final

import click

from platform_compiler.diagnostics import CompileError
from platform_compiler.report import RENDERERS

FINE: Final = 0
INPUT_WRONG: Final = 1
CHANGES_FOUND: Final = 2
ENGINE_FAILED: Final = 3


class EngineFailedError(Exception):
    """The engine or the cluster failed; `hint` says what to do next."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def show(self) -> int:
        """Tell it on stderr; returns the exit code."""
        click.echo(f"error: {self}", err=True)
        if self.hint:
            click.echo(f"hint: {self.hint}", err=True)
        return ENGINE_FAILED


def report_compile_error(error: CompileError) -> int:
    """Tell all diagnostics in the format that the running command was asked for; returns the exit code."""
    context = click.get_current_context(silent=True)
    wanted = str(context.params.get("format")) if context else ""
    form = wanted if wanted in RENDERERS else "text"
    click.echo(RENDERERS[form](error.diagnostics), err=form == "text", nl=False)
    return INPUT_WRONG
