"""`redis`: an in-cluster Redis for caches and queues."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from platform_compiler.blueprint import Context, Contribution, Endpoint, OutputModel, Public, Resource
from platform_compiler.blueprint.fields import Image, ObjectName
from platform_compiler.blueprint.traits.container import Container, build_pod
from platform_compiler.blueprint.traits.exposure import service, service_names
from platform_compiler.blueprint.traits.probes import Probe, Probes
from platform_compiler.blueprint.traits.storage import STATEFUL, claim, volume_of
from platform_compiler.blueprint.traits.waiting import waits_for
from platform_compiler.blueprint.traits.workload import deployment
from platform_compiler.spec.quantities import Storage
from platform_compiler.spec.validation import shared

PORT = 6379


class RedisOutputs(OutputModel):
    """What every implementation of the interface `redis` offers."""

    host: Public[str]
    port: Public[int]
    address: Public[str]


class Redis(Container, name="redis", version=1, implements="redis", stateful=True):
    """One Redis server; without `storage` its data goes with the pod."""

    image: Image = Field("redis:7-alpine", description="The Redis image.")
    storage: Storage | None = Field(None, description="Size of a volume that outlives the pod.")
    storage_class: str | None = Field(None, description="The volume's storage class.")
    aliases: list[ObjectName] = Field([], description="More host names in the namespace, for images that expect them.")
    probes: Probes = Field(
        default_factory=shared(Probes), description="How to ask whether the server is ready and alive."
    )

    wait: bool = Field(False, description="true makes the pods of those that refer to it wait until it answers.")

    class Outputs(RedisOutputs):
        """Where the server is reached inside the cluster."""

        url: Public[str]

    def outputs(self, ctx: Context) -> Redis.Outputs:
        """They follow from the name."""
        address = f"{ctx.host}:{PORT}"
        return self.Outputs(host=ctx.host, port=PORT, address=address, url=f"redis://{address}")

    def endpoint(self, ctx: Context) -> Endpoint:
        """The server's pod."""
        return Endpoint(ctx.selector, (PORT,))

    def contribute(self, ctx: Context) -> Contribution:
        """A first step of consumers that waits for an answer, where asked for."""
        return waits_for(ctx, self.image, f"redis-cli -h {ctx.host} ping") if self.wait else Contribution()

    def expand(self, ctx: Context) -> Iterator[Resource]:
        """Service account, the claim where there is storage, Deployment and Services."""
        data = claim(ctx, self.storage, storage_class=self.storage_class) if self.storage else None
        default = Probes(readiness=Probe(tcp=True), liveness=Probe(tcp=True))
        probes = self.probes.manifest(default, PORT)
        pod = build_pod(self, ctx, port=("redis", PORT), probes=probes, volumes={"/data": volume_of(data)})
        yield from pod.resources
        if data:
            yield data
        yield deployment(ctx, pod, recreate=True, lifecycle=STATEFUL)
        for role, name in service_names(ctx, self.aliases):
            yield service(ctx, name=name, port=PORT, target_port=PORT, protocol="redis", role=role)
