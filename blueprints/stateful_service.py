"""`stateful-service`: replicas that each have a name and volumes of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal

from pydantic import Field

from platform_compiler.blueprint import Context, Endpoint, OutputModel, Public, Resource
from platform_compiler.blueprint.fields import HttpPath, Port
from platform_compiler.blueprint.traits.container import build_pod
from platform_compiler.blueprint.traits.exposure import Protocol
from platform_compiler.blueprint.traits.network import allow
from platform_compiler.blueprint.traits.scaling import Replicas, disruption_budget
from platform_compiler.blueprint.traits.scraping import scrape_annotations
from platform_compiler.blueprint.traits.server import Server, access, default_probes, reached, services
from platform_compiler.blueprint.traits.storage import STATEFUL
from platform_compiler.blueprint.traits.volumes import claims
from platform_compiler.spec.environment import Peer

REPLICA: Final = "platc.dev/replica"


class StatefulService(Server, name="stateful-service", version=1, stateful=True):
    """Replicas with stable names and volumes of their own, such as a broker or a store that forms a cluster.

    Each replica is a StatefulSet of one pod with claims that are objects of the stack, so that volumes can grow and
    nothing depends on a claim template, which could never change.
    """

    port: Port = Field(8080, description="The port that the container listens on; also set as PORT.")
    service_port: Port | None = Field(None, description="The port of the Service; `port` by default.")
    protocol: Protocol = Field("tcp", description="What the port speaks; decides the default probes.")
    replicas: int = Field(1, ge=1, le=100, description="How many there are; each is told its number as REPLICA.")
    pod_management: Literal["ordered", "parallel"] = Field(
        "ordered", description="`ordered` waits for each replica before the next one; `parallel` for none."
    )
    health: HttpPath | None = Field(None, description="A path for readiness and liveness, short for `probes`.")

    class Outputs(OutputModel):
        """Where any replica is reached, and where each one is."""

        host: Public[str]
        port: Public[int]
        address: Public[str]
        url: Public[str]
        peers: str

    def outputs(self, ctx: Context) -> StatefulService.Outputs:
        """They follow from the name, the port and the number of replicas."""
        port = self.service_port or self.port
        address = f"{ctx.host}:{port}"
        peers = [f"{ctx.name}-{index}-0.{ctx.name}-peers:{self.port}" for index in range(self.replicas)]
        return self.Outputs(
            host=ctx.host, port=port, address=address, url=f"{self.protocol}://{address}", peers=",".join(peers)
        )

    def endpoint(self, ctx: Context) -> Endpoint:
        """The pods, on the container's ports."""
        return reached(self, ctx, self.port)

    def expand(self, ctx: Context) -> Iterator[Resource]:
        """Service account, config, one Service for callers and one for peers; claims and a StatefulSet a replica."""
        endpoint = self.endpoint(ctx)
        pod = build_pod(
            self,
            ctx,
            env=self.env if "PORT" in self.env else {**self.env, "PORT": str(self.port)},
            port=(self.protocol, self.port),
            more_ports=self.ports,
            probes=self.probes.manifest(default_probes(self.protocol, self.health), self.port),
            annotations=scrape_annotations(self.metrics, ctx, self.port),
            own_claims=False,
        )
        yield from pod.resources
        before: tuple[str, ...] = ()
        for index in range(self.replicas):
            yield from claims(ctx, self.volumes or {}, f"-{index}")
            replica = _replica(ctx, pod.template, index, before)
            if self.pod_management == "ordered":
                before = (replica.id,)
            yield replica
        port = self.service_port or self.port
        yield from services(self, ctx, port=port, target_port=self.port, protocol=self.protocol)
        yield _peers(ctx, self.protocol, self.port)
        yield from disruption_budget(ctx, Replicas(min=self.replicas))
        yield from access(self, ctx, endpoint)
        if self.replicas > 1:
            yield from _between_replicas(ctx, endpoint)


def _replica(ctx: Context, template: dict[str, Any], index: int, after: tuple[str, ...]) -> Resource:
    """The StatefulSet of one replica: the shared template with its number and its own claims."""
    mark = {REPLICA: str(index)}
    metadata = {**template["metadata"], "labels": {**template["metadata"]["labels"], **mark}}
    spec = {**template["spec"]}
    main = spec["containers"][0]
    spec["containers"] = [{**main, "env": [*main.get("env", ()), {"name": "REPLICA", "value": str(index)}]}]
    if "volumes" in spec:
        spec["volumes"] = [_numbered(volume, ctx.name, index) for volume in spec["volumes"]]
    body = {
        "replicas": 1,
        "selector": {"matchLabels": {**ctx.selector, **mark}},
        "serviceName": f"{ctx.name}-peers",
        "template": {"metadata": metadata, "spec": spec},
    }
    return ctx.resource(
        f"stateful-set-{index}",
        "apps/v1",
        "StatefulSet",
        name=f"{ctx.name}-{index}",
        labels=mark,
        lifecycle=STATEFUL,
        depends_on=after,
        spec=body,
    )


def _numbered(volume: dict[str, Any], name: str, index: int) -> dict[str, Any]:
    """The volume with its replica's claim, where it is one of the component's own claims."""
    own = f"{name}-{volume['name'].removeprefix('volume-')}"
    if volume.get("persistentVolumeClaim") != {"claimName": own}:
        return volume
    return {**volume, "persistentVolumeClaim": {"claimName": f"{own}-{index}"}}


def _peers(ctx: Context, protocol: Protocol, port: int) -> Resource:
    """The headless Service that gives each replica its host name, also while it is not ready yet."""
    spec = {
        "clusterIP": "None",
        "publishNotReadyAddresses": True,
        "selector": ctx.selector,
        "ports": [{"name": protocol, "port": port, "targetPort": port, "protocol": "TCP"}],
    }
    return ctx.resource("peers", "v1", "Service", name=f"{ctx.name}-peers", spec=spec)


def _between_replicas(ctx: Context, endpoint: Endpoint) -> Iterator[Resource]:
    """The policy that lets replicas call each other."""
    peer = Peer(namespace=ctx.namespace, labels=ctx.selector)
    yield from allow(ctx, "allow-peers", endpoint, [peer])
