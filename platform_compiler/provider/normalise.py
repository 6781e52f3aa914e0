"""Normalises objects, so that two ways to write the same object are stored and compared as one.

The official provider reads an object of a built-in kind into Kubernetes' own types and writes it out again, then keeps
the fields that were there before. What this does is a matter of a few rules about fields, which stand here as tables:

- amounts get their canonical form (`1000m` is `1`),
- a value that its type does not tell from an absent one is left out (`hostNetwork: false`, `args: []`, an `env` value
  of ""), while one behind a pointer stays (`automountServiceAccountToken: false`, `emptyDir: {}`),
- a Secret's `stringData` becomes base64 `data`,
- fields that only a cluster writes are left out of `metadata`.

Objects with unknown values and custom resources are left as they are. The fields follow from the `json` tags of the
types in Kubernetes' API (k8s.io/api); a name that means different things is told apart by the field around it.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

from platform_compiler.provider.objects import Object, group_of, is_built_in, is_definition
from platform_compiler.provider.quantity import canonical
from platform_compiler.provider.wire import has_unknowns

READ_ONLY_METADATA: Final = frozenset({
    "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields",
    "resourceVersion", "uid",
})  # fmt: skip
TYPED_GROUPS: Final = frozenset({
    "", "apps", "autoscaling", "batch", "coordination.k8s.io", "discovery.k8s.io", "networking.k8s.io", "node.k8s.io",
    "policy", "rbac.authorization.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
})  # fmt: skip
"""Groups whose fields the tables below cover."""
AMOUNTS: Final = frozenset({"averageValue", "divisor", "sizeLimit", "tolerance"})
AMOUNT_MAPS: Final = frozenset({
    "capacity", "default", "defaultRequest", "hard", "limits", "max", "maxLimitRequestRatio", "min", "overhead",
    "podFixed", "requests",
})  # fmt: skip
TEXT_MAPS: Final = frozenset({
    "annotations", "binaryData", "data", "labels", "matchLabels", "nodeSelector", "options", "parameters",
    "userAnnotations", "volumeAttributes",
})  # fmt: skip
SELECTOR_MAPS: Final = frozenset({"Service", "ReplicationController"})
"""Kinds whose `spec.selector` is a plain map of labels."""
PLAIN_BOOLEANS: Final = frozenset({
    "chapAuthDiscovery", "chapAuthSession", "globalDefault", "hostIPC", "hostNetwork", "hostPID", "paused",
    "publishNotReadyAddresses", "readOnly", "sslEnabled", "stdin", "stdinOnce", "tty", "unschedulable",
})  # fmt: skip
PLAIN_NUMBERS: Final = frozenset({
    "failureThreshold", "healthCheckNodePort", "hostPort", "initialDelaySeconds", "minReadySeconds", "nodePort",
    "number", "successThreshold",
})  # fmt: skip
PROBES: Final = frozenset({"livenessProbe", "readinessProbe", "startupProbe"})
DISKS: Final = frozenset({"awsElasticBlockStore", "gcePersistentDisk"})
REQUIRED_LISTS: Final = frozenset({
    "containers", "monitors", "nodeSelectorTerms", "paths", "sources", "verbs",
})  # fmt: skip
REQUIRED_LISTS_IN: Final = frozenset({
    ("endpoints", "addresses"), ("", "endpoints"), ("", "ports"), ("", "rules"), ("podFailurePolicy", "rules"),
    ("successPolicy", "rules"), ("spec", "limits"), ("matchLabelExpressions", "values"), ("onExitCodes", "values"),
})  # fmt: skip
"""Lists that stay when empty, by the field around them, which is "" at the top."""
EMPTY_TEXTS: Final = frozenset({
    "appProtocol", "failurePolicy", "gmsaCredentialSpec", "gmsaCredentialSpecName", "holderIdentity",
    "ingressClassName", "loadBalancerClass", "localhostProfile", "runAsUserName", "runtimeClassName",
    "storageClassName", "timeZone", "trafficDistribution", "url", "volumeAttributesClassName", "zone",
})  # fmt: skip
"""Texts that stay when empty, because empty differs from absent."""
EMPTY_TEXTS_IN: Final = frozenset({
    ("httpHeaders", "value"), ("sysctls", "value"), ("options", "value"), ("roleRef", "apiGroup"),
    ("dataSource", "apiGroup"), ("dataSourceRef", "apiGroup"), ("parameters", "apiGroup"), ("hostPath", "type"),
    ("grpc", "service"),
})  # fmt: skip


def normalise(obj: Object) -> Object:
    """The object in its normal form; `obj` is not changed."""
    result = obj
    if not has_unknowns(obj) and is_built_in(str(obj.get("apiVersion", ""))):
        result = _built_in(obj)
    metadata = result.get("metadata")
    if not isinstance(metadata, dict) or READ_ONLY_METADATA.isdisjoint(metadata):
        return result
    return {**result, "metadata": {key: item for key, item in metadata.items() if key not in READ_ONLY_METADATA}}


def _built_in(obj: Object) -> Object:
    api_version, kind = str(obj.get("apiVersion", "")), obj.get("kind")
    if is_definition(obj):
        return _definition(obj)
    if api_version == "v1" and kind == "Secret":
        return _secret(obj)
    if group_of(api_version) not in TYPED_GROUPS:
        return obj
    try:
        return _fields(obj, "", str(kind))
    except ValueError:  # an amount that is none: Kubernetes itself will say what is wrong with the object
        return obj


def _definition(obj: Object) -> Object:
    spec = obj.get("spec")
    result = {key: item for key, item in obj.items() if key != "status"}
    if isinstance(spec, dict) and spec.get("preserveUnknownFields") is False:
        result["spec"] = {key: item for key, item in spec.items() if key != "preserveUnknownFields"}
    return result


def _secret(obj: Object) -> Object:
    data, texts = obj.get("data"), obj.get("stringData")
    if isinstance(texts, dict) and texts and all(isinstance(text, str) for text in texts.values()):
        encoded = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
        merged = {**(data if isinstance(data, dict) else {}), **encoded}
        return {**{key: item for key, item in obj.items() if key != "stringData"}, "data": merged}
    if not isinstance(data, dict) or not data:
        return obj
    return {**obj, "data": {key: _encoded_again(text) for key, text in data.items()}}


def _encoded_again(text: Any) -> Any:
    """Base64 without line breaks, as the API server writes it; what is no base64 stays, for the server to refuse."""
    try:
        compact = "".join(text.split()) if isinstance(text, str) else text
        return base64.b64encode(base64.b64decode(compact, validate=True)).decode()
    except (binascii.Error, TypeError, ValueError):
        return text


def _fields(value: Object, parent: str, kind: str) -> Object:
    """`value` field by field; `parent` is the field that holds it, or that holds the list it is in."""
    result = {}
    for key, item in value.items():
        if not _is_absent(item, key, parent, kind):
            result[key] = _field(item, key, parent, kind)
    return result


def _field(item: Any, key: str, parent: str, kind: str) -> Any:
    if isinstance(item, dict):
        if _is_text_map(key, parent, kind):
            return item
        if key in AMOUNT_MAPS:
            return {name: _field(amount, "", key, kind) if isinstance(amount, dict) else canonical(amount)
                    for name, amount in item.items()}  # fmt: skip
        return _fields(item, key, kind)
    if isinstance(item, list):
        return [_fields(each, key, kind) if isinstance(each, dict) else each for each in item]
    is_amount = key in AMOUNTS or (parent == "target" and key == "value")
    return canonical(item) if is_amount and isinstance(item, str | int | float) else item


def _is_text_map(key: str, parent: str, kind: str) -> bool:
    return key in TEXT_MAPS or (key == "selector" and parent == "spec" and kind in SELECTOR_MAPS)


def _is_absent(item: Any, key: str, parent: str, kind: str) -> bool:
    """Whether Kubernetes' types cannot tell `item` from a field that is not there."""
    if item is None:
        return True
    if item is False:
        optional = parent == "azureDisk" or (parent == "csi" and kind != "PersistentVolume")
        return key in PLAIN_BOOLEANS and not (key == "readOnly" and optional)
    if item == 0 and not isinstance(item, bool | str):
        in_probe = parent in PROBES and key in {"periodSeconds", "timeoutSeconds"}
        return key in PLAIN_NUMBERS or in_probe or (key == "partition" and parent in DISKS)
    if item == "":
        kept = key in EMPTY_TEXTS and not (key == "storageClassName" and kind == "PersistentVolume")
        return not kept and (parent, key) not in EMPTY_TEXTS_IN
    if item == []:
        return key not in REQUIRED_LISTS and (parent, key) not in REQUIRED_LISTS_IN
    return item == {} and (key in AMOUNT_MAPS or _is_text_map(key, parent, kind))
