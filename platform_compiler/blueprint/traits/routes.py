"""Routes of the Gateway API (`gateway.networking.k8s.io/v1`): HTTPRoute and GRPCRoute, and a Gateway where asked for.

TLS ends at the Gateway's listener. The environment's Gateway has its own certificate; a service with another one gets
a Gateway of the environment's class beside its route.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from platform_compiler.blueprint.context import Context, FieldError
from platform_compiler.blueprint.traits.exposure import Exposure, Protocol
from platform_compiler.graph.resource import Resource

VERSION: Final = "gateway.networking.k8s.io/v1"
KINDS: Final = {"http": "HTTPRoute", "grpc": "GRPCRoute"}


def route(ctx: Context, expose: Exposure, protocol: Protocol, port: int) -> Iterator[Resource]:
    """The route of `expose`, after its own Gateway where it brings a certificate."""
    settings = ctx.environment.spec.gateway
    if settings is None:
        summary = f"the environment {ctx.environment.name} has no Gateway"
        expected = f"`gateway: {{name: NAME}}` in {ctx.environment.file}, or `via: ingress`"
        raise FieldError(("expose", "via"), summary, expected=expected, code="PC305")
    if protocol not in KINDS:
        raise FieldError(("protocol",), f"a Gateway's route does not carry {protocol}", expected="http or grpc")
    if protocol == "grpc" and expose.path != "/":
        raise FieldError(("expose", "path"), "a gRPC route has no path prefix", expected="no `path`")
    parent: dict[str, Any] = {"name": settings.name}
    if expose.tls:
        if settings.class_name is None:
            summary = f"the environment {ctx.environment.name} names no class for a Gateway with its own certificate"
            expected = f"`gateway: {{class-name: NAME}}` in {ctx.environment.file}, or no `tls`"
            raise FieldError(("expose", "tls"), summary, expected=expected, code="PC305")
        yield _own_gateway(ctx, expose.hosts, expose.tls, settings.class_name)
        parent = {"name": ctx.name}
    else:
        if settings.namespace:
            parent["namespace"] = settings.namespace
        if settings.listener:
            parent["sectionName"] = settings.listener
    rule: dict[str, Any] = {"backendRefs": [{"name": ctx.name, "port": port}]}
    if protocol == "http":
        rule = {"matches": [{"path": {"type": "PathPrefix", "value": expose.path}}], **rule}
    spec = {"parentRefs": [parent], "hostnames": expose.hosts, "rules": [rule]}
    yield ctx.resource("route", VERSION, KINDS[protocol], annotations=expose.annotations, spec=spec)


def _own_gateway(ctx: Context, hosts: list[str], secret: str, class_name: str) -> Resource:
    listeners = [
        {
            "name": f"https-{index}",
            "hostname": host,
            "port": 443,
            "protocol": "HTTPS",
            "tls": {"mode": "Terminate", "certificateRefs": [{"name": secret}]},
        }
        for index, host in enumerate(hosts)
    ]
    return ctx.resource("gateway", VERSION, "Gateway", spec={"gatewayClassName": class_name, "listeners": listeners})
