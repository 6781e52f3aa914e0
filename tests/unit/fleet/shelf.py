"""A test platform's blueprints in two versions side by side, and specs that use them."""

from __future__ import annotations

SHELF = '''"""`shelf` and `vault` in several versions."""

from typing import Annotated

from pydantic import Field

from platform_compiler.blueprint import Blueprint, Deprecated, OutputModel, Public
from platform_compiler.blueprint.migration import Convert, Move, Remove, Rewrite, Set
from platform_compiler.blueprint.traits.storage import claim
from platform_compiler.spec.validation import Model

OLD = Deprecated(since="2026-06-01", remove_by="2027-01-01", cure="write shelf@2; `platc migrate` does it")
FIELD = Deprecated(since="1.4", remove_by="2.0", cure="write `labels`")


class Door(Model):
    color: str = "red"
    lock: Annotated[str | None, FIELD] = None


class Shelf1(Blueprint, name="shelf", version=1, deprecated=OLD):
    """A ConfigMap."""

    title: str
    height: int = 1
    seconds: int | None = None
    tags: Annotated[dict[str, str], FIELD] = Field({}, description="Tags.")
    doors: list[Door] = []
    legacy: bool = False
    notes: list[str] = []

    class Outputs(OutputModel):
        height: Public[str]

    def outputs(self, ctx):
        return self.Outputs(height=str(self.height))

    def expand(self, ctx):
        data = {"title": self.title, "height": str(self.height), "tags": str(sorted(self.tags.items()))}
        yield ctx.resource("config", "v1", "ConfigMap", data=data)


class Size(Model):
    height: int = 2


def louder(inputs):
    return {**inputs, "notes": [note.upper() for note in inputs["notes"]]} if "notes" in inputs else inputs


class Shelf2(
    Blueprint,
    name="shelf",
    version=2,
    migration=[
        Move("title", "name"),
        Move("height", "size.height"),
        Set("size.height", 1),
        Convert("seconds", lambda seconds: f"{seconds}s"),
        Move("seconds", "period"),
        Move("tags", "labels"),
        Remove("legacy"),
        Rewrite(louder),
    ],
):
    """A ConfigMap, with its height below `size`."""

    name: str
    size: Size = Size()
    period: str | None = None
    labels: dict[str, str] = {}
    doors: list[Door] = []
    notes: list[str] = []

    class Outputs(OutputModel):
        height: Public[str]

    def outputs(self, ctx):
        return self.Outputs(height=str(self.size.height))

    def expand(self, ctx):
        data = {"title": self.name, "height": str(self.size.height), "tags": str(sorted(self.labels.items()))}
        yield ctx.resource("config", "v1", "ConfigMap", data=data)


class Vault1(Blueprint, name="vault", version=1, stateful=True):
    """A claim."""

    gold: str = "1Gi"

    def expand(self, ctx):
        yield claim(ctx, self.gold)


class Vault2(Blueprint, name="vault", version=2, stateful=True, migration=[]):
    """A claim of another storage class: its object would be another one."""

    gold: str = "1Gi"

    def expand(self, ctx):
        yield claim(ctx, self.gold, storage_class="fast")


class Vault3(Blueprint, name="vault", version=3, stateful=True):
    """Nothing leads here."""

    gold: str = "1Gi"

    def expand(self, ctx):
        yield claim(ctx, self.gold)
'''

APP = """# the library
app: books
team: library
blueprint: shelf@1 # the good old one
title: Novels   # shown above
# how high it is
height: 3
tags: {genre: fiction}
"""
