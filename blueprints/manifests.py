"""`manifests`: Kubernetes objects as they are, a way in for what is not described by a blueprint yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pydantic import Field

from platform_compiler.blueprint import Blueprint, Context, Resource, SecretText
from platform_compiler.blueprint.context import FieldError
from platform_compiler.blueprint.traits.raw import read_manifests
from platform_compiler.blueprint.traits.storage import KEPT, STATEFUL
from platform_compiler.graph.resource import DEFAULT_LIFECYCLE, Manifest
from platform_compiler.spec.source import KeyPath

CRD: Final = "CustomResourceDefinition"
LIFECYCLES: Final = {"PersistentVolumeClaim": KEPT, CRD: KEPT, "StatefulSet": STATEFUL}
CLUSTER_SCOPED: Final = frozenset(
    [
        "APIService",
        "ClusterRole",
        "ClusterRoleBinding",
        CRD,
        "CSIDriver",
        "GatewayClass",
        "IngressClass",
        "MutatingWebhookConfiguration",
        "Namespace",
        "PersistentVolume",
        "PriorityClass",
        "RuntimeClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeSnapshotClass",
    ]
)


class Manifests(Blueprint, name="manifests", version=1):
    """Kubernetes objects as they are: from files of the platform, or written in the spec.

    They are named, checked, previewed and deleted like any other object of the app. What has no namespace gets the
    app's; a Secret takes its values from references only.
    """

    files: list[str] = Field([], description="Files with Kubernetes YAML, relative to the platform's root.")
    objects: list[dict[str, Any]] = Field([], description="Objects; references are allowed in their values.")
    cluster_scoped: list[str] = Field([], description="Custom kinds among them that have no namespace.")

    def expand(self, ctx: Context) -> Iterator[Resource]:
        """Every object, labelled as the app's."""
        found = [*self._written(ctx)]
        if not found:
            raise FieldError(
                (), "the component has no objects", expected="`files` or `objects`", hint="write them in the spec"
            )
        definitions = {
            manifest["spec"]["names"]["kind"]: f"{ctx.app}/{ctx.component}/{_role(manifest)}"
            for _, manifest in found
            if manifest["kind"] == CRD
        }
        roles: set[str] = set()
        for path, manifest in found:
            role = _role(manifest)
            if role in roles:
                raise FieldError(path, f"{role} is there twice", expected="one object of each kind and name")
            roles.add(role)
            yield self._resource(ctx, path, manifest, definitions.get(manifest["kind"]))

    def _written(self, ctx: Context) -> Iterator[tuple[KeyPath, Manifest]]:
        for index, name in enumerate(self.files):
            path: KeyPath = ("files", index)
            for number, document in enumerate(read_manifests(ctx.environment.root, name, path), start=1):
                yield path, _checked(document, path, f"document {number} of {name}")
        for index, written in enumerate(self.objects):
            yield ("objects", index), _checked(written, ("objects", index), "it")

    def _resource(self, ctx: Context, path: KeyPath, manifest: Manifest, definition: str | None) -> Resource:
        kind, metadata = manifest["kind"], dict(manifest["metadata"])
        if kind in CLUSTER_SCOPED or kind in self.cluster_scoped:
            metadata.pop("namespace", None)
        elif metadata.setdefault("namespace", ctx.namespace) != ctx.namespace:
            summary = f"{kind} {metadata['name']} is in the namespace {metadata['namespace']!r}"
            raise FieldError(path, summary, expected=f"no namespace, or the app's: {ctx.namespace}")
        if kind == "Secret":
            _refuse_values(manifest, path)
        metadata["labels"] = {**ctx.labels, **(metadata.get("labels") or {})}
        return Resource(
            f"{ctx.app}/{ctx.component}/{_role(manifest)}",
            {**manifest, "metadata": metadata},
            ctx.origin,
            (definition,) if definition else (),
            LIFECYCLES.get(kind, DEFAULT_LIFECYCLE),
        )


def _role(manifest: Manifest) -> str:
    return f"{manifest['kind']}-{manifest['metadata']['name']}".lower()


def _checked(document: Any, path: KeyPath, what: str) -> Manifest:
    """The document, if it is an object with a name."""
    metadata = document.get("metadata") if isinstance(document, dict) else None
    named = isinstance(metadata, dict) and isinstance(metadata.get("name"), str)
    if not named or not all(isinstance(document.get(key), str) for key in ("apiVersion", "kind")):
        raise FieldError(path, f"{what} is no Kubernetes object", expected="apiVersion, kind and metadata.name")
    manifest: Manifest = document
    if manifest["kind"] == CRD and not isinstance(manifest.get("spec", {}).get("names", {}).get("kind"), str):
        raise FieldError(path, f"{what} defines no kind", expected="spec.names.kind")
    return manifest


def _refuse_values(manifest: Manifest, path: KeyPath) -> None:
    """A value of a Secret that stands in the repository is no secret."""
    name = manifest["metadata"]["name"]
    if manifest.get("data"):
        raise FieldError(path, f"Secret {name} holds values in clear", expected="`stringData`", code="PC406")
    for key, value in (manifest.get("stringData") or {}).items():
        if not isinstance(value, SecretText):
            summary = f"{key} of the Secret {name} stands in clear"
            raise FieldError(path, summary, expected="a reference such as ${secrets.NAME}", code="PC406")
