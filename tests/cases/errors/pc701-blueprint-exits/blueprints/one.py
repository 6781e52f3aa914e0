import sys
from collections.abc import Iterator
from typing import Any

from pydantic import field_validator

from platform_compiler.blueprint import Blueprint, Context, OutputModel, Public, Resource


class Expands(Blueprint, name="expands", version=1):
    """Ends the process where it should make objects."""

    def expand(self, ctx: Context) -> Iterator[Resource]:
        exit()
        yield ctx.config_map("text", {})


class Outputs(Blueprint, name="outputs", version=1):
    """Ends the process where it should say what it offers."""

    class Outputs(OutputModel):
        text: Public[str]

    def outputs(self, ctx: Context) -> Outputs:
        sys.exit(0)

    def expand(self, ctx: Context) -> Iterator[Resource]:
        yield ctx.config_map("text", {})


class Validates(Blueprint, name="validates", version=1):
    """Stumbles over an input."""

    text: str

    @field_validator("text")
    @classmethod
    def _first_word(cls, value: Any) -> Any:
        return value.split()[1]

    def expand(self, ctx: Context) -> Iterator[Resource]:
        yield ctx.config_map("text", {"text": self.text})
