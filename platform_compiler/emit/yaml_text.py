"""Writes plain data as block YAML, fast and with the same bytes every time.

PyYAML's C dumper takes about fifteen times as long, because it represents, serializes and analyses every scalar anew.
Manifests need little of that: no anchors, no tags, no flow style. Strings that are safe as plain scalars stay plain,
texts of several lines become literal blocks, everything else is double-quoted with JSON's escapes, which YAML 1.2
understands. What the writer makes is held against PyYAML's reader in the tests.
"""

from __future__ import annotations

import json
import re
from typing import Any

# Plain where YAML 1.1 and 1.2 agree that it is text: it starts with a letter or / and nothing in it ends a scalar,
# or it is an amount such as 250m or 128Mi.
_PLAIN = re.compile(
    r"(?:[A-Za-z/](?:[A-Za-z0-9_./@%+-]|:(?=[^\s:])|(?<=[^\s]) (?=[^\s#]))*|[1-9][0-9]*(?:m|[KMGT]i))\Z"
)
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_LITERAL = r"(?=\S)[\x20-\x7e\xa1-\u2027\u202a-\ud7ff\n]*\Z"  # slow to compile, so for the first long text only
_PLAIN_END = re.compile(r"[\s:]\Z")


class _Scalars(dict[str, str]):
    """Rendered strings by text: manifests repeat the same few hundred."""

    def __missing__(self, text: str) -> str:
        rendered = _quote(text)
        if len(self) < 50_000:
            self[text] = rendered
        return rendered


def _quote(text: str) -> str:
    if _PLAIN.match(text) and text.lower() not in _WORDS and not _PLAIN_END.search(text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return quoted if text.isprintable() else _escape(quoted)


def _escape(quoted: str) -> str:
    """Escape what YAML does not allow as it is, beyond JSON's own escapes."""
    return "".join(c if c.isprintable() or c == " " else _code(ord(c)) for c in quoted)


def _code(point: int) -> str:
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"


_SCALARS = _Scalars()


def to_yaml(value: dict[str, Any]) -> str:
    """One YAML document; `value` may hold dict, list, str, int, float, bool and None. Raises TypeError for others."""
    lines: list[str] = []
    _mapping(value, "", lines)
    return "\n".join(lines) + "\n" if lines else "{}\n"


def _mapping(value: dict[str, Any], indent: str, lines: list[str]) -> None:
    scalars = _SCALARS
    for key, item in value.items():
        kind = type(item)
        if kind is str:
            if "\n" in item and _block(f"{indent}{scalars[key]}:", indent + "  ", item, lines):
                continue
            lines.append(f"{indent}{scalars[key]}: {scalars[item]}")
        elif kind is dict:
            if item:
                lines.append(f"{indent}{scalars[key]}:")
                _mapping(item, indent + "  ", lines)
            else:
                lines.append(f"{indent}{scalars[key]}: {{}}")
        elif kind is list:
            if item:
                lines.append(f"{indent}{scalars[key]}:")
                _sequence(item, indent, lines)
            else:
                lines.append(f"{indent}{scalars[key]}: []")
        else:
            lines.append(f"{indent}{scalars[key]}: {_other(item)}")


def _sequence(value: list[Any], indent: str, lines: list[str]) -> None:
    """Items stand at the column of their key, as kubectl writes them."""
    deeper = indent + "  "
    for item in value:
        kind = type(item)
        if kind is str:
            if "\n" in item and _block(f"{indent}-", deeper, item, lines):
                continue
            lines.append(f"{indent}- {_SCALARS[item]}")
        elif kind is dict and item:
            start = len(lines)
            _mapping(item, deeper, lines)
            lines[start] = f"{indent}- {lines[start][len(deeper) :]}"
        elif kind is list and item:
            start = len(lines)
            _sequence(item, deeper, lines)
            lines[start] = f"{indent}- {lines[start][len(deeper) :]}"
        else:
            lines.append(f"{indent}- {_empty(item) if kind in (dict, list) else _other(item)}")


def _block(head: str, indent: str, text: str, lines: list[str]) -> bool:
    """A literal block, where the text survives one as it is."""
    if not re.match(_LITERAL, text) or " \n" in text or text.endswith((" ", "\n\n")):
        return False
    body = text.removesuffix("\n")
    lines.append(f"{head} {'|' if text.endswith(chr(10)) else '|-'}")
    lines.extend(f"{indent}{line}" if line else "" for line in body.split("\n"))
    return True


def _empty(item: dict[str, Any] | list[Any]) -> str:
    return "{}" if isinstance(item, dict) else "[]"


def _other(item: Any) -> str:
    if item is None:
        return "null"
    if item is True:
        return "true"
    if item is False:
        return "false"
    if type(item) is int:
        return str(item)
    if type(item) is float:
        return _float(item)
    raise TypeError(f"{type(item).__name__} cannot be written as YAML")


def _float(item: float) -> str:
    text = repr(item)
    if "n" in text:
        raise TypeError(f"{text} cannot be written as YAML")
    return text if "." in text or "e" not in text else text.replace("e", ".0e", 1)
