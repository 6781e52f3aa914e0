"""Fields whose models are imported and built only when a spec writes one: most specs use few of many fields.

A class of models costs half a millisecond to define and more to build, on every start, whether it is used or not. Write

    if TYPE_CHECKING:
        from somewhere import Volume
    else:
        Volume = later("somewhere", "Volume")

and use `Volume` in annotations as if it were imported.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Annotated, Any, NamedTuple

from pydantic import TypeAdapter
from pydantic_core import CoreSchema, core_schema


class Later(NamedTuple):
    """Marks an annotation that stands for the type `name` of a module."""

    module: str
    name: str

    @property
    def type(self) -> Any:
        """The type itself; imports its module."""
        return getattr(import_module(self.module), self.name)

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._validated)

    def _validated(self, value: object) -> Any:
        """By aliases alone, as the model around it is."""
        return _adapter(self).validate_python(value, by_alias=True, by_name=False)

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, handler: Callable[[CoreSchema], dict[str, Any]]
    ) -> dict[str, Any]:
        adapter = _adapter(self)
        adapter.rebuild()
        return handler(adapter.core_schema)


def later(module: str, name: str) -> Any:
    """An annotation for the type `name` of `module`, which is imported when a value is first validated."""
    return Annotated[Any, Later(module, name)]


@cache
def _adapter(marker: Later) -> TypeAdapter[Any]:
    return TypeAdapter(marker.type)
