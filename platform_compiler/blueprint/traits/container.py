"""The container of a workload: image, command, config, secrets, amounts, probes; and the pod around it.

Fields that most specs leave out have modules of their own, which are only imported for specs that write them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NamedTuple

from pydantic import BeforeValidator, Field

from platform_compiler.blueprint.base import Blueprint
from platform_compiler.blueprint.context import Context
from platform_compiler.blueprint.fields import (
    AbsolutePath,
    Annotations,
    Command,
    Env,
    ExistingName,
    FilePath,
    Image,
    Labels,
    Seconds,
    VolumeName,
)
from platform_compiler.blueprint.traits.config import command_of, config_objects, secret_variables
from platform_compiler.blueprint.traits.mounts import NO_MOUNTS, Mounts, joined, numbered_mounts, refuse_same_path
from platform_compiler.blueprint.traits.security import Loosening, container_security, pod_security
from platform_compiler.graph.resource import Resource
from platform_compiler.graph.secret import SecretText
from platform_compiler.spec.later import later
from platform_compiler.spec.quantities import Resources
from platform_compiler.spec.source import KeyPath
from platform_compiler.spec.validation import InputError, shared

if TYPE_CHECKING:
    from platform_compiler.blueprint.traits.egress import Destination
    from platform_compiler.blueprint.traits.env_from import EnvSource
    from platform_compiler.blueprint.traits.files import FileSource
    from platform_compiler.blueprint.traits.hooks import Hooks
    from platform_compiler.blueprint.traits.identity import Account
    from platform_compiler.blueprint.traits.ports import MorePort
    from platform_compiler.blueprint.traits.scheduling import Scheduling
    from platform_compiler.blueprint.traits.sidecars import Sidecar
    from platform_compiler.blueprint.traits.steps import InitStep
    from platform_compiler.blueprint.traits.volumes import Volume
else:
    Account = later("platform_compiler.blueprint.traits.identity", "Account")
    Destination = later("platform_compiler.blueprint.traits.egress", "Destination")
    EnvSource = later("platform_compiler.blueprint.traits.env_from", "EnvSource")
    FileSource = later("platform_compiler.blueprint.traits.files", "FileSource")
    Hooks = later("platform_compiler.blueprint.traits.hooks", "Hooks")
    InitStep = later("platform_compiler.blueprint.traits.steps", "InitStep")
    Scheduling = later("platform_compiler.blueprint.traits.scheduling", "Scheduling")
    Sidecar = later("platform_compiler.blueprint.traits.sidecars", "Sidecar")
    Volume = later("platform_compiler.blueprint.traits.volumes", "Volume")

GRACE_PERIOD: Final = 30
"""Kubernetes' default of `terminationGracePeriodSeconds`."""


def _no_null(value: object) -> object:
    if value is None:
        raise InputError("there is no amount", expected="`size: NAME` or `resources:`")
    return value


class Container(Blueprint):
    """The fields of every workload that runs an image."""

    image: Image = Field(description="The container image, with a tag or a digest.")
    pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = Field(
        None, description="When nodes pull the image."
    )
    pull_secrets: list[ExistingName] | None = Field(
        None, description="Existing Secrets with the credentials of private registries."
    )
    command: Command = Field([], description="Replaces the image's entry point.")
    args: Command = Field([], description="Replaces the image's arguments.")
    env: Env = Field({}, description="Environment variables; references and secrets are allowed.")
    env_from: list[EnvSource] | None = Field(None, description="Existing ConfigMaps and Secrets as variables.")
    size: str | None = Field(None, description="CPU and memory by a name of the environment's sizes.")
    resources: Annotated[Resources | None, BeforeValidator(_no_null)] = Field(
        None, description="CPU and memory, where no size fits."
    )
    files: dict[FilePath, FileSource] | None = Field(
        None, description="Files by path: a text, or `{content, config-map or secret, mode}`."
    )
    volumes: dict[VolumeName, Volume] | None = Field(
        None, description="Volumes by name: claims that may grow and are kept, existing objects, scratch space."
    )
    writable: list[AbsolutePath] = Field([], description="Folders that the container may write to; lost on restart.")
    init: list[InitStep] = Field([], description="Steps that run before the container starts.")
    sidecars: list[Sidecar] | None = Field(
        None, description="Containers that start before the main one and end after it."
    )
    user: int = Field(1000, ge=1, le=2**31 - 1, description="The user and group id that the container runs as.")
    grace_period: Seconds | None = Field(None, description="Seconds between SIGTERM and SIGKILL.")
    lifecycle: Hooks | None = Field(None, description="What the container does after its start and before its end.")
    scheduling: Scheduling | None = Field(None, description="Spread, affinity, node selector, tolerations, priority.")
    service_account: Account | None = Field(None, description="What the pods may do, in the cluster and in a cloud.")
    egress: list[Destination] | None = Field(
        None, description="Where the pods may call to beside what the spec refers to; anywhere without the field."
    )
    security: Loosening = Field(
        default_factory=shared(Loosening), description="Explicit ways out of the restricted default."
    )
    labels: Labels = Field({}, description="Labels of the pods.")
    annotations: Annotations = Field({}, description="Annotations of the pods.")


class Pod(NamedTuple):
    """A pod template and the resources that it stands on: service account, config, secrets, claims."""

    template: dict[str, Any]
    resources: tuple[Resource, ...]


def build_pod(
    self: Container,
    ctx: Context,
    *,
    env: dict[str, str | SecretText] | None = None,
    port: tuple[str, int] | None = None,
    more_ports: Mapping[str, MorePort] | None = None,
    probes: dict[str, Any] | None = None,
    volumes: dict[str, dict[str, Any]] | None = None,
    restart_policy: str | None = None,
    annotations: dict[str, str] | None = None,
    own_claims: bool = True,
) -> Pod:
    """The pod of a workload.

    `env` replaces the container's own variables, `port` is a name and a number, `volumes` maps mount paths to volume
    sources (`{"emptyDir": {}}`), `annotations` are added to the pod's own. Without `own_claims` the caller makes the
    claims of the component's volumes.
    """
    variables: dict[str, str | SecretText] = self.env if env is None else env
    steps = (*self.init, *(self.sidecars or ()))
    config, secret = config_objects(ctx, variables, ((step.name, step.env) for step in steps))
    mounts = _mounts(self, ctx, volumes or {}, own_claims=own_claims)
    container: dict[str, Any] = {"name": ctx.component, "image": self.image, **command_of(self)}
    if self.pull_policy:
        container["imagePullPolicy"] = self.pull_policy
    if port:
        container["ports"] = [{"name": port[0], "containerPort": port[1], "protocol": "TCP"}]
    if more_ports:
        more = [entry.container_port(name) for name, entry in sorted(more_ports.items())]
        container["ports"] = [*container.get("ports", ()), *more]
    if sources := _env_sources(self, config):
        container["envFrom"] = sources
    if secret and (kept := secret_variables(variables, secret)):
        container["env"] = kept
    container["resources"] = ctx.amounts(self.size, self.resources)
    container.update(probes or {})
    if self.lifecycle:
        period = GRACE_PERIOD if self.grace_period is None else self.grace_period
        container["lifecycle"] = self.lifecycle.manifest(period)
    container["securityContext"] = container_security(self.security)
    if mounts.mounts:
        container["volumeMounts"] = mounts.mounts
    spec = _pod_spec(self, ctx, restart_policy)
    if first := _first_containers(self, ctx, container, secret):
        spec["initContainers"] = first
    spec["containers"] = [container]
    if mounts.volumes:
        spec["volumes"] = mounts.volumes
    parts = (*_account(self, ctx), *(part for part in (config, secret) if part is not None), *mounts.resources)
    if self.egress is not None:
        parts = (*parts, *_egress(ctx, self.egress))
    return Pod({"metadata": _pod_metadata(self, ctx, annotations), "spec": spec}, parts)


def _first_containers(
    self: Container, ctx: Context, main: dict[str, Any], secret: Resource | None
) -> list[dict[str, Any]]:
    if not (self.init or self.sidecars or ctx.contributions):
        return []
    from platform_compiler.blueprint.traits import steps  # noqa: PLC0415 - only for specs that use it

    around = steps.Surroundings(main, secret, self.volumes or {})
    return steps.first_containers(ctx, self.init, self.sidecars or (), around)


def _env_sources(self: Container, config: Resource | None) -> list[dict[str, Any]]:
    """Existing objects, then the component's own variables, for the last one with a name counts."""
    existing = [source.manifest() for source in self.env_from or ()]
    return [*existing, {"configMapRef": {"name": config.name}}] if config else existing


def _pod_spec(self: Container, ctx: Context, restart_policy: str | None) -> dict[str, Any]:
    """What a pod says beside its containers and volumes."""
    token = self.service_account.has_token if self.service_account else False
    spec: dict[str, Any] = {"serviceAccountName": ctx.name, "automountServiceAccountToken": token}
    if restart_policy:
        spec["restartPolicy"] = restart_policy
    if self.pull_secrets:
        spec["imagePullSecrets"] = [{"name": name} for name in self.pull_secrets]
    if self.grace_period is not None:
        spec["terminationGracePeriodSeconds"] = self.grace_period
    if self.scheduling:
        spec.update(self.scheduling.manifest(ctx.selector))
    spec["securityContext"] = pod_security(self.user, self.security)
    return spec


def _pod_metadata(self: Container, ctx: Context, more: dict[str, str] | None) -> dict[str, Any]:
    labels = self.labels
    if self.service_account:
        labels = labels | self.service_account.pod_labels()
    metadata: dict[str, Any] = {"labels": {**labels, **ctx.labels} if labels else ctx.labels}
    annotations = {**more, **self.annotations} if more else self.annotations
    if annotations:
        metadata["annotations"] = dict(sorted(annotations.items()))
    return metadata


def _account(self: Container, ctx: Context) -> Iterable[Resource]:
    if self.service_account:
        return self.service_account.objects(ctx)
    return (ctx.resource("service-account", "v1", "ServiceAccount", automountServiceAccountToken=False),)


def _egress(ctx: Context, destinations: list[Destination]) -> Iterable[Resource]:
    from platform_compiler.blueprint.traits.egress import egress_policy  # noqa: PLC0415 - only for specs that use it

    return egress_policy(ctx, destinations)


def _mounts(self: Container, ctx: Context, volumes: dict[str, dict[str, Any]], *, own_claims: bool) -> Mounts:
    """The blueprint's own volumes and the writable folders, then the component's volumes and files."""
    if not (volumes or self.writable or self.volumes or self.files):
        return NO_MOUNTS
    numbered = numbered_mounts({**volumes, **{path: {"emptyDir": {}} for path in self.writable}})
    if not self.volumes and not self.files:
        return numbered
    parts = [numbered]
    fields: dict[str, KeyPath] = {}
    if self.volumes:
        from platform_compiler.blueprint.traits.volumes import claims, volume_mounts  # noqa: PLC0415 - as above

        parts.append(volume_mounts(ctx, self.volumes, claims(ctx, self.volumes) if own_claims else ()))
        fields |= {volume.path: ("volumes", name, "path") for name, volume in self.volumes.items()}
    if self.files:
        from platform_compiler.blueprint.traits.files import file_mounts  # noqa: PLC0415 - as above

        parts.append(file_mounts(ctx, self.files))
        fields |= {path: ("files", path) for path in self.files}
    mounts = joined(parts)
    refuse_same_path(mounts, fields)
    return mounts
