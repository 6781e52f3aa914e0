"""How a service is reached: inside the cluster by a Service, from outside by an Ingress or a Gateway's route."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from platform_compiler.blueprint.base import Endpoint
from platform_compiler.blueprint.context import Context, FieldError
from platform_compiler.blueprint.fields import Annotations, ExistingName, HostName, Matching
from platform_compiler.blueprint.traits.network import allow
from platform_compiler.graph.resource import Resource
from platform_compiler.spec.validation import Model

if TYPE_CHECKING:
    from platform_compiler.blueprint.traits.ports import MorePort

Protocol = Literal["http", "grpc", "tcp"]
PathPrefix = Annotated[
    str,
    Matching(
        r"(?!.*(//|/\.{1,2}(/|$)|%2[fF]))/\S*",
        "a path that starts with /, without //, /./, /../ and %2f",
        lambda value: re.sub(r"/{2,}", "/", "/" + value.strip()),
    ),
]
"""What Ingresses take (Kubernetes: `validateHTTPIngressPath`), and routes (Gateway API: `HTTPPathMatch`)."""


class Exposure(Model):
    """A host and path under which the environment's Gateway, or else its ingress controller, offers the service."""

    host: HostName = Field(description="The host name; usually `NAME.${environment.domain}`.")
    aliases: list[HostName] | None = Field(None, description="More host names, such as one with www.")
    path: PathPrefix = Field("/", description="The path prefix.")
    tls: ExistingName | None = Field(
        None, description="A Secret with the certificate, instead of the environment's; a Gateway of its own serves it."
    )
    via: Literal["ingress", "gateway", "load-balancer"] | None = Field(
        None,
        description="By an Ingress, a Gateway's route or, for TCP, a load balancer; by default one of the first two.",
    )
    annotations: Annotations = Field({}, description="Annotations of the Ingress or the route.")

    @property
    def hosts(self) -> list[str]:
        """Every host name."""
        return [self.host, *(self.aliases or ())]


def service(
    ctx: Context,
    *,
    name: str,
    port: int,
    target_port: int,
    protocol: str,
    role: str = "service",
    more_ports: Mapping[str, MorePort] | None = None,
    **more: Any,
) -> Resource:
    """A ClusterIP Service in front of the component's pods; `more` are further fields of its spec."""
    ports: list[dict[str, Any]] = [{"name": protocol, "port": port, "targetPort": target_port, "protocol": "TCP"}]
    if more_ports:
        ports.extend(entry.service_port_manifest(key) for key, entry in sorted(more_ports.items()))
    spec = {"type": "ClusterIP", "selector": ctx.selector, "ports": ports, **more}
    return ctx.resource(role, "v1", "Service", name=name, spec=spec)


def service_names(ctx: Context, aliases: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Role and name of the component's Service, then of one for each alias."""
    yield "service", ctx.name
    for index, alias in enumerate(aliases):
        if alias == ctx.name or alias in aliases[:index]:
            summary = f"{alias!r} is the component's own name" if alias == ctx.name else f"{alias!r} is there twice"
            raise FieldError(("aliases", index), summary, expected="another name, or none")
        yield f"alias-{alias}", alias


def exposure(ctx: Context, expose: Exposure, protocol: Protocol, port: int, endpoint: Endpoint) -> Iterator[Resource]:
    """The way in for `expose` to the Service's `port`, and the policy that lets the environment's proxy through."""
    if expose.via == "load-balancer":
        from platform_compiler.blueprint.traits.load_balancer import load_balancer  # noqa: PLC0415 - as below

        yield from load_balancer(ctx, expose, protocol, port, endpoint)
        return
    if expose.via == "gateway" or (expose.via is None and ctx.environment.spec.gateway is not None):
        from platform_compiler.blueprint.traits.routes import route  # noqa: PLC0415 - only for those with a Gateway

        yield from route(ctx, expose, protocol, port)
    elif protocol == "tcp":
        expected = "http or grpc, or `via: load-balancer` under `expose`"
        raise FieldError(("protocol",), "an Ingress does not carry tcp", expected=expected)
    else:
        yield _ingress(ctx, expose, port)
    yield from allow(ctx, "allow-ingress", endpoint, [ctx.environment.spec.network.ingress_controller])


def _ingress(ctx: Context, expose: Exposure, port: int) -> Resource:
    settings = ctx.environment.spec.ingress
    backend = {"service": {"name": ctx.name, "port": {"number": port}}}
    spec: dict[str, Any] = {} if settings.class_name is None else {"ingressClassName": settings.class_name}
    if secret := expose.tls or settings.tls_secret:
        spec["tls"] = [{"hosts": expose.hosts, "secretName": secret.replace("{name}", ctx.name)}]
    path = {"path": expose.path, "pathType": "Prefix", "backend": backend}
    spec["rules"] = [{"host": host, "http": {"paths": [path]}} for host in expose.hosts]
    annotations = settings.annotations | expose.annotations
    return ctx.resource("ingress", "networking.k8s.io/v1", "Ingress", annotations=annotations, spec=spec)
