"""The container of a workload: image, command, config, secrets, amounts, probes; and the pod around it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, Field

from platform_compiler.blueprint.base import Blueprint
from platform_compiler.blueprint.context import Context
from platform_compiler.blueprint.fields import AbsolutePath, Command, EnvName, Image, ObjectName, Seconds, Text
from platform_compiler.blueprint.traits.security import Loosening, container_security, pod_security
from platform_compiler.graph.resource import Resource
from platform_compiler.graph.secret import SecretText
from platform_compiler.spec.quantities import Resources
from platform_compiler.spec.validation import InputError, Model, shared

Env = dict[EnvName, Text]


class InitStep(Model):
    """A container that runs to its end before the others start."""

    name: ObjectName = Field(description="The container's name.")
    image: Image = Field(description="The image it runs.")
    command: Command = Field([], description="Replaces the image's entry point.")
    args: Command = Field([], description="Replaces the image's arguments.")
    env: Env = Field({}, description="Environment variables.")


def _no_null(value: object) -> object:
    if value is None:
        raise InputError("there is no amount", expected="`size: NAME` or `resources:`")
    return value


class Container(Blueprint):
    """The fields of every workload that runs an image."""

    image: Image = Field(description="The container image, with a tag or a digest.")
    command: Command = Field([], description="Replaces the image's entry point.")
    args: Command = Field([], description="Replaces the image's arguments.")
    env: Env = Field({}, description="Environment variables; references and secrets are allowed.")
    size: str | None = Field(None, description="CPU and memory by a name of the environment's sizes.")
    resources: Annotated[Resources | None, BeforeValidator(_no_null)] = Field(
        None, description="CPU and memory, where no size fits."
    )
    writable: list[AbsolutePath] = Field([], description="Folders that the container may write to; lost on restart.")
    init: list[InitStep] = Field([], description="Steps that run before the container starts.")
    user: int = Field(1000, ge=1, le=2**31 - 1, description="The user and group id that the container runs as.")
    grace_period: Seconds | None = Field(None, description="Seconds between SIGTERM and SIGKILL.")
    security: Loosening = Field(
        default_factory=shared(Loosening), description="Explicit ways out of the restricted default."
    )
    labels: dict[str, str] = Field({}, description="Labels of the pods.")
    annotations: dict[str, str] = Field({}, description="Annotations of the pods.")


class Pod(NamedTuple):
    """A pod template and the resources that it stands on: service account, config, secrets."""

    template: dict[str, Any]
    resources: tuple[Resource, ...]


def build_pod(
    self: Container,
    ctx: Context,
    *,
    env: dict[str, str | SecretText] | None = None,
    port: tuple[str, int] | None = None,
    probes: dict[str, Any] | None = None,
    volumes: dict[str, dict[str, Any]] | None = None,
    restart_policy: str | None = None,
) -> Pod:
    """The pod of a workload.

    `env` replaces the container's own variables, `port` is a name and a number, `volumes` maps mount paths to volume
    sources (`{"emptyDir": {}}`).
    """
    variables: dict[str, str | SecretText] = self.env if env is None else env
    config, secret = _config_objects(ctx, variables, self.init)
    container: dict[str, Any] = {"name": ctx.component, "image": self.image, **_command(self)}
    if port:
        container["ports"] = [{"name": port[0], "containerPort": port[1], "protocol": "TCP"}]
    if config:
        container["envFrom"] = [{"configMapRef": {"name": config.name}}]
    if secret_env := [_secret_env(name, name, secret) for name, text in sorted(variables.items()) if _is_secret(text)]:
        container["env"] = secret_env
    container["resources"] = self.resources.manifest() if self.resources else ctx.size(self.size)
    container.update(probes or {})
    container["securityContext"] = container_security(self.security)
    mounts = {**(volumes or {}), **{path: {"emptyDir": {}} for path in self.writable}}
    if mounts:
        container["volumeMounts"] = [
            {"name": f"volume-{i}", "mountPath": path} for i, path in enumerate(sorted(mounts))
        ]
    spec: dict[str, Any] = {"serviceAccountName": ctx.name, "automountServiceAccountToken": False}
    if restart_policy:
        spec["restartPolicy"] = restart_policy
    if self.grace_period is not None:
        spec["terminationGracePeriodSeconds"] = self.grace_period
    spec["securityContext"] = pod_security(self.user, self.security)
    if self.init:
        spec["initContainers"] = [_init_container(step, container, secret) for step in self.init]
    spec["containers"] = [container]
    if mounts:
        spec["volumes"] = [{"name": f"volume-{i}", **mounts[path]} for i, path in enumerate(sorted(mounts))]
    account = ctx.resource("service-account", "v1", "ServiceAccount", automountServiceAccountToken=False)
    parts = tuple(part for part in (account, config, secret) if part is not None)
    return Pod({"metadata": _pod_metadata(self, ctx), "spec": spec}, parts)


def _pod_metadata(self: Container, ctx: Context) -> dict[str, Any]:
    metadata: dict[str, Any] = {"labels": {**self.labels, **ctx.labels} if self.labels else ctx.labels}
    if self.annotations:
        metadata["annotations"] = dict(sorted(self.annotations.items()))
    return metadata


def _command(part: Container | InitStep) -> dict[str, Any]:
    words = {"command": part.command, "args": part.args}
    return {key: list(value) for key, value in words.items() if value}


def _is_secret(text: str | SecretText) -> bool:
    return isinstance(text, SecretText)


def _config_objects(
    ctx: Context, env: dict[str, str | SecretText], init: list[InitStep]
) -> tuple[Resource | None, Resource | None]:
    """The ConfigMap of the plain variables and the Secret of the secret ones, where there are any."""
    plain = {name: text for name, text in env.items() if isinstance(text, str)}
    secrets = {name: text for name, text in env.items() if isinstance(text, SecretText)}
    for step in init:
        for name, text in step.env.items():
            if isinstance(text, SecretText):
                secrets[f"{step.name}.{name}"] = text
    config = ctx.config_map("env", plain) if plain else None
    secret = ctx.secret_object("secret", secrets) if secrets else None
    return config, secret


def _secret_env(name: str, key: str, secret: Resource | None) -> dict[str, Any]:
    assert secret is not None
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": secret.name, "key": key}}}


def _init_container(step: InitStep, main: dict[str, Any], secret: Resource | None) -> dict[str, Any]:
    """A step has the amounts and the security of the main container."""
    container: dict[str, Any] = {"name": step.name, "image": step.image, **_command(step)}
    if step.env:
        container["env"] = list(_init_env(step, secret))
    return {**container, "resources": main["resources"], "securityContext": main["securityContext"]}


def _init_env(step: InitStep, secret: Resource | None) -> Iterator[dict[str, Any]]:
    for name, text in sorted(step.env.items()):
        if isinstance(text, SecretText):
            yield _secret_env(name, f"{step.name}.{name}", secret)
        else:
            yield {"name": name, "value": text}
