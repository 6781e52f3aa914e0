"""What runs before a pod's main container: sidecars (which stay), waits for other components, and own steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import Field

from platform_compiler.blueprint.context import Context, FieldError, Wait
from platform_compiler.blueprint.fields import Command, Env, Image, ObjectName
from platform_compiler.blueprint.traits.config import command_of, step_variables
from platform_compiler.diagnostics import did_you_mean, one_of
from platform_compiler.graph.resource import Resource
from platform_compiler.spec.source import KeyPath
from platform_compiler.spec.validation import Model

if TYPE_CHECKING:
    from platform_compiler.blueprint.traits.sidecars import Sidecar
    from platform_compiler.blueprint.traits.volumes import Volume


class InitStep(Model):
    """A container that runs to its end before the others start."""

    name: ObjectName = Field(description="The container's name.")
    image: Image = Field(description="The image it runs.")
    command: Command = Field([], description="Replaces the image's entry point.")
    args: Command = Field([], description="Replaces the image's arguments.")
    env: Env = Field({}, description="Environment variables.")
    volumes: list[str] | None = Field(None, description="Names of the component's volumes that it mounts too.")


class Surroundings(NamedTuple):
    """What steps are built into: the main container, the Secret of all variables, the component's volumes."""

    main: dict[str, Any]
    secret: Resource | None
    volumes: Mapping[str, Volume]


def first_containers(
    ctx: Context, init: Sequence[InitStep], sidecars: Sequence[Sidecar], around: Surroundings
) -> list[dict[str, Any]]:
    """The pod's `initContainers`: sidecars first, so that steps can use them, then waits, then steps.

    All have the security of the main container; steps and waits have its amounts too, for they run before it.
    """
    waits = [_wait(wait) for given in ctx.contributions for wait in given.waits]
    taken = [ctx.component, *(wait["name"] for wait in waits)]
    steps = [_step(item, ("init", index), taken, around) for index, item in enumerate(init)]
    beside = [_sidecar(ctx, item, ("sidecars", index), taken, around) for index, item in enumerate(sidecars)]
    security = {"securityContext": around.main["securityContext"]}
    amounts = {"resources": around.main["resources"]}
    return [*({**item, **security} for item in beside), *({**item, **amounts, **security} for item in (*waits, *steps))]


def _wait(wait: Wait) -> dict[str, Any]:
    return {"name": f"wait-{wait.name}"[:63].rstrip("-"), "image": wait.image, "command": list(wait.command)}


def _sidecar(ctx: Context, sidecar: Sidecar, path: KeyPath, taken: list[str], around: Surroundings) -> dict[str, Any]:
    container = _step(sidecar, path, taken, around) | {"restartPolicy": "Always"}
    container["resources"] = ctx.amounts(sidecar.size, sidecar.resources, (*path, "size"))
    if sidecar.probes:
        container.update(sidecar.probes.manifest(type(sidecar.probes)(), None))
    return container


def _step(step: InitStep | Sidecar, path: KeyPath, taken: list[str], around: Surroundings) -> dict[str, Any]:
    """What steps and sidecars have in common; `taken` gets the name."""
    if step.name in taken:
        summary = f"the pod has a container {step.name!r} already"
        raise FieldError((*path, "name"), summary, expected="a name of its own")
    taken.append(step.name)
    container: dict[str, Any] = {"name": step.name, "image": step.image, **command_of(step)}
    if step.env:
        container["env"] = step_variables(step.name, step.env, around.secret)
    if step.volumes:
        container["volumeMounts"] = [
            _mount(name, (*path, "volumes", index), around.volumes) for index, name in enumerate(step.volumes)
        ]
    return container


def _mount(name: str, path: KeyPath, volumes: Mapping[str, Volume]) -> dict[str, Any]:
    if name not in volumes:
        summary = f"the component has no volume {name!r}"
        raise FieldError(path, summary, expected=one_of(volumes), hint=did_you_mean(name, volumes))
    return volumes[name].mount(name)
