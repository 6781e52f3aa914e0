"""Containers that run beside the main one, as Kubernetes' own sidecars: they start before it and end after it.

Source: Kubernetes docs, "Sidecar Containers": an init container that restarts always. A Job ends although one runs.
"""

from __future__ import annotations

from pydantic import Field

from platform_compiler.blueprint.fields import Command, Env, Image, ObjectName
from platform_compiler.blueprint.traits.probes import Probes
from platform_compiler.spec.quantities import Resources
from platform_compiler.spec.validation import Model


class Sidecar(Model):
    """A container that runs as long as the main one."""

    name: ObjectName = Field(description="The container's name.")
    image: Image = Field(description="The image it runs.")
    command: Command = Field([], description="Replaces the image's entry point.")
    args: Command = Field([], description="Replaces the image's arguments.")
    env: Env = Field({}, description="Environment variables; references and secrets are allowed.")
    size: str | None = Field(None, description="CPU and memory by a name of the environment's sizes.")
    resources: Resources | None = Field(None, description="CPU and memory, where no size fits.")
    volumes: list[str] | None = Field(None, description="Names of the component's volumes that it mounts too.")
    probes: Probes | None = Field(None, description="Its own probes; each names its port.")
