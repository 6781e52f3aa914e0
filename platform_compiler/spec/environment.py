"""An environment: `stacks/<name>.yaml`, where and how apps run, and the stack's encrypted secrets beside it.

`stacks/Pulumi.<name>.yaml` is Pulumi's own config of the stack. The compiler reads its ciphertexts, never values: it
only needs to know which secrets exist and when they change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationError

from platform_compiler.diagnostics import CompileError, Diagnostic, Diagnostics, Location, did_you_mean, one_of
from platform_compiler.root import STACKS, environment_names
from platform_compiler.spec.later import later
from platform_compiler.spec.names import EXPECTED_NAME, is_authority, is_label, is_name, suggest_name
from platform_compiler.spec.quantities import Resources
from platform_compiler.spec.source import Document, read_document
from platform_compiler.spec.validation import Model, diagnose

if TYPE_CHECKING:
    from platform_compiler.spec.gateway import GatewaySettings
else:
    GatewaySettings = later("platform_compiler.spec.gateway", "GatewaySettings")

DEFAULT_SIZE = "small"
EXPECTED_LABEL = "lower-case letters, digits and dashes, at most 63 characters"
EXPECTED_DOMAIN = "a name in lower case, such as shop.example.com, or one with a port"


class ClusterTarget(Model):
    """A cluster, by a context of the kubeconfig in use."""

    context: str = Field(description="The kubeconfig's context.")


class Target(Model):
    """Where a stack's objects go: into a folder as files, or to a cluster. Fixed for the life of the stack."""

    render: str | None = Field(None, description="A folder, relative to the root, that gets one file per object.")
    cluster: ClusterTarget | None = Field(None, description="A cluster that gets the objects applied.")


class Peer(Model):
    """Pods that may reach others: by their namespace and, where given, their labels."""

    namespace: str = Field(description="The namespace's name.")
    labels: dict[str, str] = Field(default_factory=dict, description="Labels of the pods; all pods without them.")


class Network(Model):
    """What may reach pods beside the callers that specs declare."""

    isolation: Literal["namespace", "none"] = Field(
        "namespace", description="`namespace` denies ingress by default in every namespace; `none` leaves it open."
    )
    ingress_controller: Peer | None = Field(None, description="The pods that exposed services are reached from.")
    metrics_collector: Peer | None = Field(None, description="The pods that scrape metrics.")


class IngressSettings(Model):
    """How exposed services are reached."""

    class_name: str | None = Field(None, description="`ingressClassName` of every Ingress.")
    tls_secret: str | None = Field(None, description="A TLS Secret's name; `{name}` is the component's own.")
    annotations: dict[str, str] = Field(default_factory=dict, description="Annotations of every Ingress.")


class EnvironmentSpec(Model):
    """The fields of `stacks/<name>.yaml`."""

    target: Target = Field(default_factory=Target, description="Where the objects go; `rendered/<name>` by default.")
    kubernetes: str = Field("1.36", description="The Kubernetes version, `MAJOR.MINOR`, that objects must fit.")
    namespace: str = Field("{team}", description="The rule for an app's namespace; may hold `{team}` and `{app}`.")
    pod_security: Literal["restricted", "baseline", "privileged"] = Field(
        "restricted", description="The Pod Security Standard that namespaces enforce."
    )
    domain: str = Field("localhost", description="`${environment.domain}` in specs.")
    values: dict[str, str | int | bool] = Field(
        default_factory=dict, description="More values, `${environment.values.NAME}` in specs."
    )
    size: str = Field(DEFAULT_SIZE, description="The size of containers that name none.")
    sizes: dict[str, Resources] = Field(default_factory=dict, description="CPU and memory by name.")
    bindings: dict[str, str] = Field(default_factory=dict, description="`blueprint@version` for unversioned names.")
    defaults: dict[str, dict[str, Any]] = Field(default_factory=dict, description="Inputs by blueprint name.")
    capabilities: list[str] = Field(default_factory=list, description="What the cluster offers.")
    ingress: IngressSettings = Field(default_factory=IngressSettings, description="How exposed services are reached.")
    gateway: GatewaySettings | None = Field(None, description="The Gateway whose routes take the place of Ingresses.")
    patches: Literal["allow", "forbid"] = Field("allow", description="Whether components may have `patches`.")
    network: Network = Field(default_factory=Network, description="What may reach pods.")


BUILTIN_SIZES = {
    name: {kind: {"cpu": cpu, "memory": memory} for kind in ("requests", "limits")}
    for name, cpu, memory in (("small", "100m", "128Mi"), ("medium", "500m", "512Mi"), ("large", "1", "1Gi"))
}
"""A container's `resources` for the sizes that every environment has."""


@dataclass(frozen=True)
class Environment:
    """A validated environment with its name, its file and the ciphertexts of its stack."""

    name: str
    spec: EnvironmentSpec
    document: Document
    ciphertexts: Mapping[str, str]
    root: Path

    @property
    def file(self) -> str:
        """`stacks/<name>.yaml`."""
        return self.document.file

    @cached_property
    def sizes(self) -> dict[str, dict[str, dict[str, str]]]:
        """A container's `resources` by size: the built-in ones with the environment's own over them."""
        return BUILTIN_SIZES | {name: size.manifest() for name, size in self.spec.sizes.items()}

    @cached_property
    def render_directory(self) -> str | None:
        """The folder of a render target, relative to the root; None for a cluster."""
        if self.spec.target.cluster is not None:
            return None
        return self.spec.target.render or f"rendered/{self.name}"

    def namespace_of(self, *, app: str, team: str) -> str:
        """The namespace that the rule gives to an app."""
        return self.spec.namespace.replace("{team}", team).replace("{app}", app)

    @cached_property
    def foreign_namespaces(self) -> dict[str, str]:
        """Namespaces that no app may have, and whose they are."""
        network = self.spec.network
        peers = {"ingress controller": network.ingress_controller, "metrics collector": network.metrics_collector}
        return {"default": "cluster", **{peer.namespace: whose for whose, peer in peers.items() if peer}}

    def value(self, path: tuple[str, ...]) -> str | int | bool | None:
        """What `${environment.<path>}` stands for; None when there is no such value."""
        if len(path) == 1:
            return {"name": self.name, "domain": self.spec.domain, "kubernetes": self.spec.kubernetes}.get(path[0])
        return self.spec.values.get(path[1]) if path[0] == "values" else None

    @property
    def value_names(self) -> list[str]:
        """Everything that `${environment...}` can name."""
        return ["name", "domain", "kubernetes", *(f"values.{key}" for key in self.spec.values)]


def read_environment(root: Path, name: str, document: Document | None = None) -> Environment:
    """The environment `name` of the platform at `root`; raises `CompileError` when it is missing or wrong.

    `document` is its file, where it has been read already.
    """
    names = environment_names(root)
    if name not in names:
        raise CompileError(
            [
                Diagnostic(
                    "PC501",
                    f"there is no environment {name!r}",
                    expected=one_of(names),
                    hint=did_you_mean(name, names) or f"write {STACKS}/{name}.yaml",
                )
            ]
        )
    file = root / STACKS / f"{name}.yaml"
    if not is_name(name):
        hint = f"rename it to {suggest_name(name)}.yaml"
        place = Location(file.relative_to(root).as_posix())
        fault = Diagnostic("PC205", f"{name!r} cannot name an environment", place, EXPECTED_NAME, hint)
        raise CompileError([fault])
    ciphertexts = read_ciphertexts(root / STACKS / f"Pulumi.{name}.yaml")
    return environment_of(document or read_document(root, file), name, root, ciphertexts)


def stand_in(root: Path, name: str) -> Environment:
    """An environment of this name without a setting of its own, in the place of one that cannot be read."""
    return Environment(name, EnvironmentSpec(), Document(f"{STACKS}/{name}.yaml", "{}", {}, {}), {}, root)


def environment_of(
    document: Document, name: str, root: Path, ciphertexts: Mapping[str, str] = MappingProxyType({})
) -> Environment:
    """The environment that `document` says; raises `CompileError` with every fault of it."""
    try:
        spec = EnvironmentSpec.model_validate(document.data)
    except ValidationError as error:
        faults = diagnose(error, EnvironmentSpec, document.data, lambda path, key: document.locate(path, key=key))
        raise CompileError(faults) from None
    diagnostics = Diagnostics()
    diagnostics.extend(_semantic_faults(spec, document))
    diagnostics.raise_errors()
    return Environment(name, spec, document, ciphertexts, root)


def _semantic_faults(spec: EnvironmentSpec, document: Document) -> Iterable[Diagnostic]:
    if spec.target.render is not None and spec.target.cluster is not None:
        location = document.locate(("target",), key=True)
        yield Diagnostic("PC204", "a target is a folder or a cluster", location, "`render` or `cluster`, not both")
    if spec.target.render is not None and (spec.target.render.startswith("/") or ".." in spec.target.render.split("/")):
        location = document.locate(("target", "render"))
        yield Diagnostic("PC204", "the folder is outside the platform", location, "a path relative to the root")
    if not re.fullmatch(r"1\.[0-9]{1,2}", spec.kubernetes):
        location = document.locate(("kubernetes",))
        yield Diagnostic("PC204", f"{spec.kubernetes!r} is no Kubernetes version", location, 'a version such as "1.36"')
    unknown = sorted(set(re.findall(r"\{([^}]*)\}", spec.namespace)) - {"team", "app"})
    if unknown:
        location = document.locate(("namespace",))
        hint = did_you_mean(unknown[0], ["team", "app"])
        yield Diagnostic("PC204", f"the rule has an unknown word {{{unknown[0]}}}", location, "{team} and {app}", hint)
    elif not is_label(re.sub(r"\{[^}]*\}", "a", spec.namespace)):
        location = document.locate(("namespace",))
        yield Diagnostic("PC204", f"{spec.namespace!r} makes no name of a namespace", location, EXPECTED_LABEL)
    if not is_authority(spec.domain):
        yield Diagnostic("PC204", f"{spec.domain!r} is no DNS name", document.locate(("domain",)), EXPECTED_DOMAIN)
    yield from _peer_faults(spec.network, document)
    sizes = BUILTIN_SIZES.keys() | spec.sizes.keys()
    if spec.size not in sizes:
        location = document.locate(("size",))
        yield Diagnostic("PC204", f"no size {spec.size!r}", location, one_of(sizes), did_you_mean(spec.size, sizes))


def _peer_faults(network: Network, document: Document) -> Iterable[Diagnostic]:
    peers = {"ingress-controller": network.ingress_controller, "metrics-collector": network.metrics_collector}
    for field, peer in peers.items():
        if peer and not is_label(peer.namespace):
            location = document.locate(("network", field, "namespace"))
            yield Diagnostic("PC204", f"{peer.namespace!r} is no name of a namespace", location, EXPECTED_LABEL)


def read_ciphertexts(file: Path) -> dict[str, str]:
    """The ciphertext of every secret in a stack's config file, by config key; empty when there is no file."""
    if not file.exists():
        return {}
    import yaml  # noqa: PLC0415 - slow to import, and most stacks of a folder have no such file

    place = Location(f"{STACKS}/{file.name}")
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError):
        raise CompileError([Diagnostic("PC101", "Pulumi's config of the stack is not valid YAML", place)]) from None
    config = (content.get("config") or {}) if isinstance(content, dict) else None
    if not isinstance(config, dict):
        summary = "Pulumi's config of the stack holds no mapping"
        raise CompileError([Diagnostic("PC203", summary, place, "`config:` with a value for each key")])
    return {key: value["secure"] for key, value in config.items() if isinstance(value, dict) and "secure" in value}
