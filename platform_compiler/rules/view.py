"""What a rule may ask beside the graph: the environment, and where an origin stands in its file."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from platform_compiler.diagnostics import Location
from platform_compiler.graph.resource import Origin
from platform_compiler.spec.environment import Environment


class View(NamedTuple):
    """`locate` finds the source line of an origin."""

    environment: Environment
    locate: Callable[[Origin], Location]
