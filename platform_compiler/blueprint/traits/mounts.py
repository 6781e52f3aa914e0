"""What makes a part of a pod's file system: volumes, where containers mount them, the objects behind them."""

from __future__ import annotations

from typing import Any, NamedTuple

from platform_compiler.graph.resource import Resource


class Mounts(NamedTuple):
    """`volumes` of the pod, `mounts` of its main container (`core/v1.Volume` and `VolumeMount`), and resources."""

    volumes: list[dict[str, Any]]
    mounts: list[dict[str, Any]]
    resources: tuple[Resource, ...] = ()
