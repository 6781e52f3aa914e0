"""Who may reach a component's pods (`networking.k8s.io/v1` NetworkPolicy): every allowed source is written down.

Namespaces deny ingress by default. A caller's own references yield its policies (see the compiler); here are those
for sources that no spec names: the ingress controller, the metrics collector, and `callers` outside the platform.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from platform_compiler.blueprint.base import Endpoint
from platform_compiler.blueprint.context import Context
from platform_compiler.graph.resource import Resource
from platform_compiler.spec.environment import Peer

NAMESPACE_LABEL = "kubernetes.io/metadata.name"


def policy_peer(namespace: str, labels: dict[str, str]) -> dict[str, Any]:
    """A `NetworkPolicyPeer`: pods with `labels` in `namespace`, all of them without labels."""
    peer: dict[str, Any] = {"namespaceSelector": {"matchLabels": {NAMESPACE_LABEL: namespace}}}
    if labels:
        peer["podSelector"] = {"matchLabels": labels}
    return peer


def policy_spec(endpoint: Endpoint, peers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A NetworkPolicy's spec that lets `peers` reach an endpoint."""
    return {
        "podSelector": {"matchLabels": endpoint.selector},
        "policyTypes": ["Ingress"],
        "ingress": [
            {"from": list(peers), "ports": policy_ports(endpoint.ports, endpoint.udp)},
        ],
    }


def policy_ports(tcp: Iterable[int], udp: Iterable[int] = ()) -> list[dict[str, Any]]:
    """Ports of a policy's rule (`NetworkPolicyPort`)."""
    ports: list[dict[str, Any]] = [{"port": port, "protocol": "TCP"} for port in tcp]
    return [*ports, *({"port": port, "protocol": "UDP"} for port in udp)]


def egress_rule(peers: list[dict[str, Any]], tcp: Iterable[int], udp: Iterable[int] = ()) -> dict[str, Any]:
    """A rule that lets pods call `peers` on these ports, on every port without any (`NetworkPolicyEgressRule`)."""
    rule: dict[str, Any] = {"to": peers}
    if ports := policy_ports(tcp, udp):
        rule["ports"] = ports
    return rule


def allow(ctx: Context, role: str, endpoint: Endpoint, peers: Sequence[Peer | None]) -> Iterator[Resource]:
    """A policy that lets the peers in, where there is one and the environment isolates at all."""
    named = [policy_peer(peer.namespace, peer.labels) for peer in peers if peer is not None]
    if named and ctx.environment.spec.network.isolation != "none":
        name = f"{ctx.name}-{role}"
        spec = policy_spec(endpoint, named)
        yield ctx.resource(role, "networking.k8s.io/v1", "NetworkPolicy", name=name, spec=spec)
