"""Kubernetes objects as the API serves them, the way to read more of them, and the fields that all kinds share.

Objects are plain dicts. Those of a list carry neither `apiVersion` nor `kind` (that is how the API serves lists), so
nothing here or above relies on them there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

Object = dict[str, Any]


class Reader(Protocol):
    """Reads a cluster. `namespace` is empty for kinds that have none."""

    def get(self, api_version: str, kind: str, namespace: str, name: str) -> Object | None:
        """One object, None when there is none."""

    def list(self, api_version: str, kind: str, namespace: str, *, labels: str = "", fields: str = "") -> list[Object]:
        """The objects of a kind that a label selector and a field selector choose, both as the API takes them."""

    def logs(self, namespace: str, pod: str, container: str, *, previous: bool, lines: int) -> str:
        """The last lines that a container wrote, or its previous run; empty when they are not to be had."""


def name_of(obj: Object) -> str:
    """`metadata.name`."""
    return str(obj["metadata"]["name"])


def namespace_of(obj: Object) -> str:
    """`metadata.namespace`, empty for kinds that have none."""
    return str(obj["metadata"].get("namespace") or "")


def created(obj: Object) -> str:
    """`metadata.creationTimestamp`, RFC 3339 in UTC, so that texts sort as times; empty when it is not there."""
    return str(obj["metadata"].get("creationTimestamp") or "")


def spec_of(obj: Object) -> Object:
    """`spec`, empty when it is not there."""
    return obj.get("spec") or {}


def status_of(obj: Object) -> Object:
    """`status`, empty when it is not there."""
    return obj.get("status") or {}


def condition(obj: Object, kind: str) -> Object:
    """The condition of a type, empty when the object has none of it."""
    return next((item for item in status_of(obj).get("conditions") or () if item["type"] == kind), {})


def holds(obj: Object, kind: str) -> bool:
    """Whether the condition of a type is True."""
    return condition(obj, kind).get("status") == "True"


def fails(obj: Object, kind: str) -> bool:
    """Whether the condition of a type is False; one that is not there does not fail."""
    return condition(obj, kind).get("status") == "False"


def told(item: Object) -> str:
    """What a condition or a state says: its message, else its reason."""
    return str(item.get("message") or item.get("reason") or "")


def label_selector(selector: Object) -> str:
    """A `metav1.LabelSelector` as the API takes it in a query."""
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    parts.extend(_requirement(item) for item in selector.get("matchExpressions") or ())
    return ",".join(sorted(parts))


def _requirement(item: Object) -> str:
    key, operator = item["key"], item["operator"]
    if operator in {"In", "NotIn"}:
        return f"{key} {operator.lower()} ({','.join(item['values'])})"
    return f"!{key}" if operator == "DoesNotExist" else str(key)


def owned_by(owner: Object, objects: Iterable[Object]) -> list[Object]:
    """Those that the owner controls."""
    uid = owner["metadata"]["uid"]
    return [
        item
        for item in objects
        if any(ref["uid"] == uid and ref.get("controller") for ref in item["metadata"].get("ownerReferences") or ())
    ]
