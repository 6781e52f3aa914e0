"""`web-service`: pods behind a Service."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from platform_compiler.blueprint import Context, Endpoint, OutputModel, Public, Resource
from platform_compiler.blueprint.fields import HttpPath, ObjectName, Port
from platform_compiler.blueprint.traits.container import Container, build_pod
from platform_compiler.blueprint.traits.exposure import Exposure, Protocol, ingress, service
from platform_compiler.blueprint.traits.network import allow
from platform_compiler.blueprint.traits.probes import Probe, Probes
from platform_compiler.blueprint.traits.scaling import AUTOSCALED, Replicas, Scaling, autoscaler, disruption_budget
from platform_compiler.blueprint.traits.workload import deployment
from platform_compiler.spec.environment import Peer
from platform_compiler.spec.validation import shared


class WebService(Container, name="web-service", version=1):
    """An HTTP, gRPC or TCP service behind a Service, with optional Ingress, autoscaling and a disruption budget."""

    port: Port = Field(8080, description="The port that the container listens on; also set as PORT.")
    service_port: Port | None = Field(None, description="The port of the Service; `port` by default.")
    protocol: Protocol = Field("http", description="What the port speaks; decides the default probes.")
    aliases: list[ObjectName] = Field([], description="More host names in the namespace, for images that expect them.")
    expose: Exposure | None = Field(None, description="Offer the service outside the cluster.")
    replicas: Scaling = Field(
        default_factory=shared(Replicas), description="A number of pods, or a range for the autoscaler."
    )
    health: HttpPath | None = Field(None, description="A path for readiness and liveness, short for `probes`.")
    probes: Probes = Field(
        default_factory=shared(Probes), description="How to ask whether the service is ready, alive and started."
    )
    callers: list[Peer] = Field([], description="Pods outside the platform that may call the service.")

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
        """The pods, on the container's port."""
        return Endpoint(ctx.selector, (self.port,))

    def expand(self, ctx: Context) -> Iterator[Resource]:
        """Service account, config, Deployment and Services; the rest where asked for."""
        env = self.env if "PORT" in self.env else {**self.env, "PORT": str(self.port)}
        probes = self.probes.manifest(self.default_probes(), self.port)
        pod = build_pod(self, ctx, env=env, port=(self.protocol, self.port), probes=probes)
        lifecycle = AUTOSCALED if self.replicas.autoscaled else None
        yield from pod.resources
        yield deployment(ctx, pod, replicas=None if lifecycle else self.replicas.min, lifecycle=lifecycle)
        for index, name in enumerate([ctx.name, *self.aliases]):
            yield service(
                ctx,
                name=name,
                port=self.service_port or self.port,
                target_port=self.port,
                protocol=self.protocol,
                role="service" if index == 0 else f"alias-{name}",
            )
        yield from autoscaler(ctx, self.replicas)
        yield from disruption_budget(ctx, self.replicas)
        if self.expose:
            yield from ingress(ctx, self.expose, self.service_port or self.port, self.endpoint(ctx))
        yield from allow(ctx, "allow-callers", self.endpoint(ctx), self.callers)
        yield from allow(ctx, "allow-metrics", self.endpoint(ctx), [ctx.environment.spec.network.metrics_collector])

    def default_probes(self) -> Probes:
        """A gRPC service is asked over gRPC, one with a health path over HTTP, any other whether its port is open."""
        if self.protocol == "grpc":
            return Probes(readiness=Probe(grpc=True), liveness=Probe(grpc=True))
        if self.health:
            return Probes(readiness=Probe(http=self.health), liveness=Probe(http=self.health))
        return Probes(readiness=Probe(tcp=True))
