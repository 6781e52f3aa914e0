"""`worker`: pods that nobody calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from platform_compiler.blueprint import Context, Resource
from platform_compiler.blueprint.traits.container import Container, build_pod
from platform_compiler.blueprint.traits.probes import Probes
from platform_compiler.blueprint.traits.scaling import Replicas, Scaling, autoscaler, disruption_budget
from platform_compiler.blueprint.traits.scraping import Metrics, scrape_annotations, scraped
from platform_compiler.blueprint.traits.workload import scaled_deployment
from platform_compiler.spec.later import later
from platform_compiler.spec.validation import shared

if TYPE_CHECKING:
    from platform_compiler.blueprint.traits.rollout import Disruption, Rollout
else:
    Disruption = later("platform_compiler.blueprint.traits.rollout", "Disruption")
    Rollout = later("platform_compiler.blueprint.traits.rollout", "Rollout")


class Worker(Container, name="worker", version=1):
    """A process that works on its own, such as a queue consumer; it has no Service."""

    replicas: Scaling = Field(
        default_factory=shared(Replicas), description="A number of pods, or a range for the autoscaler."
    )
    rollout: Rollout | None = Field(None, description="How a new version takes the place of the old one.")
    disruption: Disruption | None = Field(
        None, description="How many pods may be gone at once; one by default, where there are two."
    )
    probes: Probes = Field(
        default_factory=shared(Probes), description="How to ask whether the process is ready, alive and started."
    )
    metrics: Metrics | None = Field(None, description="Where Prometheus scrapes the pods.")

    def expand(self, ctx: Context) -> Iterator[Resource]:
        """Service account, config, Deployment; autoscaler and disruption budget where asked for."""
        pod = build_pod(
            self,
            ctx,
            probes=self.probes.manifest(Probes(), None),
            annotations=scrape_annotations(self.metrics, ctx, None),
        )
        yield from pod.resources
        yield scaled_deployment(self, ctx, pod, replicas=self.replicas, rollout=self.rollout)
        yield from autoscaler(ctx, self.replicas)
        yield from disruption_budget(ctx, self.replicas, self.disruption)
        yield from scraped(self.metrics, ctx, ())
