"""What a rule may ask beside the graph: the environment, and where an origin stands in its file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from platform_compiler.diagnostics import Location
from platform_compiler.graph.resource import Origin
from platform_compiler.spec.environment import Environment


@dataclass(frozen=True, slots=True)
class View:
    """`locate` finds the source line of an origin."""

    environment: Environment
    locate: Callable[[Origin], Location]
