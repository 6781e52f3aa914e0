"""Every field of every blueprint, down to the last nested one, stands in a case whose output is a golden."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from platform_compiler.blueprint.table import load_table
from platform_compiler.compiler import compile_stack
from platform_compiler.diagnostics import Diagnostics
from platform_compiler.root import environment_names
from tests.conftest import ROOT

CASES = ROOT / "tests" / "cases" / "compile"


def models(value: Any) -> Iterator[BaseModel]:
    """Every model in a value."""
    if isinstance(value, BaseModel):
        yield value
        for name in type(value).model_fields:
            yield from models(getattr(value, name))
    elif isinstance(value, dict):
        for item in value.values():
            yield from models(item)
    elif isinstance(value, list):
        for item in value:
            yield from models(item)


def declared(cls: type[BaseModel], name: str) -> str:
    """The field with the class that first has it, so that a shared one counts once."""
    owner = next(base for base in reversed(cls.__mro__) if name in getattr(base, "model_fields", ()))
    return f"{owner.__name__}.{name}"


def test_every_field_stands_in_a_golden() -> None:
    classes: set[type[BaseModel]] = set(load_table(ROOT, Diagnostics()))
    used: set[str] = set()
    for folder in sorted(CASES.iterdir()):
        for environment in environment_names(folder):
            for component in compile_stack(folder, environment).components.values():
                for model in models(component.instance):
                    classes.add(type(model))
                    used.update(declared(type(model), name) for name in model.model_fields_set)
    fields = {declared(cls, name) for cls in classes for name in cls.model_fields}
    assert sorted(fields - used) == []
