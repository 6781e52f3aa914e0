from collections.abc import Iterator

from platform_compiler.blueprint import Blueprint, Context, Endpoint, OutputModel, Public, Resource


class Echo(Blueprint, name="echo", version=1):
    """Has a wrong endpoint."""

    class Outputs(OutputModel):
        """Its host."""

        host: Public[str]

    def outputs(self, ctx: Context) -> "Echo.Outputs":
        return self.Outputs(host=ctx.host)

    def endpoint(self, ctx: Context) -> Endpoint:
        return Endpoint(ctx.selector, (self.port,))

    def expand(self, ctx: Context) -> Iterator[Resource]:
        yield ctx.config_map("text", {})
