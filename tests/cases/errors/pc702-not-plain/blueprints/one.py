from collections.abc import Iterator
from datetime import date
from enum import StrEnum

from platform_compiler.blueprint import Blueprint, Context, Resource


class Colour(StrEnum):
    RED = "red"


class Echo(Blueprint, name="echo", version=1):
    """Says what it is told."""

    def expand(self, ctx: Context) -> Iterator[Resource]:
        data = {"colour": Colour.RED, "days": [date(2026, 1, 1)]}
        yield ctx.resource("text", "v1", "ConfigMap", data=data)
