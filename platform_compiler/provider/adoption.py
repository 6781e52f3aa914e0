"""Which objects that stand in a cluster already may become a resource's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

ADOPT_VARIABLE: Final = "PLATC_ADOPT"
"""The environment variable that carries `platc up --adopt` to the provider: names, separated by commas."""
FORCE_VARIABLE: Final = "PLATC_FORCE_CONFLICTS"
"""The environment variable that carries `platc up --force-conflicts` to the provider: `1`."""


def may_adopt(name: str, asked: Iterable[str]) -> bool:
    """Whether the resource `app/component/role` is one of those, or of the apps and components, that were asked for."""
    return any(name == item or name.startswith(f"{item}/") for item in asked)
