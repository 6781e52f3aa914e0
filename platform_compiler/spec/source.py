"""A YAML file as it was read, strictly, and where every value of it stands.

Positions are not kept: a `Document` holds its text, and composes it again when somebody asks where a path is. Only
faults, `explain` and origins ask, so ten thousand correct specs cost no memory for marks, and a process that is given
its documents never loads a YAML parser.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

from platform_compiler.diagnostics import CompileError, Diagnostic, Location

MAX_BYTES: Final = 256 * 1024

KeyPath = tuple[str | int, ...]
"""A place in a document: mapping keys and sequence indexes from the root."""


class Document(NamedTuple):
    """One YAML file: `file` is its path relative to the root, `data` plain values (dict, list, str, int, ...)."""

    file: str
    text: str
    data: dict[str, Any]
    lines: dict[str, int]
    """The line of every key of the first level, and of the components' names below it (`components/web`): what
    origins need, without composing again."""

    def locate(self, path: KeyPath, *, key: bool = False) -> Location:
        """Where the value at `path` stands, or with `key` its key; for a missing path, the nearest parent."""
        from platform_compiler.spec.parsing import locate  # noqa: PLC0415 - a run without faults needs no parser

        return locate(self.file, self.text, path, key=key)

    def line(self, path: KeyPath) -> int:
        """The line, from 1, of the key at `path`."""
        return self.lines.get("/".join(map(str, path))) or self.locate(path, key=True).line


def read_document(root: Path, file: Path) -> Document:
    """Read `file`; raises `CompileError` with every fault of its text."""
    name = file.relative_to(root).as_posix()
    try:
        data = file.read_bytes()
    except OSError as error:
        raise fault("PC207", f"cannot read the file: {error.strerror}", Location(name)) from None
    if len(data) > MAX_BYTES:
        raise fault(
            "PC106", f"the file has {len(data):,} bytes", Location(name), expected=f"at most {MAX_BYTES:,} bytes"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise fault("PC109", "the file is not UTF-8 text", Location(name, line)) from None
    from platform_compiler.spec.parsing import parse_document  # noqa: PLC0415 - see `Document.locate`

    return parse_document(name, text)


def fault(code: str, summary: str, location: Location, *, expected: str = "", hint: str = "") -> CompileError:
    """One diagnostic as an error."""
    return CompileError([Diagnostic(code, summary, location, expected, hint)])
