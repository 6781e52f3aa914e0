"""Exit codes, and how a failed command is told."""

from __future__ import annotations

import os
from typing import Final

import click

from platform_compiler.diagnostics import CompileError

FINE: Final = 0
INPUT_WRONG: Final = 1
CHANGES_FOUND: Final = 2
ENGINE_FAILED: Final = 3
TRACEBACK_VARIABLE: Final = "PLATC_TRACEBACK"


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


def report_compile_error(error: CompileError, wanted: str = "text") -> int:
    """Tell all diagnostics in the format that was `wanted`, if they have it; returns the exit code."""
    from platform_compiler.report import RENDERERS  # noqa: PLC0415 - only for faults

    form = wanted if wanted in RENDERERS else "text"
    click.echo(RENDERERS[form](error.diagnostics), err=form == "text", nl=False)
    return INPUT_WRONG


def report_defect(error: Exception) -> int:
    """Tell an error that should not have been possible, and how to report it; returns the exit code."""
    if os.environ.get(TRACEBACK_VARIABLE):
        import traceback  # noqa: PLC0415 - only for defects

        traceback.print_exception(error)
    else:
        click.echo(f"error: a defect of platc: {type(error).__name__}: {error}", err=True)
        click.echo(f"hint: {TRACEBACK_VARIABLE}=1 shows where; please report it with that", err=True)
    return ENGINE_FAILED
