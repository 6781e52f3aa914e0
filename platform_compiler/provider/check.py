"""Check: completes and normalises the inputs of an object, as the official provider does before it stores them."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from platform_compiler.provider.objects import CLUSTER_SCOPED, InvalidObjectError, Object, token_parts
from platform_compiler.provider.wire import SIGNATURE, UNKNOWN, is_secret, reveal, secret

AUTONAMED = "pulumi.com/autonamed"


def check(urn: str, news: Object, olds: Object, *, seed: bytes, namespace: str | None = None) -> Object:
    """The inputs to store; raises `InvalidObjectError`.

    `olds` are the last inputs (their generated name is kept), `seed` the engine's randomness for a new name,
    `namespace` the provider's default one.
    """
    api_version, kind = token_parts(urn)
    inputs: Object = {**news}
    inputs["apiVersion"] = _same(inputs, "apiVersion", api_version)
    inputs["kind"] = _same(inputs, "kind", kind)
    metadata = inputs.get("metadata") or {}
    if not isinstance(metadata, dict) or is_secret(metadata):
        raise InvalidObjectError("metadata", "metadata must be an object that is not secret")
    inputs["metadata"] = _named(urn, metadata, olds.get("metadata") or {}, seed)
    if namespace and kind not in CLUSTER_SCOPED and not metadata.get("namespace"):
        inputs["metadata"] = {**inputs["metadata"], "namespace": namespace}
    return _secret_data(inputs) if kind == "Secret" else inputs


def _same(inputs: Object, field: str, expected: str) -> str:
    given = inputs.get(field, expected)
    custom = field == "apiVersion" and given == f"{given}".strip() and "." in expected
    if given != expected and not custom:
        raise InvalidObjectError(field, f"{field} is {given!r}, but the resource's type says {expected!r}")
    return str(given)


def _named(urn: str, metadata: Object, old: Object, seed: bytes) -> Object:
    """Metadata with a name: the given one, the generated one of last time, or a new one."""
    if metadata.get("name") or metadata.get("generateName"):
        return metadata
    annotations = old.get("annotations") or {}
    if annotations.get(AUTONAMED) == "true":
        name = old.get("name")
    else:
        base = urn.rpartition("::")[2].rpartition("/")[2].lower()
        name = f"{base}-{hashlib.sha256(seed or urn.encode()).hexdigest()[:8]}"
    return {**metadata, "name": name, "annotations": {**(metadata.get("annotations") or {}), AUTONAMED: "true"}}


def _secret_data(inputs: Object) -> Object:
    """`stringData` becomes base64 `data`, and the whole of it is marked secret."""
    texts = inputs.get("stringData")
    data = reveal(inputs.get("data")) or {}
    if UNKNOWN in (texts, data):
        return inputs
    merged: dict[str, Any] = {**data, **{key: _encode(text) for key, text in (reveal(texts) or {}).items()}}
    kept = {key: value for key, value in inputs.items() if key not in {"stringData", "data", SIGNATURE}}
    return {**kept, "data": secret(merged)} if merged else kept


def _encode(text: Any) -> str:
    if text == UNKNOWN:
        return UNKNOWN
    return base64.b64encode(str(text).encode()).decode()
