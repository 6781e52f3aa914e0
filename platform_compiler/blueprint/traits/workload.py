"""Workload objects around a pod: Deployment, StatefulSet, DaemonSet, Job template (`apps/v1`, `batch/v1`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from platform_compiler.blueprint.context import Context, FieldError
from platform_compiler.blueprint.traits.container import Container, Pod
from platform_compiler.blueprint.traits.scaling import AUTOSCALED, Replicas
from platform_compiler.graph.resource import DEFAULT_LIFECYCLE, Lifecycle, Resource

if TYPE_CHECKING:
    from platform_compiler.blueprint.traits.rollout import Rollout


def deployment(
    ctx: Context,
    pod: Pod,
    *,
    replicas: int | None = 1,
    recreate: bool = False,
    rollout: Rollout | None = None,
    lifecycle: Lifecycle | None = None,
) -> Resource:
    """A Deployment; `replicas` None leaves the number to an autoscaler, `recreate` never runs two pods at once."""
    spec: dict[str, Any] = {} if replicas is None else {"replicas": replicas}
    spec["selector"] = {"matchLabels": ctx.selector}
    if rollout:
        spec.update(rollout.manifest())
    if recreate:
        spec["strategy"] = {"type": "Recreate"}
    spec["template"] = pod.template
    return ctx.resource("deployment", "apps/v1", "Deployment", lifecycle=lifecycle or DEFAULT_LIFECYCLE, spec=spec)


def scaled_deployment(
    self: Container, ctx: Context, pod: Pod, *, replicas: Replicas, rollout: Rollout | None
) -> Resource:
    """A Deployment of `replicas`; with a claim that one node holds it has one pod at most, also during a rollout."""
    lifecycle = AUTOSCALED if replicas.autoscaled else None
    number = None if lifecycle else replicas.min
    held = held_by_one_node(self)
    if held and (replicas.autoscaled or replicas.min > 1):
        summary = f"several pods cannot share the volume {held!r}, which one node holds"
        expected = "`access: many` of the volume, one replica, or `stateful-service`"
        raise FieldError(("volumes", held), summary, expected=expected)
    if held and rollout and rollout.limits:
        summary = f"one node holds the volume {held!r}, so an old pod must end before a new one starts"
        raise FieldError(("rollout",), summary, expected="`strategy: recreate`, or `access: many` of the volume")
    return deployment(ctx, pod, replicas=number, recreate=held is not None, rollout=rollout, lifecycle=lifecycle)


def held_by_one_node(self: Container) -> str | None:
    """The first volume of the component that pods on two nodes could not share."""
    if not self.volumes:
        return None
    return next((name for name, volume in sorted(self.volumes.items()) if volume.single_node), None)


def stateful_set(ctx: Context, pod: Pod, *, lifecycle: Lifecycle) -> Resource:
    """A StatefulSet of one pod; its volumes are claims of their own, for a claim template could never change."""
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": ctx.selector},
        "serviceName": ctx.name,
        "template": pod.template,
    }
    return ctx.resource("stateful-set", "apps/v1", "StatefulSet", lifecycle=lifecycle, spec=spec)


def job_spec(
    pod: Pod, *, retries: int, timeout: int | None, completions: int | None = None, parallelism: int | None = None
) -> dict[str, Any]:
    """A `batch/v1.JobSpec`. It sets no TTL: a Job in state that removes itself would look like drift."""
    spec: dict[str, Any] = {"backoffLimit": retries}
    if timeout is not None:
        spec["activeDeadlineSeconds"] = timeout
    if completions is not None:
        spec["completions"] = completions
    if parallelism is not None:
        spec["parallelism"] = parallelism
    spec["template"] = pod.template
    return spec
