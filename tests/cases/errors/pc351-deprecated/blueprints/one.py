from typing import Annotated

from platform_compiler.blueprint import Blueprint, Deprecated

WHOLE = Deprecated(since="2026-06-01", remove_by="2027-01-01", cure="write `one@2`: platc migrate")
FIELD = Deprecated(since="1.4", remove_by="2.0", cure="write `tags`")


class One(Blueprint, name="one", version=1, deprecated=WHOLE):
    """Nothing."""

    labels: Annotated[dict[str, str], FIELD] = {}

    def expand(self, ctx):
        yield from ()
