"""Finds references (`${...}`) in texts and parses them; resolving them is the linker's part.

Grammar, where NAME is a DNS label or an output's name:
    ${components.NAME.OUTPUT}   ${apps.APP.OUTPUT}   ${apps.APP.COMPONENT.OUTPUT}
    ${environment.NAME}         ${environment.values.NAME}         ${secrets.NAME}
`$${` stands for a literal `${`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from platform_compiler.diagnostics import did_you_mean, one_of

ROOTS = ("apps", "components", "environment", "secrets")
_TOKEN = re.compile(r"\$\$\{|\$\{([^}]*)(\}?)")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?\Z")
_LENGTHS = {"apps": (3, 4), "components": (3,), "environment": (2, 3), "secrets": (2,)}
_FORMS = {
    "apps": "${apps.APP.OUTPUT} or ${apps.APP.COMPONENT.OUTPUT}",
    "components": "${components.COMPONENT.OUTPUT}",
    "environment": "${environment.NAME}",
    "secrets": "${secrets.NAME}",
}


class Reference(NamedTuple):
    """One `${...}`: `root` is its first word, `path` the words after it, `text` the whole as written."""

    root: str
    path: tuple[str, ...]
    text: str


class BadReference(NamedTuple):
    """A `${...}` that is none; `text` is the faulty part, `expected` what it should be."""

    summary: str
    text: str
    expected: str
    hint: str = ""


@lru_cache(maxsize=4096)
def parse_text(text: str) -> tuple[str | Reference | BadReference, ...]:
    """Split `text` into literals, references and those that are none."""
    parts: list[str | Reference | BadReference] = []
    position = 0
    for match in _TOKEN.finditer(text):
        if match.start() > position:
            parts.append(text[position : match.start()])
        parts.append("${" if match.group() == "$${" else _reference(match))
        position = match.end()
    if position < len(text):
        parts.append(text[position:])
    return tuple(parts)


def _reference(match: re.Match[str]) -> Reference | BadReference:
    whole, inner = match.group(), match.group(1).strip()
    literal = "write $${ for a literal ${"
    if not match.group(2):
        return BadReference("a reference is not closed", whole, "a closing }", literal)
    root, *path = inner.split(".")
    if root not in ROOTS:
        hint = did_you_mean(root, ROOTS) or literal
        return BadReference(f"{root!r} is nothing that a reference can start with", whole, one_of(ROOTS), hint)
    if len(path) + 1 not in _LENGTHS[root] or not all(_NAME.match(step) for step in path):
        return BadReference(f"{whole} is not a whole reference", whole, _FORMS[root])
    return Reference(root, tuple(path), whole)
