"""Workload objects around a pod: Deployment, StatefulSet, Job template (`apps/v1`, `batch/v1`)."""

from __future__ import annotations

from typing import Any

from platform_compiler.blueprint.context import Context
from platform_compiler.blueprint.traits.container import Pod
from platform_compiler.graph.resource import DEFAULT_LIFECYCLE, Lifecycle, Resource


def deployment(
    ctx: Context,
    pod: Pod,
    *,
    replicas: int | None = 1,
    recreate: bool = False,
    lifecycle: Lifecycle | None = None,
) -> Resource:
    """A Deployment; `replicas` None leaves the number to an autoscaler, `recreate` never runs two pods at once."""
    spec: dict[str, Any] = {} if replicas is None else {"replicas": replicas}
    spec["selector"] = {"matchLabels": ctx.selector}
    if recreate:
        spec["strategy"] = {"type": "Recreate"}
    spec["template"] = pod.template
    return ctx.resource("deployment", "apps/v1", "Deployment", lifecycle=lifecycle or DEFAULT_LIFECYCLE, spec=spec)


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
