"""A platform with one blueprint of its own, which tests put mistakes into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from platform_compiler.authoring.run import Outcome, run_examples
from platform_compiler.authoring.snippets import table_of

ECHO = '''\
from collections.abc import Iterator

from platform_compiler.blueprint import Blueprint, Context, OutputModel, Resource


class Echo(Blueprint, name="echo", version=1):
    """Says what it is told."""

    text: str = "hello"

    class Outputs(OutputModel):
        """Where it says so."""

        place: str

    def outputs(self, ctx: Context) -> "Echo.Outputs":
        return self.Outputs(place=ctx.name)

    def expand(self, ctx: Context) -> Iterator[Resource]:
        yield ctx.config_map("text", {"text": self.text})
        yield ctx.resource("service", "v1", "Service", spec={"selector": ctx.selector, "ports": [{"port": 80}]})
'''
SPEC = "app: shop\nteam: store\nblueprint: echo@1\ntext: hi\n"

WriteEcho = Callable[..., Path]
RunEcho = Callable[..., Outcome]


@pytest.fixture
def write_echo(make_platform: Callable[..., Path]) -> WriteEcho:
    """Writes the platform; the arguments are texts of the class and what stands in their place."""

    def write(*changes: tuple[str, str]) -> Path:
        text = ECHO
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        return make_platform({"blueprints/echo.py": text, "blueprints/examples/echo@1/basic.yaml": SPEC})

    return write


@pytest.fixture
def run_echo(write_echo: WriteEcho) -> RunEcho:
    """Writes the platform and runs the examples of its blueprint."""

    def run(*changes: tuple[str, str], update: bool = False) -> Outcome:
        root = write_echo(*changes)
        table = table_of(root)
        return run_examples(root, table, table.named("echo"), update=update)

    return run
