"""`web-service`: pods behind a Service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from platform_compiler.blueprint import Context, Endpoint, OutputModel, Public, Resource
from platform_compiler.blueprint.fields import HttpPath, Port
from platform_compiler.blueprint.traits.container import build_pod
from platform_compiler.blueprint.traits.exposure import Exposure, Protocol, exposure
from platform_compiler.blueprint.traits.scaling import Replicas, Scaling, autoscaler, disruption_budget
from platform_compiler.blueprint.traits.scraping import scrape_annotations
from platform_compiler.blueprint.traits.server import Server, access, default_probes, main_port, reached, services
from platform_compiler.blueprint.traits.workload import scaled_deployment
from platform_compiler.spec.later import later
from platform_compiler.spec.validation import shared

if TYPE_CHECKING:
    from platform_compiler.blueprint.traits.rollout import Disruption, Rollout
else:
    Disruption = later("platform_compiler.blueprint.traits.rollout", "Disruption")
    Rollout = later("platform_compiler.blueprint.traits.rollout", "Rollout")


class WebService(Server, name="web-service", version=1):
    """An HTTP, gRPC or TCP service behind a Service, with optional Ingress, autoscaling and a disruption budget."""

    port: Port = Field(8080, description="The port that the container listens on; also set as PORT.")
    service_port: Port | None = Field(None, description="The port of the Service; `port` by default.")
    protocol: Protocol = Field("http", description="What the port speaks; decides the default probes.")
    expose: Exposure | None = Field(None, description="Offer the service outside the cluster.")
    replicas: Scaling = Field(
        default_factory=shared(Replicas), description="A number of pods, or a range for the autoscaler."
    )
    rollout: Rollout | None = Field(None, description="How a new version takes the place of the old one.")
    disruption: Disruption | None = Field(
        None, description="How many pods may be gone at once; one by default, where there are two."
    )
    health: HttpPath | None = Field(None, description="A path for readiness and liveness, short for `probes`.")

    class Outputs(OutputModel):
        """Where the service is reached inside the cluster."""

        host: Public[str]
        port: Public[int]
        address: Public[str]
        url: Public[str]

    def outputs(self, ctx: Context) -> WebService.Outputs:
        """They follow from the name and the port."""
        port = self.service_port or self.port
        address = f"{ctx.host}:{port}"
        scheme = self.protocol if self.protocol != "tcp" else "tcp"
        url = f"http://{ctx.host}" if (scheme, port) == ("http", 80) else f"{scheme}://{address}"
        return self.Outputs(host=ctx.host, port=port, address=address, url=url)

    def endpoint(self, ctx: Context) -> Endpoint:
        """The pods, on the container's ports."""
        return reached(self, ctx, self.port)

    def expand(self, ctx: Context) -> Iterator[Resource]:
        """Service account, config, Deployment and Services; the rest where asked for."""
        endpoint = self.endpoint(ctx)
        pod = build_pod(
            self,
            ctx,
            env=self.env if "PORT" in self.env else {**self.env, "PORT": str(self.port)},
            port=(self.protocol, self.port),
            more_ports=self.ports,
            probes=self.probes.manifest(default_probes(self.protocol, self.health), self.port),
            annotations=scrape_annotations(self.metrics, ctx, self.port),
        )
        yield from pod.resources
        yield scaled_deployment(self, ctx, pod, replicas=self.replicas, rollout=self.rollout)
        port = self.service_port or self.port
        yield from services(self, ctx, port=port, target_port=self.port, protocol=self.protocol)
        yield from autoscaler(ctx, self.replicas)
        yield from disruption_budget(ctx, self.replicas, self.disruption)
        if self.expose:
            yield from exposure(ctx, self.expose, self.protocol, port, main_port(endpoint))
        yield from access(self, ctx, endpoint)
