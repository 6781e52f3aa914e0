"""A provider without an engine, and a context that raises as gRPC's own does when a call is aborted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc
import pytest

from platform_compiler.plugin.messages import provider_pb2
from platform_compiler.provider.servicer import KubernetesProvider
from platform_compiler.provider.wire import to_struct


class AbortedError(Exception):
    """A call's status and its text."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        super().__init__(details)
        self.code = code


class Context:
    """As much of `grpc.ServicerContext` as the provider uses."""

    def abort(self, code: grpc.StatusCode, details: str) -> None:
        raise AbortedError(code, details)


class Log:
    """What the provider tells the engine."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def tell(self, urn: str, message: str, *, warning: bool) -> None:
        assert urn.startswith("urn:")
        self.lines.append(("warning" if warning else "status", message))


@pytest.fixture
def context() -> Any:
    return Context()


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def rendered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that `provider` renders to, given to it as the relative path `rendered`."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "rendered"


@pytest.fixture
def provider(rendered: Path, context: Any, log: Log) -> KubernetesProvider:
    return configured(context, log, renderYamlToDirectory=rendered.name)


def configured(context: Any, log: Log, **config: Any) -> KubernetesProvider:
    servicer = KubernetesProvider(environment={})
    servicer._log = log  # type: ignore[assignment]
    servicer.Configure(provider_pb2.ConfigureRequest(args=to_struct(config)), context)
    return servicer


def urn(token: str = "kubernetes:core/v1:ConfigMap", name: str = "web") -> str:
    return f"urn:pulumi:dev::shop::platc:index:App${token}::{name}"


def obj(kind: str, api: str = "v1", **body: Any) -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": "x", "namespace": "n"}, **body}
