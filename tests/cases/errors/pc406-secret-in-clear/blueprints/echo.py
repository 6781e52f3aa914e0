from collections.abc import Iterator

from platform_compiler.blueprint import Blueprint, Context, Resource


class Echo(Blueprint, name="echo", version=1):
    """Says what it is told."""

    text: str = "hello"

    def expand(self, ctx: Context) -> Iterator[Resource]:
        yield ctx.config_map("text", {"text": ctx.secret("password")})


class Shout(Blueprint, name="shout", version=1):
    """Says it to everybody."""

    def expand(self, ctx: Context) -> Iterator[Resource]:
        spec = {"ports": [{"port": 80}], "externalName": ctx.secret("password")}
        yield ctx.resource("service", "v1", "Service", spec=spec)
