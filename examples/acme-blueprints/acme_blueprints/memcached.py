"""`memcached`: a cache in memory."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from platform_compiler.blueprint import Context, Endpoint, OutputModel, Public, Resource
from platform_compiler.blueprint.fields import Image
from platform_compiler.blueprint.traits.container import Container, build_pod
from platform_compiler.blueprint.traits.exposure import service
from platform_compiler.blueprint.traits.workload import deployment

PORT = 11211


class Memcached(Container, name="memcached", version=1):
    """One memcached server; what it holds goes with its pod."""

    image: Image = Field("memcached:1.6-alpine", description="The memcached image.")
    megabytes: int = Field(64, ge=1, le=4096, description="Memory for items; `size` must leave room for it.")

    class Outputs(OutputModel):
        """Where the cache is reached inside the cluster."""

        address: Public[str]

    def outputs(self, ctx: Context) -> Memcached.Outputs:
        """It follows from the name."""
        return self.Outputs(address=f"{ctx.host}:{PORT}")

    def endpoint(self, ctx: Context) -> Endpoint:
        """The server's pod."""
        return Endpoint(ctx.selector, (PORT,))

    def expand(self, ctx: Context) -> Iterator[Resource]:
        """Service account, Deployment and Service."""
        sized = self.model_copy(update={"args": [f"--memory-limit={self.megabytes}", *self.args]})
        pod = build_pod(sized, ctx, port=("memcached", PORT))
        yield from pod.resources
        yield deployment(ctx, pod, recreate=True)
        yield service(ctx, name=ctx.name, port=PORT, target_port=PORT, protocol="memcached")
