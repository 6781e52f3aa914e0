"""Check: completes, names and normalises the inputs of an object, as the official provider does before it stores them.

The steps, in order: take the marks of secrets off; fill `apiVersion` and `kind` from the type token; normalise; give
the object its name (the written one, the generated one of last time, or a new one from the engine's random seed) and
its default namespace; refuse what could be no object; put the marks back. Values that are not known yet pass through.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from platform_compiler.provider.checkpoint import with_dashes
from platform_compiler.provider.normalise import normalise
from platform_compiler.provider.objects import (
    AUTONAMED,
    InvalidObjectError,
    Object,
    Scopes,
    annotation,
    group_of,
    is_namespaced,
    metadata,
    name_in_urn,
    name_of,
    require_segment,
    token_of,
)
from platform_compiler.provider.sensitive import mark_secrets
from platform_compiler.provider.wire import UNKNOWN, has_foreign, reveal

MANAGED_BY: Final = "app.kubernetes.io/managed-by"
MANAGER: Final = "pulumi"
PATCH: Final = "Patch"


@dataclass(frozen=True, slots=True)
class Naming:
    """How an object without a name gets one: the engine's randomness, and the name that the stack's config proposes."""

    seed: bytes = b""
    mode: Literal["propose", "enforce", "disable"] = "propose"
    proposed: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """What of the provider's config and of the other resources matters for Check."""

    namespace: str = ""
    client_side_apply: bool = False
    scopes: Scopes = field(default_factory=dict)


def check(urn: str, news: Object, olds: Object, *, naming: Naming, rules: Rules) -> Object:
    """The inputs to store, with secrets marked; raises `InvalidObjectError`. `olds` are the last inputs, if any."""
    if has_foreign(news):
        raise InvalidObjectError("", "files and archives cannot be values of a Kubernetes object")
    old, plain = reveal(olds), _complete(urn, with_dashes(reveal(news)))
    named = _named(urn, normalise(plain), old, naming)
    placed = _labelled(_placed(named, rules), old, rules)
    _require_names(placed)
    return mark_secrets(placed, news)


def _complete(urn: str, news: Object) -> Object:
    token = token_of(urn)
    api_version, kind = news.get("apiVersion") or token.api_version, news.get("kind") or token.kind
    if kind != UNKNOWN and f"{kind}{PATCH}" == token.kind:
        raise InvalidObjectError("", f"{token.kind} changes an object that lives in a cluster: this provider has none")
    if kind not in {token.kind, UNKNOWN}:
        raise InvalidObjectError("kind", f"kind is {kind!r}, but the resource's type says {token.kind!r}")
    if api_version != UNKNOWN and group_of(str(api_version)) != group_of(token.api_version):
        reason = f"apiVersion is {api_version!r}, but the resource's type says {token.api_version!r}"
        raise InvalidObjectError("apiVersion", reason)
    meta = news.get("metadata")
    if meta is not None and meta != UNKNOWN and not isinstance(meta, dict):
        raise InvalidObjectError("metadata", f"metadata must be an object, not {type(meta).__name__}")
    return {**news, "apiVersion": api_version, "kind": kind, "metadata": {} if meta is None else meta}


def _named(urn: str, obj: Object, old: Object, naming: Naming) -> Object:
    meta = obj["metadata"]
    if meta == UNKNOWN or meta.get("name"):
        return obj
    if old and annotation(old, AUTONAMED) == "true":
        return _with_name(obj, name_of(old))
    if meta.get("generateName"):
        raise InvalidObjectError("metadata.generateName", "generateName is not supported: set metadata.name or neither")
    if naming.mode == "disable":
        raise InvalidObjectError("metadata.name", "autonaming is disabled, so metadata.name must be set")
    return _with_name(obj, naming.proposed or _new_name(urn, naming.seed))


def _new_name(urn: str, seed: bytes) -> str:
    """`<name>-<8 hex digits>`; of a logical name with slashes the last part, for a slash cannot be in a name."""
    base = name_in_urn(urn).rpartition("/")[2].lower()
    return f"{base}-{hashlib.sha256(seed or urn.encode()).hexdigest()[:8]}"


def _with_name(obj: Object, name: str) -> Object:
    return _with_metadata({**obj, "metadata": {**obj["metadata"], "name": name}}, "annotations", AUTONAMED, "true")


def _with_metadata(obj: Object, field_name: str, key: str, value: str) -> Object:
    """Set a label or annotation, unless all of them are unknown yet."""
    known = metadata(obj).get(field_name) or {}
    if not isinstance(known, Mapping):
        return obj
    return {**obj, "metadata": {**metadata(obj), field_name: {**known, key: value}}}


def _placed(obj: Object, rules: Rules) -> Object:
    meta = obj["metadata"]
    if not rules.namespace or meta == UNKNOWN or meta.get("namespace") or not is_namespaced(obj, rules.scopes):
        return obj
    return {**obj, "metadata": {**meta, "namespace": rules.namespace}}


def _labelled(obj: Object, old: Object, rules: Rules) -> Object:
    """The label by which client-side apply knows its objects: new ones get it, old ones keep it."""
    labels = metadata(old).get("labels")
    had = isinstance(labels, dict) and labels.get(MANAGED_BY) in {MANAGER, UNKNOWN}
    wanted = had if old else rules.client_side_apply
    return _with_metadata(obj, "labels", MANAGED_BY, MANAGER) if wanted and obj["metadata"] != UNKNOWN else obj


def _require_names(obj: Object) -> None:
    meta: Any = obj["metadata"]
    if meta == UNKNOWN:
        return
    for key in ("name", "namespace"):
        value = meta.get(key)
        if value is None or value == UNKNOWN:
            continue
        if not isinstance(value, str):
            raise InvalidObjectError(f"metadata.{key}", f"metadata.{key} must be text, not {type(value).__name__}")
        require_segment(f"metadata.{key}", value)
