"""`mysql`: an in-cluster MySQL for development; managed ones are bound in its place elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import Field

from platform_compiler.blueprint import (
    Context,
    Contribution,
    Endpoint,
    OutputModel,
    Resource,
    SecretText,
    percent_encoded,
)
from platform_compiler.blueprint.fields import Image, Matching, ObjectName, Text
from platform_compiler.blueprint.traits.config import with_own
from platform_compiler.blueprint.traits.container import Container, build_pod
from platform_compiler.blueprint.traits.exposure import service, service_names
from platform_compiler.blueprint.traits.probes import Probe, Probes
from platform_compiler.blueprint.traits.storage import STATEFUL, claim, volume_of
from platform_compiler.blueprint.traits.waiting import waits_for
from platform_compiler.blueprint.traits.workload import stateful_set
from platform_compiler.spec.quantities import Storage

PORT: Final = 3306
DATA: Final = "/var/lib/mysql"
SOCKET: Final = "/var/run/mysqld"
SCRATCH: Final = "/tmp"  # noqa: S108 - a folder of the container
FIELDS: Final = {"MYSQL_DATABASE": "database", "MYSQL_USER": "owner", "MYSQL_PASSWORD": "password"}
"""The fields that say what the image reads from variables."""
Identifier = Annotated[
    str, Matching(r"[a-z_][a-z0-9_]{0,31}", "lower-case letters, digits and underscores, at most 32", str.lower)
]


class MysqlOutputs(OutputModel):
    """What every implementation of the interface `mysql` offers to the components of its app."""

    host: str
    port: int
    database: str
    user: str
    password: str | SecretText
    url: str | SecretText


class Mysql(Container, name="mysql", version=1, implements="mysql", stateful=True):
    """One MySQL server with generated passwords, on a volume that outlives it."""

    image: Image = Field("mysql:8.4", description="The MySQL image.")
    database: Identifier = Field("app", description="The database that is made at the first start.")
    owner: Identifier = Field("app", description="The account that owns the database; not root.")
    password: Text | None = Field(None, description="The owner's password; a generated one by default.")
    size: str | None = Field("medium", description="CPU and memory by a name of the environment's sizes.")
    storage: Storage = Field("1Gi", description="Size of the volume.")
    storage_class: str | None = Field(None, description="The volume's storage class.")
    aliases: list[ObjectName] = Field([], description="More host names in the namespace, for images that expect them.")
    user: int = Field(999, ge=1, description="The user and group id that the server runs as; 999 in MySQL's image.")
    wait: bool = Field(False, description="true makes the pods of those that refer to it wait until it answers.")

    class Outputs(MysqlOutputs):
        """Where and as whom the database is reached."""

    def outputs(self, ctx: Context) -> Mysql.Outputs:
        """They follow from the name and the owner; the password is a secret."""
        password = self.password or ctx.secret("password")
        address = f"@{ctx.host}:{PORT}/{self.database}"
        return self.Outputs(
            host=ctx.host,
            port=PORT,
            database=self.database,
            user=self.owner,
            password=password,
            url=SecretText.join("mysql://", self.owner, ":", percent_encoded(password), address),
        )

    def endpoint(self, ctx: Context) -> Endpoint:
        """The server's pod."""
        return Endpoint(ctx.selector, (PORT,))

    def contribute(self, ctx: Context) -> Contribution:
        """A first step of consumers that waits for an answer, where asked for."""
        command = f"mysqladmin ping --silent --host={ctx.host} --port={PORT}"
        return waits_for(ctx, self.image, command) if self.wait else Contribution()

    def expand(self, ctx: Context) -> Iterator[Resource]:
        """Service account, passwords, claim, StatefulSet and Services."""
        own = {
            "MYSQL_DATABASE": self.database,
            "MYSQL_USER": self.owner,
            "MYSQL_PASSWORD": self.password or ctx.secret("password"),
            "MYSQL_ROOT_PASSWORD": ctx.secret("root-password"),
        }
        data = claim(ctx, self.storage, storage_class=self.storage_class)
        # Over TCP, for the server that prepares a new volume listens on its socket only.
        ping = Probe(command=["mysqladmin", "ping", "--silent", "--host=127.0.0.1", f"--port={PORT}"], timeout=5)
        default = Probes(readiness=ping, liveness=Probe(command=ping.command, timeout=5, delay=60))
        pod = build_pod(
            self,
            ctx,
            env=with_own(self.env, own, FIELDS),
            port=("mysql", PORT),
            probes=default.manifest(Probes(), PORT),
            volumes={DATA: volume_of(data), SOCKET: {"emptyDir": {}}, SCRATCH: {"emptyDir": {}}},
        )
        yield from pod.resources
        yield data
        yield stateful_set(ctx, pod, lifecycle=STATEFUL)
        for role, name in service_names(ctx, self.aliases):
            yield service(ctx, name=name, port=PORT, target_port=PORT, protocol="mysql", role=role)
