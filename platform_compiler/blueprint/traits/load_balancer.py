"""A Service of type LoadBalancer: the way in for what is neither HTTP nor gRPC, at an address of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from platform_compiler.blueprint.base import Endpoint
from platform_compiler.blueprint.context import Context, FieldError
from platform_compiler.blueprint.traits.exposure import Exposure, Protocol
from platform_compiler.blueprint.traits.network import policy_spec
from platform_compiler.graph.resource import Resource

HOST_NAMES: Final = "external-dns.alpha.kubernetes.io/hostname"
"""The annotation by which ExternalDNS gives a load balancer its names."""
ANYWHERE: Final[list[dict[str, Any]]] = [{"ipBlock": {"cidr": "0.0.0.0/0"}}, {"ipBlock": {"cidr": "::/0"}}]


def load_balancer(
    ctx: Context, expose: Exposure, protocol: Protocol, port: int, endpoint: Endpoint
) -> Iterator[Resource]:
    """The Service for `expose`, and the policy that lets anybody reach its port."""
    if expose.path != "/":
        raise FieldError(("expose", "path"), "a load balancer knows no paths", expected="no `path`")
    if expose.tls:
        raise FieldError(("expose", "tls"), "a load balancer ends no TLS here", expected="no `tls`")
    target = endpoint.ports[0]
    spec = {
        "type": "LoadBalancer",
        "selector": ctx.selector,
        "ports": [{"name": protocol, "port": port, "targetPort": target, "protocol": "TCP"}],
    }
    annotations = {HOST_NAMES: ",".join(expose.hosts), **expose.annotations}
    yield ctx.resource("public", "v1", "Service", name=f"{ctx.name}-public", annotations=annotations, spec=spec)
    if ctx.environment.spec.network.isolation != "none":
        policy = policy_spec(endpoint, ANYWHERE)
        name = f"{ctx.name}-allow-anybody"
        yield ctx.resource("allow-anybody", "networking.k8s.io/v1", "NetworkPolicy", name=name, spec=policy)
