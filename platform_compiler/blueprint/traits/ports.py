"""More ports than a service's main one: containers listen on them, the Service offers them by name."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from platform_compiler.blueprint.fields import Port
from platform_compiler.spec.validation import Model


class NamedPort(Model):
    """One more port of the pods."""

    port: Port = Field(description="The port that the container listens on.")
    service_port: Port | None = Field(None, description="The port of the Service; `port` by default.")
    transport: Literal["tcp", "udp"] = Field("tcp", description="The transport protocol.")
    protocol: str | None = Field(None, description="The Service's `appProtocol`, such as kubernetes.io/h2c.")

    def container_port(self, name: str) -> dict[str, Any]:
        """A `core/v1.ContainerPort`."""
        return {"name": name, "containerPort": self.port, "protocol": self.transport.upper()}

    def service_port_manifest(self, name: str) -> dict[str, Any]:
        """A `core/v1.ServicePort`."""
        manifest: dict[str, Any] = {
            "name": name,
            "port": self.service_port or self.port,
            "targetPort": self.port,
            "protocol": self.transport.upper(),
        }
        if self.protocol:
            manifest["appProtocol"] = self.protocol
        return manifest


def _from_number(value: object) -> object:
    return {"port": value} if type(value) is int else value


MorePort = Annotated[NamedPort, BeforeValidator(_from_number, json_schema_input_type=int | NamedPort)]
"""`metrics: 9090` or `metrics: {port: 9090, service-port: 80}`."""
