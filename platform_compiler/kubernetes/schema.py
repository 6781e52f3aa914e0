"""The kinds of Kubernetes and their fields, by version, from `schema.txt` beside this module.

`scripts/kubernetes_schemas.py` writes that file from Kubernetes' OpenAPI documents. Its lines, one fact each:

    versions 1.34 1.35
    kind apps/v1 Deployment apps.v1.Deployment
    type core.v1.ContainerPort
     containerPort! int
     protocol =SCTP|TCP|UDP
     hostIP string >=1.35

A field's type is a scalar's name, another type's name, `[T]` for a list, `{T}` for a mapping of names to T, or `=` with
the words that it allows; `!` marks a required field. A line that does not hold for every version ends with those that
it holds for.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_name("schema.txt")


class Field(NamedTuple):
    """One field of a type: how its type is written, and whether it must be there."""

    type: str
    required: bool


class Schema(NamedTuple):
    """One version of Kubernetes: the type of each kind by `apiVersion kind`, and each type's fields by name."""

    version: str
    kinds: dict[tuple[str, str], str]
    types: dict[str, dict[str, Field]]

    @property
    def groups(self) -> frozenset[str]:
        """The API groups that are Kubernetes' own; the core group is empty."""
        return frozenset(group_of(api_version) for api_version, _ in self.kinds)


def group_of(api_version: str) -> str:
    """`apps` of `apps/v1`; the core group, as in `v1`, is empty."""
    return api_version.rpartition("/")[0]


@cache
def versions() -> tuple[str, ...]:
    """The supported versions, lowest first."""
    with FILE.open(encoding="utf-8") as lines:
        return next(tuple(line.split()[1:]) for line in lines if line.startswith("versions "))


@cache
def schema_of(version: str) -> Schema:
    """The schema of one of the supported versions; raises KeyError for another one."""
    if version not in versions():
        raise KeyError(version)
    schema = Schema(version, {}, {})
    fields: dict[str, Field] = {}
    for line in FILE.read_text(encoding="utf-8").splitlines()[2:]:
        words = line.split()
        if line.startswith("type "):
            fields = schema.types[words[1]] = {}
        elif not _holds(words, version):
            continue
        elif line.startswith("kind "):
            schema.kinds[words[1], words[2]] = words[3]
        else:
            fields[words[0].removesuffix("!")] = Field(words[1], words[0].endswith("!"))
    return schema


def _holds(words: list[str], version: str) -> bool:
    return all(
        (word[:2] != ">=" or _number(version) >= _number(word[2:]))
        and (word[:2] != "<=" or _number(version) <= _number(word[2:]))
        for word in words[2:]
    )


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
