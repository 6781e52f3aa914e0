"""Tells pydantic's validation errors as diagnostics: the value's place, what was expected, the nearest valid name."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Annotated, Any, Self, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError

from platform_compiler.diagnostics import Diagnostic, Location, did_you_mean, one_of
from platform_compiler.spec.later import Later
from platform_compiler.spec.source import KeyPath

M = TypeVar("M", bound=BaseModel)

Locate = Callable[[KeyPath, bool], Location]
"""Finds the place of a path, or of its key when the flag is set."""


class InputError(ValueError):
    """Raised by a field's validator: says what was expected and, where one is near, the fix."""

    def __init__(self, summary: str, *, expected: str = "", hint: str = "") -> None:
        super().__init__(summary)
        self.summary = summary
        self.expected = expected
        self.hint = hint


def kebab(name: str) -> str:
    """Spec fields are written in kebab-case: `service_port` is `service-port`."""
    return name.replace("_", "-")


class Model(BaseModel):
    """A strict, frozen model of YAML input: unknown fields are errors, and nothing is coerced silently.

    Python code makes one with the names of its attributes, specs are validated by aliases alone: who reads a field from
    the inputs, such as the linker for an output, knows it by its alias and would miss `service_port`.
    """

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, alias_generator=kebab, populate_by_name=True, defer_build=True
    )

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """A spec's data as an instance; nested models follow."""
        return super().model_validate(obj, by_alias=True, by_name=False, **options)


class JsonSchema:
    """Gives an annotated type this JSON Schema; pydantic's own mark for it loads a generator that only editors need."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = schema

    def __get_pydantic_json_schema__(self, _core: Any, _handler: Any) -> dict[str, Any]:
        return dict(self.schema)  # a copy: pydantic writes titles and descriptions into it


def shared(model: type[M]) -> Callable[[], M]:
    """A default factory that makes one instance of a frozen model when it is first needed, and then shares it."""
    return cache(model)


_EXPECTED = {
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "float_type": "a number",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_type": "a mapping",
    "string_type": "text",
    "set_type": "a list",
    "tuple_type": "a list",
}
_BOUNDS = {
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "greater_than": "more than {gt}",
    "less_than": "less than {lt}",
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
    "too_short": "at least {min_length} items",
    "too_long": "at most {max_length} items",
}


def diagnose(
    error: ValidationError,
    model: type[BaseModel],
    data: Any,
    locate: Locate,
    *,
    settings: Iterable[str] = (),
    secret_type: type | None = None,
) -> Iterator[Diagnostic]:
    """One diagnostic for each of pydantic's errors; `data` is what was validated, its paths are `locate`'s.

    `settings` are more names that are valid at the top level, `secret_type` is a type that must not stand in clear.
    """
    for item in error.errors(include_url=False):
        path = _data_path(item["loc"], data, missing=item["type"] == "missing")
        if secret_type and isinstance(item["input"], secret_type):
            field = ".".join(str(step) for step in path)
            expected = "a secret only in `env` and in fields that take one"
            yield Diagnostic("PC406", f"{field} would store a secret in clear text", locate(path, False), expected)
        else:
            yield _diagnostic(item, path, model, locate, settings)


def _diagnostic(
    item: Any, path: KeyPath, model: type[BaseModel], locate: Locate, settings: Iterable[str]
) -> Diagnostic:
    kind: str = item["type"]
    field = ".".join(str(step) for step in path) or "the value"
    if kind == "extra_forbidden":
        name = str(item["loc"][-1])
        known = [*field_names(model, path[:-1]), *(settings if len(path) == 1 else ())]
        hint = did_you_mean(name, known)
        return Diagnostic("PC201", f"there is no field {name!r} here", locate(path, True), one_of(known), hint)
    if kind == "missing":
        name = str(item["loc"][-1])
        return Diagnostic("PC202", f"the field {name!r} is missing", locate(path, True), f"`{name}: VALUE`")
    location = locate(path, "[key]" in item["loc"] and "[key]" not in path)
    if kind in _EXPECTED:
        found = _describe(item["input"])
        return Diagnostic("PC203", f"{field} is {found}", location, _EXPECTED[kind])
    context = item.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, InputError):
        return Diagnostic("PC204", f"{field}: {cause.summary}", location, cause.expected, cause.hint)
    if kind == "literal_error":
        allowed = _literals(context["expected"])
        hint = did_you_mean(str(item["input"]), allowed)
        return Diagnostic("PC204", f"{field} is {item['input']!r}", location, one_of(allowed), hint)
    expected = _BOUNDS[kind].format(**context) if kind in _BOUNDS else str(item["msg"])
    return Diagnostic("PC204", f"{field} is {_short(item['input'])}", location, expected)


def _short(value: object, limit: int = 40) -> str:
    if isinstance(value, dict | list):
        return _describe(value)
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _describe(value: object) -> str:
    names = {dict: "a mapping", list: "a list", bool: "true or false", type(None): "null"}
    if type(value) in names:
        return names[type(value)] if not isinstance(value, bool) else str(value).lower()
    kind = {str: "text", int: "a number", float: "a number"}.get(type(value), type(value).__name__)
    return f"{kind} ({_short(value)})"


def _literals(expected: str) -> list[str]:
    return [word.strip("' ") for word in expected.replace(" or ", ",").split(",")]


def _data_path(loc: Sequence[str | int], data: Any, *, missing: bool) -> KeyPath:
    """The part of pydantic's `loc` that exists in `data`: union branches and `[key]` marks are left out."""
    path: list[str | int] = []
    step: Any
    for step in loc[:-1] if missing else loc:
        if (isinstance(data, dict) and step in data) or (isinstance(data, list) and isinstance(step, int)):
            data = data[step]
        else:
            continue
        path.append(step)
    return tuple(path)


def field_names(model: type[BaseModel], path: KeyPath) -> list[str]:
    """The names that the mapping at `path` of `model` may have, as written in YAML."""
    models = [model]
    for step in path:
        models = [inner for outer in models for inner in _models_below(outer, step)]
    return sorted({info.alias or name for each in models for name, info in each.model_fields.items()})


def _models_below(model: type[BaseModel], step: str | int) -> Iterator[type[BaseModel]]:
    for name, info in model.model_fields.items():
        if step in {name, info.alias}:
            yield from _models_in(info.annotation)
            return
    yield model  # the step is an index of a list, or a key of a mapping


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif isinstance(annotation, Later):
        yield from _models_in(annotation.type)
    elif get_origin(annotation) in {Union, types.UnionType, Annotated, list, dict, tuple}:
        for argument in get_args(annotation):
            yield from _models_in(argument)
