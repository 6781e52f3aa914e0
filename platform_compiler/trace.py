"""Finds the spec line that a manifest's property comes from, by trying: change an input, expand again, and compare.

A blueprint needs no annotations for this, and the answer is causal, not a guess by names: an input counts when the
property differs without it. Only components that change are traced, and one expand takes well under a millisecond.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from platform_compiler.blueprint.context import FieldError
from platform_compiler.diagnostics import Location
from platform_compiler.graph.resource import Resource
from platform_compiler.link.component import Component
from platform_compiler.spec.source import KeyPath

MISSING = object()


class Tracer:
    """Traces the properties of one component's resources to its inputs."""

    def __init__(self, component: Component) -> None:
        self.component = component

    def locate(self, resource_id: str, path: list[str | int]) -> Location | None:
        """The input that decides the property: its line, or that of the nearest mapping around several."""
        inputs = self.inputs_of(resource_id, path)
        if not inputs:
            return None
        common = inputs[0]
        for other in inputs[1:]:
            common = _common(common, other)
        return self.component.locate(common, key=True) if common else None

    def inputs_of(self, resource_id: str, path: list[str | int]) -> list[KeyPath]:
        """Every input without which the property would be another one."""
        original = _property(self._resources.get(resource_id), path)
        return [
            leaf
            for leaf, variants in self._variants
            if any(_property(variant.get(resource_id), path) != original for variant in variants)
        ]

    @cached_property
    def _resources(self) -> dict[str, Resource]:
        return self._expand(self.component.inputs) or {}

    @cached_property
    def _variants(self) -> list[tuple[KeyPath, list[dict[str, Resource]]]]:
        """For each input, the resources with it changed in the ways that its type allows."""
        found = []
        for leaf, value in _leaves(self.component.inputs, ()):
            expanded = (self._expand(_with(self.component.inputs, leaf, other)) for other in _others(value))
            found.append((leaf, [variant for variant in expanded if variant is not None][:2]))
        return found

    def _expand(self, inputs: dict[str, Any]) -> dict[str, Resource] | None:
        try:
            instance = self.component.blueprint.model_validate(inputs)
            return {resource.id: resource for resource in instance.expanded(self.component.context)}
        except (ValidationError, FieldError, ArithmeticError, LookupError, TypeError, ValueError):
            return None  # this variant is not a valid input; another one may be


def _leaves(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    else:
        yield path, value


def _others(value: Any) -> Iterator[Any]:
    """Values of the same type that differ, and the value's absence."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1)
    elif isinstance(value, str):
        yield from (f"{value}x", f"1{value}", f"{value}0")
    yield MISSING


def _with(value: Any, path: KeyPath, other: Any) -> Any:
    """A copy of `value` with `other` at `path`, or without it."""
    step, rest = path[0], path[1:]
    if isinstance(value, list):
        index = int(step)
        middle = [_with(value[index], rest, other)] if rest else [] if other is MISSING else [other]
        return [*value[:index], *middle, *value[index + 1 :]]
    if rest:
        return {**value, step: _with(value[step], rest, other)}
    kept = {key: item for key, item in value.items() if key != step}
    return kept if other is MISSING else {**value, step: other}


def _property(resource: Resource | None, path: list[str | int]) -> Any:
    value: Any = resource.manifest if resource else MISSING
    for step in path:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return MISSING
    return value


def _common(first: KeyPath, second: KeyPath) -> KeyPath:
    length = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        length += 1
    return first[:length]
