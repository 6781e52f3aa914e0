"""Property paths as Pulumi's engine writes and reads them: `spec.containers[0].image`, `metadata.labels["a.b/c"]`."""

from __future__ import annotations

import re
from typing import Final

Path = tuple[str | int, ...]

WILDCARD: Final = "*"
_STEP: Final = re.compile(r'\.?([^.\[\]"]+)|\[(\d+)\]|\[(\*)\]|\["((?:[^"\\]|\\.)*)"\]')
_QUOTED: Final = re.compile(r'[."\[\]]')


def path_text(path: Path) -> str:
    """The text of a path; keys that would read as several steps are quoted."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _QUOTED.search(step):
            text += '["' + step.replace('"', '\\"') + '"]'
        else:
            text += f".{step}" if text else step
    return text


def parse_path(text: str) -> Path:
    """The steps of a path; raises ValueError when it is none."""
    steps: list[str | int] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None or match.end() == position:
            raise ValueError(f"{text!r} is no property path")
        key, index, star, quoted = match.groups()
        steps.append(int(index) if index else star or key or quoted.replace('\\"', '"'))
        position = match.end()
    return tuple(steps)


def contains(outer: Path, inner: Path) -> bool:
    """Whether `inner` is at or below `outer`; a `*` in `outer` stands for any step."""
    return len(outer) <= len(inner) and all(step in {WILDCARD, have} for step, have in zip(outer, inner, strict=False))
