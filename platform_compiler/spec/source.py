"""A YAML file as it was read, strictly, and where every value of it stands.

Positions are not kept: a `Document` holds its text, and composes it again when somebody asks where a path is. Only
faults, `explain` and origins ask, so ten thousand correct specs cost no memory for marks, and a process that is given
its documents never loads a YAML parser.
"""

from __future__ import annotations

import os
import stat
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

    def locate(self, path: KeyPath, *, key: bool = False, part: str = "") -> Location:
        """Where the value at `path` stands, or with `key` its key; for a missing path, the nearest parent.

        Of a value that is a text, `part` is what of it to point at, if it is found.
        """
        from platform_compiler.spec.parsing import locate  # noqa: PLC0415 - a run without faults needs no parser

        return locate(self.file, self.text, path, key=key, part=part)

    def line(self, path: KeyPath) -> int:
        """The line, from 1, of the key at `path`."""
        return self.lines.get("/".join(map(str, path))) or self.locate(path, key=True).line


def read_document(root: Path, file: Path) -> Document:
    """Read `file`; raises `CompileError` with every fault of its text."""
    name = file.relative_to(root).as_posix()
    if not name.isprintable():
        shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in name)
        raise fault("PC207", "the file's name cannot be shown", Location(shown), expected="a name of printable UTF-8")
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            raise _no_file(file, name)
        if status.st_size > MAX_BYTES:
            summary = f"the file has {status.st_size:,} bytes"
            raise fault("PC106", summary, Location(name), expected=f"at most {MAX_BYTES:,} bytes")
        data = file.read_bytes()
    except OSError as error:
        raise _unreadable(name, error) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise fault("PC109", "the file is not UTF-8 text", Location(name, line)) from None
    from platform_compiler.spec.parsing import parse_document  # noqa: PLC0415 - see `Document.locate`

    return parse_document(name, text)


def _no_file(file: Path, name: str) -> CompileError:
    """What has the name of a spec, and is none."""
    if not file.is_dir():
        return fault("PC207", "this is no file", Location(name), expected="a file")
    if file.is_symlink():
        hint = "move the specs here, or link each of them"
        return fault("PC207", "this is a link to a folder, which is not followed", Location(name), hint=hint)
    try:
        os.listdir(file)
    except OSError as error:
        return _unreadable(name, error)
    return fault("PC207", "this is a folder with the name of a file", Location(name), expected="a file")


def _unreadable(name: str, error: OSError) -> CompileError:
    return fault("PC207", f"cannot read the file: {error.strerror}", Location(name))


def plain_decimal(value: float) -> str:
    """A number as a spec writes it: without the exponent by which Python writes what is small or large."""
    text = repr(value)
    if "e" not in text:
        return text
    from decimal import Decimal  # noqa: PLC0415 - slow to import, and few numbers need it

    plain = format(Decimal(text), "f")
    return plain if "." in plain else f"{plain}.0"


def fault(code: str, summary: str, location: Location, *, expected: str = "", hint: str = "") -> CompileError:
    """One diagnostic as an error."""
    return CompileError([Diagnostic(code, summary, location, expected, hint)])
