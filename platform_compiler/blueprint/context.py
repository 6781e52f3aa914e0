"""What a blueprint is given beside its inputs: names, labels, the environment, and the way to make resources."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from platform_compiler.diagnostics import did_you_mean, one_of
from platform_compiler.graph.resource import DEFAULT_LIFECYCLE, Lifecycle, Manifest, Origin, Resource
from platform_compiler.graph.secret import SecretRef, SecretText
from platform_compiler.spec.environment import Environment
from platform_compiler.spec.quantities import Resources
from platform_compiler.spec.source import KeyPath
from platform_compiler.spec.validation import InputError

MANAGED_BY = "platc"
TEAM_LABEL = "platc.dev/team"
HASH_LENGTH = 10
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


class FieldError(InputError):
    """Raised by a blueprint's `expand` or `outputs` when an input turns out wrong: `path` names the field."""

    def __init__(self, path: KeyPath, summary: str, *, expected: str = "", hint: str = "", code: str = "PC204") -> None:
        super().__init__(summary, expected=expected, hint=hint)
        self.path = path
        self.code = code


class Wait(NamedTuple):
    """A step before a consumer's containers start: `command` runs in `image` until it succeeds."""

    name: str
    image: str
    command: tuple[str, ...]


class Outside(NamedTuple):
    """A server outside the platform whose networks nobody has said: the component that stands for it, and its port."""

    component: str
    port: int


class Contribution(NamedTuple):
    """What a component adds to the pods of those that refer to it.

    `egress` are rules (`NetworkPolicyEgressRule`) for consumers whose calls are restricted, `waits` their first steps.
    `unplaced` is a server that no rule can lead to, so that such a consumer must list a way itself.
    """

    egress: tuple[dict[str, Any], ...] = ()
    waits: tuple[Wait, ...] = ()
    unplaced: Outside | None = None


@dataclass(frozen=True)
class Context:
    """One component in one environment. `name` is the name of its objects, `host` how its consumer reaches it."""

    app: str
    component: str
    team: str
    namespace: str
    environment: Environment
    origin: Origin
    consumer_namespace: str = ""
    contributions: tuple[Contribution, ...] = ()
    """What the components that this one refers to add to it."""

    @cached_property
    def name(self) -> str:
        """`<app>` for the component named as the app, else `<app>-<component>`."""
        return self.app if self.component == self.app else f"{self.app}-{self.component}"

    @property
    def host(self) -> str:
        """The Service's host name as the consumer says it: short in the same namespace, else with the namespace."""
        if self.consumer_namespace in {"", self.namespace}:
            return self.name
        return f"{self.name}.{self.namespace}.svc"

    @cached_property
    def selector(self) -> dict[str, str]:
        """The labels that select this component's pods; they never change over the component's life."""
        return {"app.kubernetes.io/name": self.component, "app.kubernetes.io/instance": self.name}

    @cached_property
    def labels(self) -> dict[str, str]:
        """The recommended labels (Kubernetes docs, "Recommended Labels") and the team."""
        return {
            **self.selector,
            "app.kubernetes.io/part-of": self.app,
            "app.kubernetes.io/managed-by": MANAGED_BY,
            TEAM_LABEL: self.team,
        }

    def size(self, name: str | None, field: KeyPath = ("size",)) -> dict[str, dict[str, str]]:
        """A container's `resources` for the size in `field`, the environment's default for None."""
        sizes = self.environment.sizes
        wanted = name or self.environment.spec.size
        if wanted not in sizes:
            summary = f"the environment {self.environment.name} has no size {wanted!r}"
            raise FieldError(field, summary, expected=one_of(sizes), hint=did_you_mean(wanted, sizes))
        return sizes[wanted]

    def amounts(
        self, size: str | None, resources: Resources | None, field: KeyPath = ("size",)
    ) -> dict[str, dict[str, str]]:
        """A container's `resources`; the size in `field` is only asked for what `resources` leaves open."""
        if resources is None:
            return self.size(size, field)
        return resources.manifest(None if resources.complete else self.size(size, field))

    def secret(self, name: str, *, version: int = 1) -> SecretText:
        """A generated secret of this component, the same in every run; a new `version` makes a new one."""
        return SecretText((SecretRef("derived", self.app, name, self.component, version),))

    def resource(
        self,
        role: str,
        api_version: str,
        kind: str,
        *,
        name: str | None = None,
        namespace: str | None = None,
        cluster_scoped: bool = False,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        lifecycle: Lifecycle = DEFAULT_LIFECYCLE,
        depends_on: tuple[str, ...] = (),
        **body: Any,
    ) -> Resource:
        """A Kubernetes object of this component; `body` holds its top-level fields beside metadata (`spec`, `data`).

        `role` names it inside the component and must not change, or Pulumi deletes it and creates another one.
        """
        metadata: dict[str, Any] = {
            "name": name or self.name,
            "namespace": namespace or self.namespace,
            "labels": {**self.labels, **labels} if labels else self.labels,
        }
        if cluster_scoped:
            del metadata["namespace"]
        if annotations:
            metadata["annotations"] = dict(sorted(annotations.items()))
        manifest: Manifest = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}
        return Resource(f"{self.app}/{self.component}/{role}", manifest, self.origin, depends_on, lifecycle)

    def config_map(self, role: str, data: Mapping[str, str]) -> Resource:
        """A ConfigMap whose name ends with a hash of its content, so that a change rolls the pods that use it."""
        ordered = dict(sorted(data.items()))
        for key, text in ordered.items():
            if isinstance(text, SecretText):
                summary = f"the blueprint puts a secret in clear into the ConfigMap's {key!r}"
                raise FieldError((), summary, expected="ctx.secret_object(...)", code="PC406")
        return self.resource(role, "v1", "ConfigMap", name=self.hashed(role, ordered), data=ordered)

    def secret_object(self, role: str, data: Mapping[str, SecretText]) -> Resource:
        """A Secret whose name ends with a hash of its ciphertexts, never of its values."""
        ordered = dict(sorted(data.items()))
        prints = {key: text.fingerprint(self.environment.ciphertexts) for key, text in ordered.items()}
        name = self.hashed(role, prints)
        return self.resource(role, "v1", "Secret", name=name, type="Opaque", stringData=ordered)

    def hashed(self, role: str, content: Any) -> str:
        """`<name>-<role>-<hash of content>`; `content` must be plain JSON data."""
        text = _canonical(content)
        return f"{self.name}-{role}-{hashlib.sha256(text.encode()).hexdigest()[:HASH_LENGTH]}"
