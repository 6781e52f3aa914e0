"""How a service is reached: inside the cluster by a Service, from outside by an Ingress."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from platform_compiler.blueprint.base import Endpoint
from platform_compiler.blueprint.context import Context
from platform_compiler.blueprint.fields import HostName, HttpPath
from platform_compiler.blueprint.traits.network import allow
from platform_compiler.graph.resource import Resource
from platform_compiler.spec.validation import Model

Protocol = Literal["http", "grpc", "tcp"]


class Exposure(Model):
    """A host and path under which the ingress controller offers the service."""

    host: HostName = Field(description="The host name; usually `NAME.${environment.domain}`.")
    path: HttpPath = Field("/", description="The path prefix.")
    annotations: dict[str, str] = Field({}, description="Annotations of the Ingress.")


def service(ctx: Context, *, name: str, port: int, target_port: int, protocol: str, role: str = "service") -> Resource:
    """A ClusterIP Service in front of the component's pods."""
    spec = {
        "type": "ClusterIP",
        "selector": ctx.selector,
        "ports": [{"name": protocol, "port": port, "targetPort": target_port, "protocol": "TCP"}],
    }
    return ctx.resource(role, "v1", "Service", name=name, spec=spec)


def ingress(ctx: Context, expose: Exposure, port: int, endpoint: Endpoint) -> Iterator[Resource]:
    """An Ingress for `expose`, and the policy that lets the environment's ingress controller in."""
    settings = ctx.environment.spec.ingress
    backend = {"service": {"name": ctx.name, "port": {"number": port}}}
    spec: dict[str, Any] = {} if settings.class_name is None else {"ingressClassName": settings.class_name}
    if settings.tls_secret:
        spec["tls"] = [{"hosts": [expose.host], "secretName": settings.tls_secret.replace("{name}", ctx.name)}]
    path = {"path": expose.path, "pathType": "Prefix", "backend": backend}
    spec["rules"] = [{"host": expose.host, "http": {"paths": [path]}}]
    annotations = settings.annotations | expose.annotations
    yield ctx.resource("ingress", "networking.k8s.io/v1", "Ingress", annotations=annotations, spec=spec)
    yield from allow(ctx, "allow-ingress", endpoint, [ctx.environment.spec.network.ingress_controller])
