from collections.abc import Iterator

from platform_compiler.blueprint import Blueprint, Context, OutputModel, Resource


class Echo(Blueprint, name="echo", version=1):
    """Says where it is."""

    class Outputs(OutputModel):
        """Its address."""

        address: str

    def outputs(self, ctx: Context) -> "Echo.Outputs":
        return self.Outputs(adress=ctx.host)

    def expand(self, ctx: Context) -> Iterator[Resource]:
        yield ctx.config_map("text", {})


class Mute(Blueprint, name="mute", version=1):
    """Forgets to say anything."""

    class Outputs(OutputModel):
        """Its address."""

        address: str

    def outputs(self, ctx: Context) -> "Mute.Outputs":
        pass

    def expand(self, ctx: Context) -> Iterator[Resource]:
        yield ctx.config_map("text", {})
