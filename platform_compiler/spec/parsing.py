"""Parses YAML strictly, and finds where a value stands.

libyaml composes the text into nodes; one walk over them makes plain data and finds what YAML would let pass silently:
duplicate keys, `no` read as a boolean, octal numbers, keys that are no strings, alias bombs. The walk follows YAML
1.2's core schema, and refuses the spellings on which 1.1 and 1.2 disagree.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

from yaml import MarkedYAMLError
from yaml._yaml import CParser
from yaml.composer import ComposerError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError

from platform_compiler.diagnostics import CompileError, Diagnostic, Location
from platform_compiler.root import STACKS
from platform_compiler.spec.source import Document, KeyPath, fault, plain_decimal

MAX_REPEATED: Final = 64 * 1024
"""Characters and values that aliases may repeat; the rest of a document is limited by the size of its file."""
MAX_DEPTH: Final = 40
MAX_DIGITS: Final = 40
"""Characters of a number; none that a spec needs is longer, and what reads many digits takes quadratic time."""

_PLAIN = "plain"
_QUOTED = "!"
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\Z")
_AMBIGUOUS_NUMBER = re.compile(
    r"[-+]?0[0-9_]+\Z|[-+]?0[xob][0-9a-fA-F_]+\Z|[-+]?[0-9]+(?::[0-5]?[0-9])+\Z|[-+]?[0-9]+(?:_[0-9]+)+\Z|[-+]?[0-9]+[eE][-+]?[0-9]+\Z"
)
_AMBIGUOUS_WORDS = frozenset({"yes", "no", "on", "off", "y", "n"})
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_NUMBER_START = frozenset("+-.0123456789")


class _Loader(CParser):
    """libyaml's composer with tags that only tell plain scalars from quoted ones; `_Walk` gives them their types."""

    def resolve(self, kind: type[Node], _value: str | None, implicit: Any) -> str:
        return _PLAIN if kind is ScalarNode and implicit[0] else _QUOTED

    def descend_resolver(self, _parent: Node | None, _index: object) -> None:
        """Path resolvers are a feature of YAML 1.1 loaders that specs do without."""

    def ascend_resolver(self) -> None:
        """See `descend_resolver`."""


def parse_document(file: str, text: str) -> Document:
    """Parse `text`, named `file` in messages; raises `CompileError` with every fault of it."""
    if not text.isascii():
        _check_line_ends(file, text)
    if text.startswith("%") or "\n%" in text or "\r%" in text:
        _check_directives(file, text)
    _check_depth(file, text)
    node = _compose(file, text)
    if not isinstance(node, MappingNode):
        location = Location(file) if node is None else _location(file, text, node)
        found = "the file is empty" if node is None else "the top level is not a mapping"
        first = "domain" if file.startswith(f"{STACKS}/") else "app"
        raise fault("PC110", found, location, expected=f"a mapping that starts with `{first}: NAME`")
    if "&" in text:
        _check_aliases(file, text, node)
    walk = _Walk(file, text)
    data = walk.mapping(node, 1)
    if walk.faults:
        raise CompileError(walk.faults)
    return Document(file, text, data, _top_lines(node))


def _check_line_ends(file: str, text: str) -> None:
    """Refuse what ends lines in YAML 1.1 and in no editor."""
    index = min((index for end in "\x85\u2028\u2029" if (index := text.find(end)) >= 0), default=-1)
    if index >= 0:
        code = f"{ord(text[index]):04x}"
        hint = f'remove it, or write "\\u{code}" between double quotes'
        summary = f"a line separator (#x{code}) that only some YAML parsers know"
        raise fault("PC101", summary, _at(file, text, index), expected="printable text", hint=hint)


def _check_directives(file: str, text: str) -> None:
    """Refuse `%` lines before the document; anywhere else a `%` is text."""
    for number, line in enumerate(_lines(text), 1):
        if line.startswith("%"):
            location = Location(file, number, 1, len(line), line)
            raise fault("PC111", "directives are not supported", location, expected="fields", hint="remove the line")
        if line.strip() and not line.lstrip().startswith("#"):
            return


def _top_lines(root: MappingNode) -> dict[str, int]:
    lines: dict[str, int] = {}
    for key, value in root.value:
        lines[key.value] = key.start_mark.line + 1
        if key.value == "components" and type(value) is MappingNode:
            for name, _ in value.value:
                lines[f"components/{name.value}"] = name.start_mark.line + 1
    return lines


def _compose(file: str, text: str) -> Node | None:
    try:
        node: Node | None = _Loader(text).get_single_node()
    except ComposerError as error:
        if error.context and "single document" in error.context:
            location = _mark_location(file, text, error.problem_mark)
            raise fault("PC104", "a second document starts here", location, expected="one app a file") from None
        raise _syntax_fault(file, text, error) from None
    except MarkedYAMLError as error:
        raise _syntax_fault(file, text, error) from None
    except ReaderError as error:
        index = len(text.encode()[: error.position].decode(errors="ignore"))
        summary = f"a control character (#x{ord(text[index]):02x})" if index < len(text) else "bad text"
        raise fault("PC101", summary, _at(file, text, index), expected="printable text") from None
    return node


_BEGUN_ABOVE: Final = frozenset(
    {"could not find expected ':'", "found unexpected document indicator", "found unexpected end of stream"}
)
"""Problems that libyaml notices behind what is wrong: they are told where the unfinished thing starts."""


def _syntax_fault(file: str, text: str, error: MarkedYAMLError) -> CompileError:
    location = _mark_location(file, text, _telling_mark(text, error))
    if location.source[: location.column].strip(" ")[:1] == "\t":
        return fault("PC108", "a tab indents this line", location, expected="spaces", hint="replace the tab by spaces")
    context = f" ({error.context})" if error.context else ""
    hint = 'quote a reference: "${...}"' if "${" in location.source else ""
    return fault("PC101", f"{error.problem or 'not valid YAML'}{context}", location, expected="valid YAML", hint=hint)


def _telling_mark(text: str, error: MarkedYAMLError) -> Any:
    late = error.problem in _BEGUN_ABOVE or (error.problem_mark and error.problem_mark.index >= len(text.rstrip()))
    return (late and error.context_mark) or error.problem_mark or error.context_mark


def _check_depth(file: str, text: str) -> None:
    """Refuse deep nesting before libyaml's recursive composer sees it; only suspicious text is looked at twice."""
    if text.count("[") + text.count("{") + text.count("- - ") + text.count("? ? ") < MAX_DEPTH // 4:
        return
    parser, depth = CParser(text), 0
    try:
        while parser.check_event():
            event: Any = parser.get_event()
            kind = type(event).__name__
            depth += kind.endswith(("MappingStartEvent", "SequenceStartEvent"))
            depth -= kind.endswith(("MappingEndEvent", "SequenceEndEvent"))
            if depth > MAX_DEPTH:
                raise _too_deep(_mark_location(file, text, event.start_mark))
    except (MarkedYAMLError, ReaderError):
        return  # the composer meets the same fault and tells it


def _too_deep(location: Location) -> CompileError:
    return fault("PC112", "values are nested too deep", location, expected=f"at most {MAX_DEPTH} levels")


def _check_aliases(file: str, text: str, root: Node) -> None:
    """Refuse aliases that make much of a small text; it is measured, so nothing is written out for that."""
    sizes = _Sizes(file, text)
    if sizes.of(root, 0) - sizes.written > MAX_REPEATED:
        largest = max(sizes.repeated, key=lambda node: sizes.known[node])
        expected = f"at most {MAX_REPEATED:,} characters and values that aliases repeat"
        raise fault("PC107", "aliases repeat too much", _location(file, text, largest), expected=expected)


class _Sizes:
    """How many characters and values each node comes to with its aliases written out; each is looked at once."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.known: dict[Node, int] = {}
        self.written = 0
        """What stands in the text, where an alias counts nothing."""
        self.repeated: list[Node] = []

    def of(self, node: Node, depth: int) -> int:
        if node in self.known:
            self.repeated.append(node)
            return self.known[node]
        if depth > MAX_DEPTH:
            raise _too_deep(_location(self.file, self.text, node))
        self.known[node] = 0  # for a node inside itself, which is too deep for the walk
        own = 1 + (len(node.value) if isinstance(node, ScalarNode) else 0)
        self.written += own
        self.known[node] = own + sum(self.of(child, depth + 1) for child in _children(node))
        return self.known[node]


def _children(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        return [child for entry in node.value for child in entry]
    return node.value if isinstance(node, SequenceNode) else []


class _Walk:
    """Turns nodes into plain data and collects the faults that composing lets pass."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.faults: list[Diagnostic] = []

    def value(self, node: Node, depth: int) -> Any:
        if type(node) is ScalarNode:
            text: str = node.value
            if node.tag == _QUOTED:
                return text
            return self.plain(node, text) if node.tag == _PLAIN else self.unsupported_tag(node)
        if depth > MAX_DEPTH:
            raise _too_deep(self.at(node))
        if node.tag != _QUOTED:
            return self.unsupported_tag(node)
        if type(node) is MappingNode:
            return self.mapping(node, depth + 1)
        assert isinstance(node, SequenceNode)
        return [self.value(item, depth + 1) for item in node.value]

    def mapping(self, node: MappingNode, depth: int) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self.key(key_node)
            if key is None:
                continue
            if key in data:
                self.fault("PC102", f"the key {key!r} stands here twice", key_node, expected="each key once")
                continue
            data[key] = self.value(value_node, depth)
        return data

    def key(self, node: Node) -> str | None:
        if type(node) is not ScalarNode:
            self.fault("PC105", "a key must be text", node, expected="a string")
            return None
        text: str = node.value
        if node.tag == _QUOTED:
            return text
        if text == "<<":
            hint = "write the fields out, or put shared ones into the environment's `defaults`"
            self.fault("PC111", "merge keys are not supported", node, expected="plain keys", hint=hint)
            return None
        if node.tag != _PLAIN:
            self.unsupported_tag(node)
            return None
        before = len(self.faults)
        if type(self.plain(node, text)) is str:
            return text
        if len(self.faults) == before:
            self.fault("PC105", f"the key {text!r} is not a string", node, expected="a string", hint=f'write "{text}"')
        return None

    def plain(self, node: ScalarNode, text: str) -> Any:
        """The typed value of an unquoted scalar."""
        if text[:1] in _NUMBER_START:
            return self.number(node, text)
        if len(text) > 5:
            return text
        lowered = text.lower()
        if lowered in _WORDS:
            return _WORDS[lowered]
        if lowered in _AMBIGUOUS_WORDS:
            meant = "true" if lowered in {"yes", "on", "y"} else "false"
            self.ambiguous(node, f"{text} is a boolean to some YAML parsers and text to others", meant)
        return text

    def number(self, node: ScalarNode, text: str) -> Any:
        whole = _INT.match(text) is not None
        if not whole and _AMBIGUOUS_NUMBER.match(text):
            self.ambiguous(node, f"{_short(text)} is a different number, or text, to different YAML parsers", None)
        elif whole or _FLOAT.match(text):
            return self.exact(node, text, int if whole else float)
        elif text.lstrip("+-").lower() in {".inf", ".nan"}:
            self.ambiguous(node, f"{text} is no number that a spec can use", None)
        return text

    def exact(self, node: ScalarNode, text: str, kind: type[int | float]) -> Any:
        """The number, if it is written as it would be written again: nobody's version 1.10 may become 1.1."""
        if len(text) > MAX_DIGITS:
            self.ambiguous(node, f"{_short(text)} is longer than a number may be", None)
            return text
        value = kind(text)
        canonical = plain_decimal(value)
        if canonical == text:
            return value
        usable = "n" not in canonical and len(canonical) <= MAX_DIGITS  # `inf` is no number
        self.ambiguous(node, f"{text} would become {_short(canonical)}", canonical if usable else None)
        return text

    def ambiguous(self, node: Node, summary: str, meant: str | None) -> None:
        quoted = f'"{_short(node.value)}"'
        hint = (
            f"write {meant}, or {quoted} for the text" if meant else f"write {quoted} for the text, or a plain decimal"
        )
        self.fault("PC103", summary, node, expected="true, false, a decimal number or quoted text", hint=hint)

    def unsupported_tag(self, node: Node) -> None:
        self.fault(
            "PC111", f"the tag {node.tag} is not supported", node, expected="a plain value", hint="remove the tag"
        )

    def fault(self, code: str, summary: str, node: Node, *, expected: str = "", hint: str = "") -> None:
        self.faults.append(Diagnostic(code, summary, self.at(node), expected, hint))

    def at(self, node: Node) -> Location:
        return _location(self.file, self.text, node)


def _short(text: str) -> str:
    return text if len(text) <= MAX_DIGITS else f"{text[:MAX_DIGITS]}…"


def locate(file: str, text: str, path: KeyPath, *, key: bool = False, part: str = "") -> Location:
    """Where the value at `path` of a document stands, or with `key` its key; see `Document.locate`."""
    node, key_node = _find(_nodes(text), path)
    for piece in (part, *part.split()[:1]):  # lines are indented or folded, so all of it may not be found
        index = text.find(piece, node.start_mark.index, node.end_mark.index)
        if piece and index >= 0:
            return _at(file, text, index)._replace(length=len(piece))
    return _location(file, text, key_node if key and key_node is not None else node)


@lru_cache(maxsize=4)
def _nodes(text: str) -> Node:
    node = _Loader(text).get_single_node()
    assert node is not None
    return node


def _find(node: Node, path: KeyPath) -> tuple[Node, Node | None]:
    """The node at `path` and the node of its key; the deepest that exists when the path ends early."""
    key_node: Node | None = None
    for step in path:
        if isinstance(node, MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == step), None)
            if found is None:
                return node, key_node
            key_node, node = found
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
            key_node, node = None, node.value[step]
        else:
            return node, key_node
    return node, key_node


def _location(file: str, text: str, node: Node) -> Location:
    start, end = node.start_mark, node.end_mark
    source = _line(text, start.line + 1)
    same_line = end.line == start.line and isinstance(node, ScalarNode)
    length = end.column - start.column if same_line else len(source) - start.column
    return Location(file, start.line + 1, start.column + 1, max(1, length), source)


def _mark_location(file: str, text: str, mark: Any) -> Location:
    return Location(file) if mark is None else _at(file, text, mark.index)


def _at(file: str, text: str, index: int) -> Location:
    """The character at `index`; the last line when that is the end."""
    lines = _lines(text[:index])
    return Location(file, len(lines), len(lines[-1]) + 1, 1, _line(text, len(lines)))


@lru_cache(maxsize=4)
def _lines(text: str) -> list[str]:
    return re.split(r"\r\n|\r|\n", text)


def _line(text: str, number: int) -> str:
    lines = _lines(text)
    return lines[number - 1] if number <= len(lines) else ""
