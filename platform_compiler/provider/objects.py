"""Kubernetes objects as the provider sees them: type tokens, identity, scope and file names.

Everything here follows from an object's own `apiVersion`, `kind` and `metadata`, never from a cluster. Objects are
plain dicts in which secrets are revealed already (see `wire`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Object = dict[str, Any]

BUILT_IN_GROUPS: Final = frozenset({
    "", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "apps", "autoscaling",
    "batch", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io", "extensions",
    "flowcontrol.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io", "policy", "rbac.authorization.k8s.io",
    "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io", "storagemigration.k8s.io",
})  # fmt: skip
"""API groups that every cluster serves; any other group comes from a CustomResourceDefinition."""
CLUSTER_SCOPED: Final = frozenset({
    "APIService", "CSIDriver", "CSINode", "CertificateSigningRequest", "ClusterRole", "ClusterRoleBinding",
    "CustomResourceDefinition", "DeviceClass", "FlowSchema", "IPAddress", "IngressClass", "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding", "MutatingWebhookConfiguration", "Namespace", "Node", "PersistentVolume",
    "PriorityClass", "PriorityLevelConfiguration", "ResourceSlice", "RuntimeClass", "ServiceCIDR", "StorageClass",
    "StorageVersionMigration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration", "VolumeAttachment", "VolumeAttributesClass",
})  # fmt: skip
"""Kinds of the built-in groups that have no namespace."""
CLUSTER_SCOPED_CUSTOM: Final = frozenset({
    ("cert-manager.io", "ClusterIssuer"),
    ("gateway.networking.k8s.io", "GatewayClass"),
})  # fmt: skip
"""Widely used custom kinds without a namespace; others are taken for namespaced unless their definition is seen."""
NOT_OBJECTS: Final = ("helm.sh", "yaml", "kustomize")
"""Modules of the official provider whose types are no Kubernetes objects."""
AUTONAMED: Final = "pulumi.com/autonamed"
"""The annotation of objects whose name was generated."""
DEFAULT_NAMESPACE: Final = "default"
NAME_LIMIT: Final = 253
"""The longest name that Kubernetes takes, in characters."""

Scopes = Mapping[tuple[str, str], bool]
"""Whether a custom kind is namespaced, by group and kind."""


class InvalidObjectError(ValueError):
    """Inputs that are no Kubernetes object; `field` names the one that is wrong, empty for the object as a whole."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True, slots=True)
class Token:
    """What a resource's type token says: `kubernetes:apps/v1:Deployment` is (`apps/v1`, `Deployment`)."""

    api_version: str
    kind: str


def token_of(urn: str) -> Token:
    """The type token of a resource's URN; raises `InvalidObjectError` for types that are no single object."""
    token = urn.split("::")[2].rpartition("$")[2]
    module, _, kind = token.partition(":")[2].partition(":")
    group, slash, version = module.partition("/")
    if group in NOT_OBJECTS:
        raise InvalidObjectError("", f"{token} is a part of the official Kubernetes provider that this one lacks")
    if not (slash and version and kind):
        raise InvalidObjectError(
            "", f"{token} is no type of a Kubernetes object: expected kubernetes:GROUP/VERSION:KIND"
        )
    api_version = version if group == "core" else module
    if kind.endswith("List") and is_built_in(api_version):
        raise InvalidObjectError("", f"{token} is a list: register the objects in it one by one")
    return Token(api_version, kind)


def name_in_urn(urn: str) -> str:
    """The resource's logical name: the last part of its URN."""
    return urn.partition("::")[2].partition("::")[2].partition("::")[2]


def group_of(api_version: str) -> str:
    """`apps` of `apps/v1`; empty for the core group."""
    return api_version.rpartition("/")[0]


def is_built_in(api_version: str) -> bool:
    """Whether the group belongs to Kubernetes itself."""
    return group_of(api_version) in BUILT_IN_GROUPS


def is_namespaced(obj: Object, scopes: Scopes) -> bool:
    """Whether objects of this kind live in a namespace; unknown custom kinds are taken to."""
    api_version, kind = str(obj.get("apiVersion", "")), str(obj.get("kind", ""))
    if is_built_in(api_version):
        return kind not in CLUSTER_SCOPED
    group = group_of(api_version)
    return scopes.get((group, kind), (group, kind) not in CLUSTER_SCOPED_CUSTOM)


def is_definition(obj: Object) -> bool:
    """Whether the object is a CustomResourceDefinition."""
    return (
        obj.get("kind") == "CustomResourceDefinition" and group_of(str(obj.get("apiVersion"))) == "apiextensions.k8s.io"
    )


def metadata(obj: Object) -> Object:
    """The object's metadata; empty when it has none or it is not known yet."""
    value = obj.get("metadata")
    return value if isinstance(value, dict) else {}


def annotation(obj: Object, name: str) -> str:
    """An annotation's value, empty when it is not set."""
    annotations = metadata(obj).get("annotations")
    return str(annotations.get(name) or "") if isinstance(annotations, dict) else ""


def name_of(obj: Object) -> str:
    """`metadata.name`, empty when it is not set."""
    return str(metadata(obj).get("name") or "")


def namespace_of(obj: Object) -> str:
    """`metadata.namespace` as it is written, empty when it is not set."""
    return str(metadata(obj).get("namespace") or "")


def object_id(obj: Object) -> str:
    """Pulumi's id of the object: `namespace/name`, or `name` where no namespace is written."""
    namespace = namespace_of(obj)
    return f"{namespace}/{name_of(obj)}" if namespace else name_of(obj)


def file_name(obj: Object) -> str:
    """Where render mode puts the object, as the official provider names it: `1-manifest/v1-service-shop-web.yaml`.

    Raises `InvalidObjectError` for a part that would lead out of the folder.
    """
    folder = "0-crd" if is_definition(obj) else "1-manifest"
    version = str(obj["apiVersion"]).replace("/", "_").replace(":", "_")
    namespace = namespace_of(obj) or DEFAULT_NAMESPACE
    parts = {"kind": str(obj["kind"]).lower(), "metadata.namespace": namespace, "metadata.name": name_of(obj)}
    for field, part in {"apiVersion": version, **parts}.items():
        require_segment(field, part)
    return f"{folder}/{'-'.join((version, *parts.values()))}.yaml"


def require_segment(field: str, text: str) -> None:
    """Raise `InvalidObjectError` unless `text` can be one segment of a path, as Kubernetes wants of every name."""
    bad = not text or text in {".", ".."} or len(text) > NAME_LIMIT or any(c in "/\\%" or ord(c) < 32 for c in text)
    if bad:
        raise InvalidObjectError(field, f"{field} {text!r} is no valid name: it must be a single segment of a path")
