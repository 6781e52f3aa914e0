"""What pods that others call have in common: more ports, callers, probes, metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field

from platform_compiler.blueprint.base import Endpoint
from platform_compiler.blueprint.context import Context, FieldError
from platform_compiler.blueprint.fields import ObjectName, PortName
from platform_compiler.blueprint.traits.container import Container
from platform_compiler.blueprint.traits.exposure import Protocol, service, service_names
from platform_compiler.blueprint.traits.network import allow
from platform_compiler.blueprint.traits.probes import Probe, Probes
from platform_compiler.blueprint.traits.scraping import Metrics, scraped
from platform_compiler.graph.resource import Resource
from platform_compiler.spec.environment import Peer
from platform_compiler.spec.later import later
from platform_compiler.spec.validation import shared

if TYPE_CHECKING:
    from platform_compiler.blueprint.traits.ports import MorePort
else:
    MorePort = later("platform_compiler.blueprint.traits.ports", "MorePort")


class Server(Container):
    """The fields of workloads that are called."""

    ports: dict[PortName, MorePort] | None = Field(
        None, description="More ports by name: a number, or `{port, service-port}`."
    )
    aliases: list[ObjectName] = Field([], description="More host names in the namespace, for images that expect them.")
    probes: Probes = Field(
        default_factory=shared(Probes), description="How to ask whether the service is ready, alive and started."
    )
    callers: list[Peer] = Field([], description="Pods outside the platform that may call the service.")
    metrics: Metrics | None = Field(None, description="Where Prometheus scrapes the pods.")


def reached(self: Server, ctx: Context, port: int) -> Endpoint:
    """The pods on their main port and all others."""
    if not self.ports:
        return Endpoint(ctx.selector, (port,))
    more = sorted(self.ports.values(), key=lambda entry: entry.port)
    tcp = [entry.port for entry in more if entry.transport == "tcp"]
    udp = [entry.port for entry in more if entry.transport == "udp"]
    return Endpoint(ctx.selector, tuple(dict.fromkeys([port, *tcp])), tuple(dict.fromkeys(udp)))


def default_probes(protocol: Protocol, health: str | None) -> Probes:
    """A gRPC service is asked over gRPC, one with a health path over HTTP, any other whether its port is open.

    A path beside gRPC is no fault: it may be an environment's, for all of its services.
    """
    if protocol == "grpc":
        return Probes(readiness=Probe(grpc=True), liveness=Probe(grpc=True))
    if health:
        return Probes(readiness=Probe(http=health), liveness=Probe(http=health))
    return Probes(readiness=Probe(tcp=True))


def main_port(endpoint: Endpoint) -> Endpoint:
    """The endpoint with its main port only, for callers that need no other one."""
    return Endpoint(endpoint.selector, endpoint.ports[:1])


def services(
    self: Server, ctx: Context, *, port: int, target_port: int, protocol: str, **more: Any
) -> Iterator[Resource]:
    """A Service for the component's own name and one for each alias; `more` are further fields of their specs."""
    if self.ports:
        _refuse_clashes(self.ports, {protocol: (target_port, port, "tcp")})
    for role, name in service_names(ctx, self.aliases):
        yield service(
            ctx,
            name=name,
            port=port,
            target_port=target_port,
            protocol=protocol,
            role=role,
            more_ports=self.ports,
            **more,
        )


def _refuse_clashes(ports: Mapping[str, MorePort], taken: dict[str, tuple[int, int, str]]) -> None:
    """Names are there once, and so are numbers of one transport, in the pods and in the Service."""
    for name, entry in sorted(ports.items()):
        own = (entry.port, entry.service_port or entry.port, entry.transport)
        for other, (port, service_port, transport) in taken.items():
            if name == other or (transport == entry.transport and (own[0] == port or own[1] == service_port)):
                summary = f"it has the name or a number of the port {other!r}"
                raise FieldError(("ports", name), summary, expected="a name and numbers of its own")
        taken[name] = own


def access(self: Server, ctx: Context, endpoint: Endpoint) -> Iterator[Resource]:
    """The policies for callers outside the platform and for who scrapes metrics, and how the scraper finds the pods."""
    collector = ctx.environment.spec.network.metrics_collector
    yield from allow(ctx, "allow-callers", endpoint, self.callers)
    yield from allow(ctx, "allow-metrics", main_port(endpoint), [collector])
    yield from scraped(self.metrics, ctx, endpoint.ports[:1])
