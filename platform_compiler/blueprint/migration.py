"""The steps by which inputs of one version of a blueprint become inputs of the next.

A class names them in its statement: `migration=[Move("health", "probes.readiness.http"), Remove("legacy")]` leads from
the version before to its own. Fields are written as in a spec, with dots into mappings. A step works on one layer of a
component at a time: the spec, or what one environment lays over it. `fleet/rewriting.py` carries them out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Inputs = dict[str, Any]


class Move(NamedTuple):
    """The value of `source` is now written as `target`; a new name in the same place is a move as well."""

    source: str
    target: str

    @property
    def writes(self) -> str:
        """The field that is there afterwards."""
        return self.target


class Set(NamedTuple):
    """A field that is written out where the spec says nothing of it, as to keep a default that has changed."""

    field: str
    value: Any

    @property
    def writes(self) -> str:
        """The field that is there afterwards."""
        return self.field


class Remove(NamedTuple):
    """A field that is no more."""

    field: str


class Convert(NamedTuple):
    """A field whose value `function` turns into what it is now; it gets the value as written, references as text."""

    field: str
    function: Callable[[Any], Any]


class Rewrite(NamedTuple):
    """Whatever no other step can say: `function` gets a layer's inputs and returns them as they are now.

    A layer may be partial, as an environment's part of a spec is. Comments stay beside the values that stay.
    """

    function: Callable[[Inputs], Inputs]


Step = Move | Set | Remove | Convert | Rewrite
