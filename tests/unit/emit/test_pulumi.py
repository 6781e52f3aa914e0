"""Registration without an engine: what is asked for, and in which order."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from platform_compiler.compiler import compile_stack
from platform_compiler.emit.pulumi import Builder, Pipeline, RegistrationError, Request, component_requests
from platform_compiler.emit.secrets import SecretValues
from platform_compiler.emit.stack import stack_program
from platform_compiler.emit.urns import Urns

SPEC = """app: shop
team: shop
components:
  web: {blueprint: web-service@1, image: a, replicas: {min: 2, max: 4}, env: {KEY: "${secrets.key}"}, protect: true}
  db: {blueprint: postgres, renamed-from: database}
"""


@pytest.fixture
def requests(make_platform: Callable[..., Path]) -> dict[str, Any]:
    root = make_platform(
        {"apps/shop.yaml": SPEC, "stacks/Pulumi.dev.yaml": "config:\n  shop:key:\n    secure: v1:x\n"},
        dev="target: {cluster: {context: kind}}\nbindings: {postgres: postgres@1}\n",
    )
    program = stack_program(compile_stack(root, "dev"), project="p")
    values = SecretValues({"shop:key": "hunter2", "platform:seed": "seed"})
    urns = Urns("dev", "p")
    builder = Builder(program, urns, "provider::id", values)
    everything = [*component_requests(program, urns), *builder.requests()]
    return {request.urn.rpartition("::")[2]: request for request in everything}


def test_objects_are_children_of_constant_types(requests: dict[str, Any]) -> None:
    deployment = requests["shop/web/deployment"]
    types = "platc:index:App$platc:index:Component$kubernetes:apps/v1:Deployment"
    assert deployment.urn == f"urn:pulumi:dev::p::{types}::shop/web/deployment"
    assert deployment.message.parent == "urn:pulumi:dev::p::platc:index:App$platc:index:Component::shop/web"
    assert requests["namespace/shop"].message.parent == "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"
    assert deployment.message.sourcePosition.line == 4
    assert deployment.message.sourcePosition.uri.endswith("/apps/shop.yaml")


def test_no_property_depends_on_another_resource(requests: dict[str, Any]) -> None:
    message = requests["shop/web/deployment"].message
    assert set(message.propertyDependencies) == {"apiVersion", "kind", "metadata", "spec"}
    assert all(not item.urns for item in message.propertyDependencies.values())
    assert any("ServiceAccount" in urn for urn in message.dependencies)


def test_lifecycle_becomes_options(requests: dict[str, Any]) -> None:
    assert list(requests["shop/web/deployment"].message.ignoreChanges) == ["spec.replicas"]
    assert requests["shop/web/deployment"].message.protect
    assert not requests["shop/db/stateful-set"].message.protect
    assert requests["shop/db/data"].message.retainOnDelete
    (alias,) = requests["shop/db"].message.aliases
    assert alias.spec.name == "shop/database"


def test_secret_values_are_marked_secret(requests: dict[str, Any]) -> None:
    message = requests["shop/web/secret"].message
    data = MessageToDict(message.object)["stringData"]
    assert data.pop("4dabf18193072939515e22adb298388d") == "1b47061264138c4ac30d75fd1eb44270"
    assert data == {"value": {"KEY": "hunter2"}}
    assert list(message.additionalSecretOutputs) == ["data", "stringData"]
    clear = [str(request.message) for name, request in requests.items() if not name.endswith("/secret")]
    assert all("hunter2" not in text for text in clear)


def test_requests_wait_for_what_they_need() -> None:
    order: list[str] = []

    def send(message: str) -> Future[str]:
        order.append(message)
        future: Future[str] = Future()
        future.set_result(message)
        return future

    Pipeline(send).run([Request("c", "c", ("a", "b")), Request("b", "b", ("a",)), Request("a", "a", ("elsewhere",))])
    assert order == ["a", "b", "c"]


def test_a_refused_request_stops_what_depends_on_it() -> None:
    sent: list[str] = []

    def send(message: str) -> Future[str]:
        sent.append(message)
        future: Future[str] = Future()
        future.set_exception(RuntimeError("no such namespace"))
        return future

    with pytest.raises(RegistrationError, match="no such namespace"):
        Pipeline(send).run([Request("a", "a"), Request("b", "b", ("a",))])
    assert sent == ["a"]
