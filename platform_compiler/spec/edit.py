"""Changes a YAML text at a few places and leaves every other byte as it is: comments, layout, quotes, line ends.

An edit moves, removes or puts one value. It has two readings that know nothing of each other: `edit_data` changes the
plain data, `edit_text` cuts and pastes in the text, by the positions of libyaml's events. `rewrite` does both and holds
the new text, read strictly, against the new data; so a text that these few rules cannot change rightly is refused,
never spoilt. An edit inside an alias is left to its anchor.

A comment on the line of a moved or removed value goes with it; comments on lines of their own stay.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from yaml._yaml import CParser

from platform_compiler.diagnostics import CompileError
from platform_compiler.spec.app import ENVELOPE
from platform_compiler.spec.parsing import parse_document
from platform_compiler.spec.source import Document, KeyPath

STEP: Final = 2
"""Columns by which a new nested mapping is indented."""
_ANCHOR: Final = re.compile(r"&[^\s,\[\]{}]+\s*")
_FLOW_INDICATORS: Final = frozenset(",[]{}")
_PLAIN: Final = re.compile(r"(?:[A-Za-z/][A-Za-z0-9_./@%+-]*|[1-9][0-9]*[A-Za-z%]{1,2})\Z")
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


class Move(NamedTuple):
    """The value at `source` stands at `target` afterwards; mappings on the way to it are made."""

    source: KeyPath
    target: KeyPath


class Remove(NamedTuple):
    """The value at `path` is gone afterwards. A mapping that loses its last key stays, as `{}`."""

    path: KeyPath


class Put(NamedTuple):
    """`value` stands at `path` afterwards, in place of what was there or as a new key."""

    path: KeyPath
    value: Any


Edit = Move | Remove | Put


class CannotEditError(Exception):
    """The text cannot be changed safely; the message says why."""


def rewrite(document: Document, edits: Iterable[Edit]) -> Document:
    """`document` after the edits; raises `CannotEditError`."""
    text, data = document.text, document.data
    for edit in edits:
        text, data = edit_text(text, edit), edit_data(data, edit)
    try:
        rewritten = parse_document(document.file, text)
    except CompileError as error:
        raise CannotEditError(f"the text would not be valid any more: {error.diagnostics[0].summary}") from None
    if rewritten.data != data:
        raise CannotEditError("a value to change stands behind an alias, or in a layout that cannot be kept")
    return rewritten


def look_up(data: Any, path: KeyPath) -> tuple[bool, Any]:
    """Whether `data` has `path`, and the value there."""
    for step in path:
        if not isinstance(data, dict) or step not in data:
            return False, None
        data = data[step]
    return True, data


# --- data


def edit_data(data: dict[str, Any], edit: Edit) -> dict[str, Any]:
    """A copy of `data` after the edit; raises `CannotEditError` when it has no place there."""
    changed = copy.deepcopy(data)
    if isinstance(edit, Move):
        value = _holder(changed, edit.source, make=False).pop(edit.source[-1])
        _holder(changed, edit.target, make=True)[edit.target[-1]] = value
    elif isinstance(edit, Remove):
        del _holder(changed, edit.path, make=False)[edit.path[-1]]
    else:
        _holder(changed, edit.path, make=True)[edit.path[-1]] = copy.deepcopy(edit.value)
    return changed


def _holder(data: dict[str, Any], path: KeyPath, *, make: bool) -> Any:
    """The mapping that has the last key of `path`."""
    for step in path[:-1]:
        inner = data.setdefault(str(step), {}) if make else data.get(str(step))
        if not isinstance(inner, dict):
            raise CannotEditError(f"{step!r} is not a mapping")
        data = inner
    return data


# --- text


@dataclass(slots=True)
class _Part:
    """A value's stretch of text, from behind its anchor to the end of its content."""

    start: int
    end: int
    kind: str
    flow: bool = False
    outer: int = 0
    """Where the value begins with its anchor."""
    entries: list[_Entry] = field(default_factory=list)

    def entry(self, key: str | int) -> _Entry | None:
        return next((entry for entry in self.entries if entry.key == key), None)


class _Entry(NamedTuple):
    key: str
    start: int
    end: int
    value: _Part


class _Reader:
    """Events to parts; only mappings are looked into, for no path of an edit leads into a list."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.parser = CParser(text)
        self.take()  # the start of the stream
        self.take()  # the start of the document

    def take(self) -> Any:
        return self.parser.get_event()

    def part(self) -> _Part:
        event = self.take()
        kind = type(event).__name__.removesuffix("Event").removesuffix("Start")
        start, end = event.start_mark.index, event.end_mark.index
        anchor = _ANCHOR.match(self.text, start) if kind != "Alias" and event.anchor else None
        part = _Part(min(anchor.end(), end) if anchor else start, end, kind, outer=start)
        if kind in {"Mapping", "Sequence"}:
            part.flow = bool(event.flow_style)
            self._fill(part)
        elif kind == "Scalar" and event.style in {"|", ">"}:
            part.end = start + len(self.text[start:end].rstrip())
        return part

    def _fill(self, part: _Part) -> None:
        """Read on to the end of a collection; that of a block is the end of its last value."""
        last = part.start
        while not type(self.parser.peek_event()).__name__.endswith(("MappingEndEvent", "SequenceEndEvent")):
            if part.kind == "Sequence":
                last = self.part().end
                continue
            key_event, value = self.take(), self.part()
            if not part.entries and not part.flow:
                part.start = key_event.start_mark.index
            last = max(value.end, key_event.end_mark.index)
            part.entries.append(_Entry(key_event.value, key_event.start_mark.index, key_event.end_mark.index, value))
        end = self.take()
        part.end = end.end_mark.index if part.flow else last


def edit_text(text: str, edit: Edit) -> str:
    """The text after the edit; one inside an alias changes nothing."""
    editor = _Editor(text)
    if isinstance(edit, Move):
        return editor.move(edit.source, edit.target)
    if isinstance(edit, Remove):
        return editor.remove(edit.path)
    return editor.put(edit.path, edit.value)


class _Editor:
    def __init__(self, text: str) -> None:
        self.text = text
        self.root = _Reader(text).part()
        self.newline = "\r\n" if "\r\n" in text else "\n"

    # --- the three edits

    def move(self, source: KeyPath, target: KeyPath) -> str:
        holder, entry = self.find(source)
        if entry is None:
            return self.text
        if source[:-1] == target[:-1]:
            return self.replaced(entry.start, entry.end, str(target[-1]))
        place, missing = self.nearest(target)
        if place is holder:
            return self.move_down(holder, entry, missing)
        if holder.flow or place.flow:
            if not self.is_inline(entry):
                raise CannotEditError(f"{entry.key!r} cannot be moved into a mapping in braces without losing lines")
            rest = self.text[entry.value.end : self.line_end(entry.value.end)].strip()
            if rest.startswith("#") and not holder.flow:
                return _Editor(self.with_comment_above(entry, rest)).move(source, target)
            tail = self.flow_tail(entry)
        else:
            tail = self.text[entry.end : self.line_end(entry.value.end)]
        return _Editor(self.remove(source)).insert(target, tail, self.column(entry.start))

    def is_inline(self, entry: _Entry) -> bool:
        """Whether the entry stands on one line and would mean the same in braces."""
        part = entry.value
        block = part.kind in {"Mapping", "Sequence"} and not part.flow
        return not block and "\n" not in self.text[entry.start : part.end] and self.text[part.start] not in "|>"

    def flow_tail(self, entry: _Entry) -> str:
        """What stands behind the key, quoted where a comma or a bracket would end a plain text in braces."""
        value = entry.value
        text = self.text[value.start : value.end]
        is_plain = value.kind == "Scalar" and text[:1] not in {"'", '"'}
        if is_plain and not _FLOW_INDICATORS.isdisjoint(text):
            return self.text[entry.end : value.start] + json.dumps(text, ensure_ascii=False)
        return self.text[entry.end : value.end]

    def with_comment_above(self, entry: _Entry, comment: str) -> str:
        """The text with the comment behind the entry on a line of its own above it."""
        line, end = self.line_start(entry.start), self.line_end(entry.value.end)
        above = f"{' ' * self.column(entry.start)}{comment}{self.newline}"
        return self.text[:line] + above + self.text[line : entry.value.end] + self.text[end:]

    def move_down(self, holder: _Part, entry: _Entry, keys: list[str]) -> str:
        """Nest the entry, where it stands, in new mappings."""
        if holder.flow:
            value = self.text[entry.end : entry.value.end]
            return self.replaced(entry.start, entry.value.end, ": {".join(keys) + value + "}" * (len(keys) - 1))
        end = self.line_end(entry.value.end)
        column = self.column(entry.start)
        nested = self.nested(keys, self.text[entry.end : end], column, column)
        return self.replaced(entry.start, end, nested)

    def remove(self, path: KeyPath) -> str:
        holder, entry = self.find(path)
        if entry is None:
            return self.text
        if len(holder.entries) == 1:
            return self.emptied(holder, path[:-1])
        if holder.flow:
            return self.replaced(*self.flow_stretch(holder, holder.entries.index(entry)), "")
        return self.replaced(self.line_start(entry.start), self.line_end(entry.value.end, with_break=True), "")

    def put(self, path: KeyPath, value: Any) -> str:
        _, entry = self.find(path)
        if entry is None:
            return self.insert(path, f": {flow_text(value)}", None)
        part = entry.value
        if part.kind == "Alias":
            return self.text
        is_block = part.kind in {"Mapping", "Sequence"} and not part.flow
        if is_block or part.start == part.end:
            return self.replaced(self.behind_key(entry), part.end, f" {flow_text(value)}")
        return self.replaced(part.start, part.end, flow_text(value))

    # --- places

    def find(self, path: KeyPath) -> tuple[_Part, _Entry | None]:
        """The mapping that has the last key of `path`, and the entry; None behind an alias."""
        holder, entry = self.root, self.root.entry(path[0])
        for step in path[1:]:
            if entry is None:
                break
            holder = entry.value
            entry = holder.entry(step)
        return holder, entry

    def nearest(self, path: KeyPath) -> tuple[_Part, list[str]]:
        """The deepest mapping on the way to `path`, and the keys that it lacks."""
        part, keys = self.root, [str(step) for step in path]
        while len(keys) > 1 and (entry := part.entry(keys[0])) is not None:
            part, keys = entry.value, keys[1:]
        return part, keys

    def insert(self, path: KeyPath, tail: str, column: int | None) -> str:
        """A new entry: `tail` is its text behind the key, from an entry whose key stood at `column`."""
        place, keys = self.nearest(path)
        if place.kind != "Mapping":
            return self.text
        if place.flow:
            return self.insert_in_flow(place, ": {".join(keys) + tail + "}" * (len(keys) - 1))
        own = [entry for entry in place.entries if place is not self.root or entry.key not in ENVELOPE]
        last = (own or place.entries)[-1]
        indent = self.column(place.entries[0].start)
        entry = self.nested(keys, tail, indent if column is None else column, indent)
        at = self.line_end(last.value.end)
        return self.replaced(at, at, f"{self.newline}{' ' * indent}{entry}")

    def insert_in_flow(self, place: _Part, entry: str) -> str:
        if not place.entries:
            return self.replaced(place.start + 1, place.start + 1, entry)
        at = place.entries[-1].value.end
        return self.replaced(at, at, f", {entry}")

    def nested(self, keys: list[str], tail: str, old: int, new: int) -> str:
        """The text of an entry below new mappings, its lines shifted from column `old` to where it goes."""
        column = new + STEP * (len(keys) - 1)
        heads = [f"{key}:{self.newline}{' ' * (new + STEP * (depth + 1))}" for depth, key in enumerate(keys[:-1])]
        first, *lines = tail.split("\n")
        return "\n".join([f"{''.join(heads)}{keys[-1]}{first}", *(_shifted(line, column - old) for line in lines)])

    def emptied(self, holder: _Part, path: KeyPath) -> str:
        """The mapping without its only entry."""
        if holder.flow:
            return self.replaced(holder.start, holder.end, "{}")
        only = holder.entries[0]
        _, owner = self.find(path) if path else (None, None)
        if owner is None:
            return self.replaced(only.start, only.value.end, "{}")
        at = self.behind_key(owner)
        kept = self.text[at : self.line_start(only.start)]
        return self.replaced(at, self.line_end(only.value.end, with_break=True), f" {{}}{kept}")

    def behind_key(self, entry: _Entry) -> int:
        """Where a value's own text may begin: behind its anchor, else behind the colon."""
        part = entry.value
        if part.outer != part.start:
            return len(self.text[: part.start].rstrip())
        return self.text.index(":", entry.end) + 1

    def flow_stretch(self, holder: _Part, index: int) -> tuple[int, int]:
        """What to cut for one of several entries in braces: with the comma behind it, or before the last one."""
        entry = holder.entries[index]
        if index + 1 < len(holder.entries):
            return entry.start, holder.entries[index + 1].start
        before = holder.entries[index - 1].value.end
        return (entry.start if "#" in self.text[before : entry.start] else before), entry.value.end

    # --- lines

    def replaced(self, start: int, end: int, new: str) -> str:
        return self.text[:start] + new + self.text[end:]

    def line_start(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def line_end(self, at: int, *, with_break: bool = False) -> int:
        end = self.text.find("\n", at)
        if end < 0:
            return len(self.text)
        return end + 1 if with_break else end - (self.text[end - 1] == "\r")

    def column(self, at: int) -> int:
        return at - self.line_start(at)


def _shifted(line: str, columns: int) -> str:
    """A line moved to the right, or to the left as far as it has blanks."""
    if columns >= 0:
        return " " * columns + line if line.strip() else line
    blanks = len(line) - len(line.lstrip(" "))
    return line[min(-columns, blanks) :]


def flow_text(value: Any) -> str:
    """A value as YAML on one line: plain words, everything else as JSON writes it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow_text(key)}: {flow_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow_text(item) for item in value) + "]"
    if isinstance(value, str) and _PLAIN.match(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)
