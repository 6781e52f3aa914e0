"""What makes a part of a pod's file system: volumes, where the main container mounts them, the objects behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from platform_compiler.blueprint.context import FieldError
from platform_compiler.graph.resource import Resource
from platform_compiler.spec.source import KeyPath


class Mounts(NamedTuple):
    """`volumes` of the pod, `mounts` of its main container (`core/v1.Volume` and `VolumeMount`), and resources."""

    volumes: list[dict[str, Any]]
    mounts: list[dict[str, Any]]
    resources: tuple[Resource, ...] = ()


NO_MOUNTS: Final = Mounts([], [])
"""Shared: do not change it."""


def numbered_mounts(sources: Mapping[str, dict[str, Any]]) -> Mounts:
    """Volume sources by mount path, named by their number in the order of paths."""
    paths = sorted(sources)
    return Mounts(
        [{"name": f"volume-{index}", **sources[path]} for index, path in enumerate(paths)],
        [{"name": f"volume-{index}", "mountPath": path} for index, path in enumerate(paths)],
    )


def joined(parts: Iterable[Mounts]) -> Mounts:
    """All parts in their order."""
    parts = tuple(parts)
    return Mounts(
        [volume for part in parts for volume in part.volumes],
        [mount for part in parts for mount in part.mounts],
        tuple(resource for part in parts for resource in part.resources),
    )


def refuse_same_path(mounts: Mounts, fields: Mapping[str, KeyPath]) -> None:
    """Raise `FieldError` for two mounts at one path; `fields` are those of the spec by path."""
    paths = [mount["mountPath"].rstrip("/") for mount in mounts.mounts]
    for path, field in fields.items():
        if paths.count(path.rstrip("/")) > 1:
            raise FieldError(field, f"something else is mounted at {path} already", expected="a path of its own")
