"""Holds one object against the schema of a Kubernetes version: unknown kinds and fields, wrong types, missing fields.

What a schema cannot say is left to the API server: relations between fields, bounds, immutable fields, admission.
Objects of groups that are not Kubernetes' own (custom resources) are not checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from platform_compiler.diagnostics import did_you_mean, nearest, one_of
from platform_compiler.graph.secret import SecretText
from platform_compiler.kubernetes.schema import Schema, group_of

QUANTITY: Final = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][-+]?[0-9]+)?")
"""Kubernetes API, `resource.Quantity`: a number with a decimal or binary suffix, or an exponent."""

Path = tuple[str | int, ...]


class Fault(NamedTuple):
    """One thing that the API server would refuse or drop; `path` leads to the value, or to where it should be."""

    path: Path
    summary: str
    expected: str
    hint: str = ""
    present: bool = True


def is_checked(manifest: Mapping[str, Any], schema: Schema) -> bool:
    """Whether the object's group is Kubernetes' own, so that the schema knows its kinds."""
    return group_of(manifest["apiVersion"]) in schema.groups


def faults(manifest: Mapping[str, Any], schema: Schema) -> Iterator[Fault]:
    """Everything in `manifest` that does not fit the version; of custom resources, only what every object has."""
    if strange := [*_no_object(manifest)]:
        yield from strange
        return
    if not is_checked(manifest, schema):
        return
    kind = (manifest["apiVersion"], manifest["kind"])
    if kind not in schema.kinds:
        yield _unknown_kind(kind, schema)
        return
    yield from _Check(schema).mapping(manifest, schema.kinds[kind], ())


def _no_object(manifest: Any) -> Iterator[Fault]:
    """What every object has: an API version, a kind, and a name."""
    if not isinstance(manifest, Mapping):
        yield Fault((), f"the object is {_describe(manifest)}", "a mapping")
        return
    metadata = manifest.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    for key in ("apiVersion", "kind"):
        value = manifest.get(key)
        if not isinstance(value, str):
            yield Fault((key,), f"{key} is {_describe(value)}", "text", present=value is not None)
    if not isinstance(name, str):
        yield Fault(("metadata", "name"), f"metadata.name is {_describe(name)}", "text", present=name is not None)


def _unknown_kind(kind: tuple[str, str], schema: Schema) -> Fault:
    known = [f"{api_version} {name}" for api_version, name in schema.kinds]
    same_name = [name for name in known if name.endswith(f" {kind[1]}")]
    hint = f"did you mean {same_name[-1]!r}?" if same_name else did_you_mean(" ".join(kind), known)
    return Fault(("kind",), f"Kubernetes has no {' '.join(kind)}", "a kind of a supported version", hint)


class _Check:
    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def value(self, value: Any, kind: str, path: Path) -> Iterator[Fault]:
        if kind == "any" or value is None:
            return
        if kind[0] == "[":
            yield from self.items(value, kind[1:-1], path)
        elif kind[0] == "{":
            yield from self.entries(value, kind[1:-1], path)
        elif kind[0] == "=":
            yield from _word(value, kind[1:].split("|"), path)
        elif kind in SCALARS:
            scalar = SCALARS[kind]
            if not scalar.fits(value):
                yield Fault(path, f"{dotted(path)} is {_describe(value)}", scalar.expected, scalar.hint(value))
        else:
            yield from self.mapping(value, kind, path)

    def mapping(self, value: Any, kind: str, path: Path) -> Iterator[Fault]:
        if not isinstance(value, Mapping):
            yield Fault(path, f"{dotted(path)} is {_describe(value)}", f"a mapping, {kind}")
            return
        fields = self.schema.types[kind]
        for name, item in value.items():
            if name in fields:
                yield from self.value(item, fields[name].type, (*path, name))
                continue
            close = nearest(str(name), fields)
            hint = f"did you mean {close!r}?" if close else ""
            yield Fault((*path, name), f"{dotted((*path, name))} is no field of {kind}", one_of(fields), hint)
        for name, field in fields.items():
            if field.required and value.get(name) is None:
                place = (*path, name)
                yield Fault(place, f"{dotted(place)} is missing", f"{kind} requires it", present=False)

    def items(self, value: Any, kind: str, path: Path) -> Iterator[Fault]:
        if not isinstance(value, list | tuple):
            yield Fault(path, f"{dotted(path)} is {_describe(value)}", "a list")
            return
        for index, item in enumerate(value):
            yield from self.value(item, kind, (*path, index))

    def entries(self, value: Any, kind: str, path: Path) -> Iterator[Fault]:
        if not isinstance(value, Mapping):
            yield Fault(path, f"{dotted(path)} is {_describe(value)}", "a mapping of names to values")
            return
        for name, item in value.items():
            yield from self.value(item, kind, (*path, name))


class _Scalar(NamedTuple):
    """One kind of plain value: what fits it, what to say of others, and the nearest fix."""

    fits: Callable[[Any], bool]
    expected: str
    hint: Callable[[Any], str] = lambda _: ""


def _is_text(value: Any) -> bool:
    return isinstance(value, str | SecretText)


def _is_int(value: Any) -> bool:
    return type(value) is int


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _is_quantity(value: Any) -> bool:
    return _is_number(value) or (isinstance(value, str) and QUANTITY.fullmatch(value) is not None)


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return f'write "{str(value).lower()}"'
    return f'write "{value}"' if isinstance(value, int | float) else ""


def _as_int(value: Any) -> str:
    return f"write {value}" if isinstance(value, str) and value.isdecimal() else ""


def _as_bool(value: Any) -> str:
    return f"write {value.title()}" if value in ("true", "false") else ""


SCALARS: Final = {
    "bool": _Scalar(lambda value: isinstance(value, bool), "true or false", _as_bool),
    "bytes": _Scalar(_is_text, "text in base64", _as_text),
    "int": _Scalar(_is_int, "a whole number", _as_int),
    "int-or-string": _Scalar(lambda value: _is_int(value) or _is_text(value), "a whole number or text"),
    "number": _Scalar(_is_number, "a number"),
    "quantity": _Scalar(_is_quantity, "an amount such as 250m or 128Mi"),
    "string": _Scalar(_is_text, "text", _as_text),
    "time": _Scalar(_is_text, "a time such as 2026-01-31T12:00:00Z"),
}
"""The plain types that `schema.txt` names."""


def _word(value: Any, words: list[str], path: Path) -> Iterator[Fault]:
    if value not in words:
        hint = did_you_mean(value, words) if isinstance(value, str) else ""
        yield Fault(path, f"{dotted(path)} is {_describe(value)}", one_of(words), hint)


def _describe(value: Any) -> str:
    """The value if it is short and plain, else what it is."""
    if isinstance(value, SecretText):
        return "a secret"
    if isinstance(value, Mapping | list | tuple):
        return "a mapping" if isinstance(value, Mapping) else "a list"
    return repr(value) if len(repr(value)) <= 40 else f"{type(value).__name__} of {len(str(value))} characters"


def dotted(path: Path) -> str:
    """`spec.containers[0].image`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".") or "the object"
