"""`external-redis`: a Redis that somebody else runs, behind the same interface as `redis`."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from blueprints.redis import PORT, Redis, RedisOutputs
from platform_compiler.blueprint import Blueprint, Context, Contribution, Resource, SecretText, percent_encoded
from platform_compiler.blueprint.fields import HostName, Port, Text
from platform_compiler.blueprint.traits.egress import Cidr, way_out
from platform_compiler.spec.validation import kebab

IGNORED = [kebab(name) for name in Redis.model_fields]


class ExternalRedis(Blueprint, name="external-redis", version=1, implements="redis", ignores=IGNORED):
    """A managed Redis: nothing runs in the cluster, its outputs say how to reach it."""

    host: HostName = Field(description="The server's host name.")
    port: Port = Field(PORT, description="The server's port.")
    tls: bool = Field(True, description="Whether the server speaks TLS.")
    password: Text | None = Field(None, description="The password, such as `${secrets.redis-password}`.")
    networks: list[Cidr] = Field([], description="The server's networks, for consumers that list their `egress`.")

    class Outputs(RedisOutputs):
        """Where the server is reached; the url may hold the password, so that it is for the same app only."""

        url: str | SecretText

    def outputs(self, ctx: Context) -> ExternalRedis.Outputs:  # noqa: ARG002 - part of the contract
        """They are the inputs."""
        address = f"{self.host}:{self.port}"
        scheme = "rediss" if self.tls else "redis"
        url: str | SecretText = f"{scheme}://{address}"
        if self.password is not None:
            url = SecretText.join(f"{scheme}://:", percent_encoded(self.password), f"@{address}")
        return self.Outputs(host=self.host, port=self.port, address=address, url=url)

    def contribute(self, ctx: Context) -> Contribution:
        """The way out to the server."""
        return way_out(ctx, self.networks, self.port)

    def expand(self, ctx: Context) -> Iterator[Resource]:  # noqa: ARG002 - part of the contract
        """Nothing."""
        yield from ()
