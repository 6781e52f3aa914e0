"""What is told to the user: a diagnostic has a code, a severity, a summary, a place, what was expected and a hint.

Every fault that a user can cause is one `Diagnostic`. Its code is stable and listed in `CODES` with cause and cure
(`docs/errors.md` is generated from that table). Stages collect diagnostics in a `Diagnostics` and raise one
`CompileError` with all of them, so that a run reports everything that it could find out, not only the first fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """How bad a diagnostic is; only an error stops the compile."""

    ERROR = "error"
    WARNING = "warning"


class Location(NamedTuple):
    """A place in a file.

    `file` is relative to the platform's root with `/` as separator; `line` and `column` count from 1, in characters;
    `length` is how many characters the caret underlines; `source` is the text of that line, without its line end.
    """

    file: str
    line: int = 1
    column: int = 1
    length: int = 1
    source: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fault: `summary` says what is wrong, `expected` what would be right, `hint` the nearest fix."""

    code: str
    summary: str
    location: Location | None = None
    expected: str = ""
    hint: str = ""
    severity: Severity = Severity.ERROR

    def __post_init__(self) -> None:
        from platform_compiler.codes import CODES  # noqa: PLC0415 - only for faults

        if self.code not in CODES:
            raise KeyError(f"diagnostic code {self.code} is not in the table of codes")

    @property
    def title(self) -> str:
        """The short name of the code, such as `unknown-field`."""
        from platform_compiler.codes import CODES  # noqa: PLC0415 - as above

        return CODES[self.code].title

    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Order by place, then code: the same whatever order the faults were found in."""
        place = self.location or Location("")
        return (place.file, place.line, place.column, self.code, self.summary)


class CompileError(Exception):
    """The user's input is wrong; carries every diagnostic of the run, in order of place."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(sorted(set(diagnostics), key=Diagnostic.sort_key))
        super().__init__("; ".join(f"{item.code} {item.summary}" for item in self.diagnostics))


@dataclass(slots=True)
class Diagnostics:
    """Collects the diagnostics of a run."""

    items: list[Diagnostic] = field(default_factory=list)

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep one more diagnostic."""
        self.items.append(diagnostic)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Keep several more."""
        self.items.extend(diagnostics)

    @property
    def errors(self) -> list[Diagnostic]:
        """Those that stop the compile."""
        return [item for item in self.items if item.severity is Severity.ERROR]

    def raise_errors(self) -> None:
        """Raise `CompileError` with everything collected, if any of it is an error."""
        if self.errors:
            raise CompileError(self.items)


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that looks most like `word`, or None when none comes close."""
    import difflib  # noqa: PLC0415 - only for faults

    names = sorted(candidates)
    folded = {name.casefold().replace("_", "-"): name for name in reversed(names)}
    matches = difflib.get_close_matches(word.casefold().replace("_", "-"), folded, n=1, cutoff=0.6)
    return folded[matches[0]] if matches else None


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """A hint that names the nearest candidate, empty when there is none."""
    match = nearest(word, candidates)
    return f"did you mean {match!r}?" if match else ""


def one_of(names: Iterable[str], *, limit: int = 12) -> str:
    """`one of a, b, c`, cut after `limit` names."""
    ordered = sorted(names)
    shown = ", ".join(ordered[:limit])
    more = len(ordered) - limit
    if not ordered:
        return "there are none"
    return f"one of {shown}" + (f" and {more} more" if more > 0 else "")


def count(number: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def summary_line(diagnostics: Sequence[Diagnostic]) -> str:
    """`2 errors, 1 warning`."""
    parts = []
    for severity in Severity:
        number = sum(item.severity is severity for item in diagnostics)
        if number:
            parts.append(count(number, severity.value))
    return ", ".join(parts)
