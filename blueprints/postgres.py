"""`postgres`: an in-cluster PostgreSQL for development; managed ones are bound in its place elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

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

PORT = 5432
DATA = "/var/lib/postgresql/data"
FIELDS = {"POSTGRES_DB": "database", "POSTGRES_USER": "owner", "POSTGRES_PASSWORD": "password"}
"""The fields that say what the image reads from variables."""
Identifier = Annotated[str, Matching(r"[a-z_][a-z0-9_]{0,62}", "a lower-case SQL identifier", str.lower)]


class PostgresOutputs(OutputModel):
    """What every implementation of the interface `postgres` offers to the components of its app."""

    host: str
    port: int
    database: str
    user: str
    password: str | SecretText
    url: str | SecretText


class Postgres(Container, name="postgres", version=1, implements="postgres", stateful=True):
    """One PostgreSQL server with a generated password, on a volume that outlives it."""

    image: Image = Field("postgres:17-alpine", description="The PostgreSQL image.")
    database: Identifier = Field("app", description="The database that is made at the first start.")
    owner: Identifier = Field("app", description="The role that owns the database.")
    password: Text | None = Field(None, description="The owner's password; a generated one by default.")
    storage: Storage = Field("1Gi", description="Size of the volume.")
    storage_class: str | None = Field(None, description="The volume's storage class.")
    aliases: list[ObjectName] = Field([], description="More host names in the namespace, for images that expect them.")
    user: int = Field(70, ge=1, description="The user and group id that the server runs as; 70 in Alpine's images.")

    wait: bool = Field(False, description="true makes the pods of those that refer to it wait until it answers.")

    class Outputs(PostgresOutputs):
        """Where and as whom the database is reached."""

    def outputs(self, ctx: Context) -> Postgres.Outputs:
        """They follow from the name and the owner; the password is a secret."""
        password = self.password or ctx.secret("password")
        address = f"@{ctx.host}:{PORT}/{self.database}"
        return self.Outputs(
            host=ctx.host,
            port=PORT,
            database=self.database,
            user=self.owner,
            password=password,
            url=SecretText.join("postgres://", self.owner, ":", percent_encoded(password), address),
        )

    def endpoint(self, ctx: Context) -> Endpoint:
        """The server's pod."""
        return Endpoint(ctx.selector, (PORT,))

    def contribute(self, ctx: Context) -> Contribution:
        """A first step of consumers that waits for an answer, where asked for."""
        command = f"pg_isready -h {ctx.host} -p {PORT} -U {self.owner} -d {self.database}"
        return waits_for(ctx, self.image, command) if self.wait else Contribution()

    def expand(self, ctx: Context) -> Iterator[Resource]:
        """Service account, password, claim, StatefulSet and Services."""
        own = {
            "POSTGRES_DB": self.database,
            "POSTGRES_USER": self.owner,
            "POSTGRES_PASSWORD": self.password or ctx.secret("password"),
            "PGDATA": f"{DATA}/pgdata",
        }
        data = claim(ctx, self.storage, storage_class=self.storage_class)
        command = ["pg_isready", "-U", self.owner, "-d", self.database]
        default = Probes(readiness=Probe(command=command), liveness=Probe(command=command, delay=30))
        volumes = {DATA: volume_of(data), "/var/run/postgresql": {"emptyDir": {}}, "/tmp": {"emptyDir": {}}}  # noqa: S108
        probes = default.manifest(Probes(), PORT)
        pod = build_pod(
            self, ctx, env=with_own(self.env, own, FIELDS), port=("postgres", PORT), probes=probes, volumes=volumes
        )
        yield from pod.resources
        yield data
        yield stateful_set(ctx, pod, lifecycle=STATEFUL)
        for role, name in service_names(ctx, self.aliases):
            yield service(ctx, name=name, port=PORT, target_port=PORT, protocol="postgres", role=role)
