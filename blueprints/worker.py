"""`worker`: pods that nobody calls."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from platform_compiler.blueprint import Context, Resource
from platform_compiler.blueprint.traits.container import Container, build_pod
from platform_compiler.blueprint.traits.probes import Probes
from platform_compiler.blueprint.traits.scaling import AUTOSCALED, Replicas, Scaling, autoscaler, disruption_budget
from platform_compiler.blueprint.traits.workload import deployment
from platform_compiler.spec.validation import shared


class Worker(Container, name="worker", version=1):
    """A process that works on its own, such as a queue consumer; it has no Service."""

    replicas: Scaling = Field(
        default_factory=shared(Replicas), description="A number of pods, or a range for the autoscaler."
    )
    probes: Probes = Field(
        default_factory=shared(Probes), description="How to ask whether the process is ready, alive and started."
    )

    def expand(self, ctx: Context) -> Iterator[Resource]:
        """Service account, config, Deployment; autoscaler and disruption budget where asked for."""
        pod = build_pod(self, ctx, probes=self.probes.manifest(Probes(), None))
        lifecycle = AUTOSCALED if self.replicas.autoscaled else None
        yield from pod.resources
        yield deployment(ctx, pod, replicas=None if lifecycle else self.replicas.min, lifecycle=lifecycle)
        yield from autoscaler(ctx, self.replicas)
        yield from disruption_budget(ctx, self.replicas)
