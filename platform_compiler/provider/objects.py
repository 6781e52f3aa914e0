"""Kubernetes objects as the provider sees them: identity, type token, file name."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from platform_compiler.provider.wire import reveal

Object = dict[str, Any]

CLUSTER_SCOPED = frozenset({
    "APIService", "CSIDriver", "CSINode", "CertificateSigningRequest", "ClusterRole", "ClusterRoleBinding",
    "CustomResourceDefinition", "FlowSchema", "GatewayClass", "IngressClass", "MutatingWebhookConfiguration",
    "Namespace", "Node", "PersistentVolume", "PriorityClass", "PriorityLevelConfiguration", "RuntimeClass",
    "StorageClass", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration",
    "VolumeAttachment",
})  # fmt: skip
"""Kinds without a namespace."""
DEFAULT_NAMESPACE = "default"
_UNSAFE = re.compile(r"[^a-zA-Z0-9._-]")


class InvalidObjectError(ValueError):
    """Inputs that are no Kubernetes object; `field` names the one that is wrong."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def token_parts(urn: str) -> tuple[str, str]:
    """`apiVersion` and `kind` of a resource's type token: `kubernetes:apps/v1:Deployment` is (`apps/v1`, ...)."""
    token = urn.split("::")[2].rpartition("$")[2]
    _, group_version, kind = token.split(":")
    return group_version.removeprefix("core/"), kind


def metadata(obj: Object) -> dict[str, Any]:
    """The object's metadata, empty when it has none."""
    value = reveal(obj.get("metadata"))
    return value if isinstance(value, dict) else {}


def name_of(obj: Object) -> str:
    """`metadata.name`, empty when it is not set."""
    return str(metadata(obj).get("name") or "")


def namespace_of(obj: Object) -> str:
    """`metadata.namespace`; empty for kinds that have none."""
    if obj.get("kind") in CLUSTER_SCOPED:
        return ""
    return str(metadata(obj).get("namespace") or DEFAULT_NAMESPACE)


def object_id(obj: Object) -> str:
    """Pulumi's id of the object: `namespace/name`, or `name` for kinds without a namespace."""
    namespace = namespace_of(obj)
    return f"{namespace}/{name_of(obj)}" if namespace else name_of(obj)


def field_manager(urn: str) -> str:
    """The name under which server-side apply would own the object's fields; constant for a resource."""
    return f"pulumi-kubernetes-{hashlib.sha256(urn.encode()).hexdigest()[:8]}"


def file_name(obj: Object) -> str:
    """Where render mode puts the object, as the official provider names it: `1-manifest/v1-service-shop-web.yaml`."""
    folder = "0-crd" if obj.get("kind") == "CustomResourceDefinition" else "1-manifest"
    group_version = str(obj["apiVersion"]).replace("/", "_")
    parts = [group_version, str(obj["kind"]).lower(), namespace_of(obj) or DEFAULT_NAMESPACE, name_of(obj)]
    return f"{folder}/{'-'.join(_UNSAFE.sub('_', part) for part in parts)}.yaml"
