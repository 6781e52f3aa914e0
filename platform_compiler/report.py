"""Renders diagnostics: text for people, json for programs, sarif for code scanning, github for annotations.

The formats follow SARIF 2.1.0 (OASIS) and GitHub's workflow commands (`::error file=...`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from platform_compiler.codes import CODES
from platform_compiler.diagnostics import Diagnostic, Severity, summary_line

EXCERPT_WIDTH = 160
"""Characters of a source line that a text report shows."""

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

Renderer = Callable[[Sequence[Diagnostic]], str]


def as_text(diagnostics: Sequence[Diagnostic]) -> str:
    """One block a diagnostic: place, code, summary, the source line with a caret, what was expected, a hint."""
    blocks = [_text_block(item) for item in diagnostics]
    if blocks:
        blocks.append(summary_line(diagnostics) + "\n")
    return "\n".join(blocks)


def _text_block(item: Diagnostic) -> str:
    place = f"{item.location}: " if item.location else ""
    lines = [f"{place}{item.severity} {item.code} {item.title}: {item.summary}"]
    if item.location and item.location.source:
        lines.extend(_excerpt(item))
    if item.expected:
        lines.append(f"  expected: {item.expected}")
    if item.hint:
        lines.append(f"  hint: {item.hint}")
    return "\n".join(_shown(line) for line in lines) + "\n"


def _shown(text: str) -> str:
    """`text` with what a terminal would obey, or not show, written as escapes."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in "\n\t" else ascii(char)[1:-1] for char in text)


def _excerpt(item: Diagnostic) -> list[str]:
    """The source line and carets below it; of a long line, the stretch around the caret."""
    location = item.location
    assert location is not None
    start = max(0, location.column - 1 - EXCERPT_WIDTH // 2) if len(location.source) > EXCERPT_WIDTH else 0
    source = location.source[start : start + EXCERPT_WIDTH]
    offset = location.column - 1 - start
    indent = "".join("\t" if character == "\t" else " " for character in _shown(source[:offset]))
    length = max(1, len(_shown(source[offset : offset + location.length])))
    gutter = f"{location.line:>5} | "
    return [gutter + source, " " * (len(gutter) - 2) + "| " + indent + "^" * length]


def as_json(diagnostics: Sequence[Diagnostic]) -> str:
    """`{"diagnostics": [{code, title, severity, summary, expected, hint, file, line, column, length}]}`."""
    return json.dumps({"diagnostics": [_record(item) for item in diagnostics]}, indent=2, ensure_ascii=False) + "\n"


def _record(item: Diagnostic) -> dict[str, object]:
    record: dict[str, object] = {
        "code": item.code,
        "title": item.title,
        "severity": item.severity.value,
        "summary": item.summary,
        "expected": item.expected,
        "hint": item.hint,
    }
    if item.location:
        place = item.location
        record |= {"file": place.file, "line": place.line, "column": place.column, "length": place.length}
    return record


def as_sarif(diagnostics: Sequence[Diagnostic]) -> str:
    """One SARIF 2.1.0 run, with the rules that the results name."""
    used = sorted({item.code for item in diagnostics})
    rules = [
        {
            "id": code,
            "name": CODES[code].title,
            "shortDescription": {"text": CODES[code].cause},
            "help": {"text": CODES[code].cure},
        }
        for code in used
    ]
    run = {
        "tool": {"driver": {"name": "platc", "rules": rules}},
        "results": [_sarif_result(item) for item in diagnostics],
    }
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _sarif_result(item: Diagnostic) -> dict[str, object]:
    result: dict[str, object] = {
        "ruleId": item.code,
        "level": item.severity.value,
        "message": {"text": _message(item)},
    }
    if item.location:
        from urllib.parse import quote  # noqa: PLC0415 - slow to import, and only this format needs it

        place = item.location
        region = {
            "startLine": place.line,
            "startColumn": place.column,
            "endColumn": place.column + place.length,
        }
        result["locations"] = [
            {"physicalLocation": {"artifactLocation": {"uri": quote(place.file)}, "region": region}},
        ]
    return result


def as_github(diagnostics: Sequence[Diagnostic]) -> str:
    """One workflow command a diagnostic; properties and messages are escaped as GitHub's toolkit does."""
    return "".join(_github_command(item) for item in diagnostics)


def _github_command(item: Diagnostic) -> str:
    properties = {"title": f"{item.code} {item.title}"}
    if item.location:
        place = item.location
        properties |= {
            "file": place.file,
            "line": str(place.line),
            "col": str(place.column),
            "endColumn": str(place.column + place.length),
        }
    joined = ",".join(f"{key}={_escape_property(value)}" for key, value in properties.items())
    level = "error" if item.severity is Severity.ERROR else "warning"
    return f"::{level} {joined}::{_escape_data(_message(item))}\n"


def _message(item: Diagnostic) -> str:
    parts = [item.summary]
    if item.expected:
        parts.append(f"expected: {item.expected}")
    if item.hint:
        parts.append(f"hint: {item.hint}")
    return "; ".join(parts)


def _escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")


RENDERERS: Mapping[str, Renderer] = {"text": as_text, "json": as_json, "sarif": as_sarif, "github": as_github}
