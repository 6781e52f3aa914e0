"""`external-mysql`: a MySQL that somebody else runs, behind the same interface as `mysql`."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from blueprints.mysql import PORT, Identifier, Mysql, MysqlOutputs
from platform_compiler.blueprint import Blueprint, Context, Contribution, Resource, SecretText, percent_encoded
from platform_compiler.blueprint.fields import HostName, Port, Text
from platform_compiler.blueprint.traits.egress import Cidr, way_out
from platform_compiler.spec.validation import kebab

IGNORED = [kebab(name) for name in Mysql.model_fields]


class ExternalMysql(Blueprint, name="external-mysql", version=1, implements="mysql", ignores=IGNORED):
    """A managed MySQL: nothing runs in the cluster, its outputs say how to reach it."""

    host: HostName = Field(description="The server's host name.")
    port: Port = Field(PORT, description="The server's port.")
    database: Identifier = Field("app", description="The database.")
    owner: Identifier = Field("app", description="The account to log in as.")
    password: Text = Field(description="The account's password, such as `${secrets.db-password}`.")
    networks: list[Cidr] = Field([], description="The server's networks, for consumers that list their `egress`.")

    class Outputs(MysqlOutputs):
        """Where and as whom the database is reached."""

    def outputs(self, ctx: Context) -> ExternalMysql.Outputs:  # noqa: ARG002 - part of the contract
        """They are the inputs."""
        address = f"@{self.host}:{self.port}/{self.database}"
        return self.Outputs(
            host=self.host,
            port=self.port,
            database=self.database,
            user=self.owner,
            password=self.password,
            url=SecretText.join("mysql://", self.owner, ":", percent_encoded(self.password), address),
        )

    def contribute(self, ctx: Context) -> Contribution:
        """The way out to the server."""
        return way_out(ctx, self.networks, self.port)

    def expand(self, ctx: Context) -> Iterator[Resource]:  # noqa: ARG002 - part of the contract
        """Nothing."""
        yield from ()
