"""What a rule may ask beside the graph: the environment, and where an origin stands in its file."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from platform_compiler.diagnostics import Location
from platform_compiler.graph.resource import Origin, Resource
from platform_compiler.spec.environment import Environment


class View(NamedTuple):
    """`locate` finds the spec's line of an origin, `author` says who mends a resource: the line that yields it."""

    environment: Environment
    locate: Callable[[Origin], Location]
    author: Callable[[Resource], str]
