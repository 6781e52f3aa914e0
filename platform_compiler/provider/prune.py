"""Cuts an object down to the fields that another one has.

A cluster adds fields to what it is given. To compare an object that lives there with what a program says, only the
fields that the program once set are of interest: the object is pruned to the shape of the old inputs.
"""

from __future__ import annotations

from typing import Any

from platform_compiler.provider.objects import Object


def prune(source: Object, shape: Object) -> Object:
    """The part of `source` whose fields `shape` has too; lists are matched item by item, by their position."""
    return {key: _prune(value, shape[key]) for key, value in source.items() if key in shape}


def _prune(value: Any, shape: Any) -> Any:
    if isinstance(value, dict) and isinstance(shape, dict):
        return prune(value, shape)
    if not (isinstance(value, list) and isinstance(shape, list)):
        return value
    if not value or not shape:
        return []
    if type(value[0]) is not type(shape[0]):
        return value
    return [_prune(item, mold) for item, mold in zip(value, shape, strict=False)]
