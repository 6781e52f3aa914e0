from collections.abc import Iterator

from platform_compiler.blueprint import Blueprint, Context, Resource


class Echo(Blueprint, name="echo", version=1):
    """Forgets to yield."""

    def expand(self, ctx: Context) -> Iterator[Resource]:
        ctx.config_map("text", {})
