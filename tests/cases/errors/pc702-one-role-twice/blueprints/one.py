from collections.abc import Iterator

from platform_compiler.blueprint import Blueprint, Context, Resource


class Echo(Blueprint, name="echo", version=1):
    """Makes two objects under one role."""

    def expand(self, ctx: Context) -> Iterator[Resource]:
        yield ctx.config_map("text", {"a": "1"})
        yield ctx.config_map("text", {"b": "2"})
