"""Marks blueprints and fields that will go: since when, until when, and what to write instead.

A class is marked by `deprecated=Deprecated(...)` in its statement, a field by its type:
`Annotated[str, Deprecated(...)]`. The compiler knows no clock, so a mark warns for as long as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NamedTuple, get_args, get_origin

from pydantic import BaseModel

from platform_compiler.spec.source import KeyPath

EACH: Final = "*"
"""In a path to a field, any item of a list or any key of a mapping."""


class Deprecated(NamedTuple):
    """`since` and `remove_by` are dates or versions, as they are to be read; `cure` says what to write instead."""

    since: str
    remove_by: str
    cure: str

    def __str__(self) -> str:
        return f"deprecated since {self.since} and goes by {self.remove_by}"

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> dict[str, Any]:
        """Editors strike the field through."""
        return {**handler(core), "deprecated": True}


def deprecated_values(model: type[BaseModel], data: Any) -> Iterator[tuple[KeyPath, Deprecated]]:
    """The deprecated fields of `model` that `data` writes, with the path of each."""
    for pattern, mark in _deprecated_fields(model):
        for path in _matches(data, pattern):
            yield path, mark


@cache
def _deprecated_fields(model: type[BaseModel]) -> tuple[tuple[KeyPath, Deprecated], ...]:
    """Found once for each class: most have none, and then a component costs nothing."""
    return tuple(_fields_below(model, (), ()))


def _fields_below(
    model: type[BaseModel], path: KeyPath, around: tuple[type[BaseModel], ...]
) -> Iterator[tuple[KeyPath, Deprecated]]:
    for name, info in model.model_fields.items():
        field = (*path, info.alias or name)
        yield from ((field, mark) for mark in info.metadata if isinstance(mark, Deprecated))
        for steps, inner in _models_in(info.annotation):
            if inner not in around:
                yield from _fields_below(inner, (*field, *steps), (*around, model))


def _models_in(annotation: Any) -> Iterator[tuple[KeyPath, type[BaseModel]]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield (), annotation
        return
    into = (EACH,) if get_origin(annotation) in {list, dict} else ()
    for argument in get_args(annotation):
        for steps, model in _models_in(argument):
            yield (*into, *steps), model


def _matches(data: Any, pattern: KeyPath) -> Iterator[KeyPath]:
    if not pattern:
        yield ()
        return
    step, rest = pattern[0], pattern[1:]
    keys: list[str | int] = []
    if isinstance(data, dict):
        keys = list(data) if step == EACH else [step] if step in data else []
    elif isinstance(data, list) and step == EACH:
        keys = list(range(len(data)))
    for key in keys:
        for path in _matches(data[key], rest):
            yield (key, *path)
