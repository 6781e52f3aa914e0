from collections.abc import Iterator

from platform_compiler.blueprint import Blueprint, Context, OutputModel, Resource


class Echo(Blueprint, name="echo", version=1):
    """Says what no text can hold."""

    class Outputs(OutputModel):
        """A list, and an output that may be missing."""

        hosts: list[str]
        origin: str | None

    def outputs(self, ctx: Context) -> "Echo.Outputs":
        return self.Outputs(hosts=["a", "b"], origin=None)

    def expand(self, ctx: Context) -> Iterator[Resource]:
        yield ctx.config_map("text", {})
