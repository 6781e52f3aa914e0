"""Writes `platform_compiler/kubernetes/types.pyi` from `schema.txt`: typed mappings for the structures of common kinds.

    .venv/bin/python scripts/kubernetes_types.py

Only fields that every supported version has are taken, with the types of the newest.
"""

from __future__ import annotations

import keyword
from pathlib import Path

from platform_compiler.kubernetes.schema import Schema, schema_of, versions

TARGET = Path(__file__).parents[1] / "platform_compiler" / "kubernetes" / "types.pyi"
KINDS = (
    ("apps/v1", "DaemonSet"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("batch/v1", "CronJob"),
    ("batch/v1", "Job"),
    ("networking.k8s.io/v1", "Ingress"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("policy/v1", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    ("rbac.authorization.k8s.io/v1", "Role"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("v1", "LimitRange"),
    ("v1", "PersistentVolumeClaim"),
    ("v1", "Pod"),
    ("v1", "ResourceQuota"),
    ("v1", "Service"),
)
SCALARS = {
    "any": "Any",
    "bool": "bool",
    "bytes": "str",
    "int": "int",
    "int-or-string": "int | str",
    "number": "float",
    "quantity": "str | float",
    "string": "str",
    "time": "str",
}
HANDED_OVER = ("batch.v1.JobSpec", "core.v1.PodTemplateSpec")
"""What the traits of the compiler hand over as plain mappings."""
HEAD = """\
# Written by scripts/kubernetes_types.py from schema.txt.
from typing import Any, Literal, Required, TypedDict
"""


def stub() -> str:
    """The text of `types.pyi`."""
    schemas = [schema_of(version) for version in versions()]
    names = sorted(_reached(schemas[-1]), key=_short)
    shorts = [_short(name) for name in names]
    twice = {name for name in shorts if shorts.count(name) > 1}
    if twice:
        raise ValueError(f"two types have one name: {sorted(twice)}")
    return HEAD + "\n" + "\n".join(_definition(name, schemas) for name in names)


def _short(name: str) -> str:
    return name.rpartition(".")[2]


def _reached(schema: Schema) -> set[str]:
    """The types that the kinds' own fields lead to."""
    found: set[str] = set()
    ahead = [
        _inner(field.type)
        for kind in KINDS
        for name, field in schema.types[schema.kinds[kind]].items()
        if name != "metadata"
    ]
    while ahead:
        name = ahead.pop()
        if name in schema.types and name not in found:
            found.add(name)
            ahead += [_inner(field.type) for field in schema.types[name].values()]
    return found


def _inner(kind: str) -> str:
    """`core.v1.Container` of `[core.v1.Container]`."""
    return kind.strip("[]{}")


def _definition(name: str, schemas: list[Schema]) -> str:
    fields = {
        field: _annotation(entry.type, required=entry.required)
        for field, entry in schemas[-1].types[name].items()
        if all(field in schema.types.get(name, {}) for schema in schemas)
    }
    short = _short(name)
    if any(keyword.iskeyword(field) for field in fields):
        body = "".join(f'        "{field}": {kind},\n' for field, kind in fields.items())
        return f'{short} = TypedDict(\n    "{short}",\n    {{\n{body}    }},\n    total=False,\n)\n'
    body = "".join(f"    {field}: {kind}\n" for field, kind in fields.items()) or "    pass\n"
    return f"class {short}(TypedDict, total=False):\n{body}"


def _annotation(kind: str, *, required: bool) -> str:
    text = _type(kind)
    return f"Required[{text}]" if required else text


def _type(kind: str) -> str:
    if kind[0] == "[":
        return f"list[{_type(kind[1:-1])}]"
    if kind[0] == "{":
        return f"dict[str, {_type(kind[1:-1])}]"
    if kind[0] == "=":
        return f"Literal[{', '.join(repr(word) for word in kind[1:].split('|'))}]".replace("'", '"')
    if kind in HANDED_OVER:
        return f"{_short(kind)} | dict[str, Any]"
    return SCALARS.get(kind) or _short(kind)


if __name__ == "__main__":
    TARGET.write_text(stub(), encoding="utf-8")
