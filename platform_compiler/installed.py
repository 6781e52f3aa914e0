"""Which blueprints are installed: the entry points of packages, looked up without importing any of them.

`importlib.metadata` is imported in the call: it takes longer to import than most else that a command needs, and a
process that reads ahead (`ahead.py`) has asked it already.
"""

from __future__ import annotations

from functools import reduce
from importlib import import_module
from typing import Any, NamedTuple

GROUP = "platform_compiler.blueprints"


class Point(NamedTuple):
    """An entry point: `name` is a blueprint's (`web-service@1`), `value` says where its class is (`module:Class`)."""

    name: str
    value: str

    @property
    def module(self) -> str:
        """The module that has the class."""
        return self.value.partition(":")[0].strip()

    def load(self) -> Any:
        """The class; raises whatever its module raises."""
        attributes = self.value.partition(":")[2].partition("[")[0].strip()
        return reduce(getattr, filter(None, attributes.split(".")), import_module(self.module))


def installed_points() -> list[Point]:
    """Every entry point of the group, by name."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - see above

    return sorted({Point(point.name, point.value) for point in entry_points(group=GROUP)})
