"""Where pods may call to (`networking.k8s.io/v1` NetworkPolicy). A component without the field may call anywhere.

With it, even empty, pods reach only name servers, the components that their spec refers to, and what is listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_network
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, model_validator

from platform_compiler.blueprint.context import Context, Contribution, FieldError, Outside
from platform_compiler.blueprint.fields import Labels, Port
from platform_compiler.blueprint.traits.network import egress_rule, policy_peer
from platform_compiler.graph.resource import Resource
from platform_compiler.spec.validation import InputError, Model

DNS: Final = {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]}


def _cidr(value: str) -> str:
    try:
        return str(ip_network(value))
    except ValueError:
        raise InputError(f"{value!r} is no network", expected="a CIDR such as 10.0.0.0/8") from None


def _inside(inner: str, outer: str) -> bool:
    """Whether a network is a strict part of another one (Kubernetes: `ValidateIPBlock`)."""
    small, large = ip_network(inner), ip_network(outer)
    if small.version != large.version or small.prefixlen <= large.prefixlen:
        return False
    return small.supernet(new_prefix=large.prefixlen) == large


Cidr = Annotated[str, AfterValidator(_cidr)]
"""A network such as `10.0.0.0/8`, without host bits."""


class Destination(Model):
    """Where pods may call to: exactly one of a network and a namespace."""

    cidr: Cidr | None = Field(None, description="A network, such as 10.0.0.0/8; 0.0.0.0/0 is the whole internet.")
    but: list[Cidr] = Field([], description="Networks inside it that stay out of reach.")
    namespace: str | None = Field(None, description="Pods of this namespace.")
    labels: Labels = Field({}, description="Labels of those pods; all pods without them.")
    ports: list[Port] = Field([], description="TCP ports; every port without them.")

    @model_validator(mode="after")
    def _one_kind(self) -> Destination:
        if (self.cidr is None) == (self.namespace is None):
            raise InputError("a destination is a network or a namespace", expected="one of cidr and namespace")
        if (self.but and self.cidr is None) or (self.labels and self.namespace is None):
            raise InputError("this does not fit", expected="`but` beside `cidr`, `labels` beside `namespace`")
        for network in self.but:
            if self.cidr is not None and not _inside(network, self.cidr):
                raise InputError(f"but: {network} is not inside {self.cidr}", expected="smaller networks of it")
        return self

    def manifest(self) -> dict[str, Any]:
        """A `NetworkPolicyEgressRule`."""
        if self.namespace is not None:
            peer = policy_peer(self.namespace, self.labels)
        else:
            peer = {"ipBlock": {"cidr": self.cidr, **({"except": self.but} if self.but else {})}}
        return egress_rule([peer], self.ports)


def egress_policy(ctx: Context, destinations: Sequence[Destination]) -> Iterator[Resource]:
    """The policy of a component that lists its destinations; what it refers to contributes rules of its own."""
    for given in ctx.contributions:
        if given.unplaced:
            _require_a_way(given.unplaced, destinations)
    more = [rule for given in ctx.contributions for rule in given.egress]
    spec = {
        "podSelector": {"matchLabels": ctx.selector},
        "policyTypes": ["Egress"],
        "egress": [DNS, *(destination.manifest() for destination in destinations), *more],
    }
    yield ctx.resource("egress", "networking.k8s.io/v1", "NetworkPolicy", name=f"{ctx.name}-egress", spec=spec)


def _require_a_way(server: Outside, destinations: Iterable[Destination]) -> None:
    """The spec refers to a server of somebody else's; some network or namespace that is listed must be able to hold it.

    A namespace can: what is external to the platform may still run in its cluster.
    """
    if any(not item.ports or server.port in item.ports for item in destinations):
        return
    summary = f"nothing here leads to {server.component!r}, a server outside the platform that the spec refers to"
    entry = f"{{cidr: NETWORK, ports: [{server.port}]}}"
    expected = f"`networks` of {server.component}, or {entry} here, or the same with `namespace`"
    raise FieldError(("egress",), summary, expected=expected)


def way_out(ctx: Context, networks: Iterable[str], port: int) -> Contribution:
    """What a server outside the platform contributes: the rule that leads to it, where its networks are known."""
    peers = [{"ipBlock": {"cidr": network}} for network in networks]
    if not peers:
        return Contribution(unplaced=Outside(ctx.component, port))
    return Contribution(egress=(egress_rule(peers, [port]),))
