from collections.abc import Iterator

from platform_compiler.blueprint import Blueprint, Context, Resource


class Echo(Blueprint, name="echo", version=1, requires=["gateway-api"]):
    """Says what it is told."""

    text: str = "hello"

    def expand(self, ctx: Context) -> Iterator[Resource]:
        yield ctx.config_map("text", {"text": self.text})
