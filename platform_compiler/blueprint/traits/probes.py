"""Probes over HTTP (with headers), gRPC, TCP and commands (Kubernetes API: `core/v1.Probe`)."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator, model_validator

from platform_compiler.blueprint.context import FieldError
from platform_compiler.blueprint.fields import Command, HeaderName, HttpPath, Port, Seconds
from platform_compiler.spec.validation import InputError, Model

METHODS = ("http", "grpc", "tcp", "command")


class Probe(Model):
    """How to ask a container whether it is well. Without a method, the blueprint's own one."""

    http: HttpPath | None = Field(None, description="A path that answers with 2xx or 3xx.")
    headers: dict[HeaderName, str] = Field({}, description="HTTP headers of the request.")
    grpc: bool | None = Field(None, description="true asks over gRPC's health protocol.")
    tcp: bool | None = Field(None, description="true asks whether the port accepts a connection.")
    command: Command | None = Field(None, description="A command that exits with 0.")
    port: Port | None = Field(None, description="The port that is asked; the component's own by default.")
    delay: Seconds | None = Field(None, description="Seconds to wait before the first probe.")
    period: Seconds | None = Field(None, description="Seconds between probes.")
    timeout: Seconds | None = Field(None, description="Seconds until a probe counts as failed.")
    failures: int | None = Field(None, ge=1, description="Failed probes in a row that count as a failure.")
    successes: int | None = Field(None, ge=1, description="Successful probes in a row that count as a success.")

    @model_validator(mode="after")
    def _one_method(self) -> Probe:
        methods = [name for name in METHODS if getattr(self, name)]
        if len(methods) > 1:
            raise InputError(f"{' and '.join(methods)} stand together", expected="one way to probe")
        if self.headers and any(name != "http" for name in methods):
            raise InputError("headers belong to an http probe", expected="`http: /path` beside `headers`")
        return self

    def manifest(self, default: Probe | None, port: int | None) -> dict[str, Any]:
        """A `core/v1.Probe`; what this probe leaves open comes from `default` and `port`."""
        method = self if any(getattr(self, name) for name in METHODS) else default or self
        if self.headers and not method.http:
            raise FieldError(("probes",), "headers belong to an http probe", expected="`http: /path` beside `headers`")
        probe = _handler(method, self.headers or method.headers, self.port or method.port or port)
        for key, value in (
            ("initialDelaySeconds", self.delay),
            ("periodSeconds", self.period),
            ("timeoutSeconds", self.timeout),
            ("successThreshold", self.successes),
            ("failureThreshold", self.failures),
        ):
            if value is not None:
                probe[key] = value
        return probe


def _handler(method: Probe, headers: dict[str, str], port: int | None) -> dict[str, Any]:
    if method.command:
        return {"exec": {"command": list(method.command)}}
    if port is None:
        raise FieldError(("probes",), "the probe has no port to ask", expected="`port` beside http, grpc or tcp")
    if method.grpc:
        return {"grpc": {"port": port}}
    if not method.http:
        return {"tcpSocket": {"port": port}}
    http: dict[str, Any] = {"path": method.http, "port": port}
    if headers:
        http["httpHeaders"] = [{"name": name, "value": value} for name, value in sorted(headers.items())]
    return {"httpGet": http}


class Probes(Model):
    """The three questions that the kubelet asks."""

    readiness: Probe | None = Field(None, description="Whether the pod gets traffic.")
    liveness: Probe | None = Field(None, description="Whether the container must be restarted.")
    startup: Probe | None = Field(None, description="Whether the container has started; the others wait for it.")

    @field_validator("liveness", "startup")
    @classmethod
    def _one_success(cls, probe: Probe | None) -> Probe | None:
        """Kubernetes: `validateLivenessProbe` and `validateStartupProbe`."""
        if probe and probe.successes not in {None, 1}:
            raise InputError("only readiness counts successes", expected="no `successes`")
        return probe

    def manifest(self, defaults: Probes, port: int | None) -> dict[str, Any]:
        """A container's `readinessProbe`, `livenessProbe` and `startupProbe`, those that are set here or by default."""
        probes: dict[str, Any] = {}
        for key, own, default in (
            ("readinessProbe", self.readiness, defaults.readiness),
            ("livenessProbe", self.liveness, defaults.liveness or defaults.readiness),
            ("startupProbe", self.startup, defaults.readiness),
        ):
            if own is not None:
                probes[key] = own.manifest(default, port)
            elif (default is not None and default is not defaults.readiness) or (key == "readinessProbe" and default):
                probes[key] = default.manifest(None, port)
        return probes
