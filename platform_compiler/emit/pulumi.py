"""Graph to Pulumi resources: the only door to Pulumi's resource API.

Resources are registered by direct `RegisterResource` calls. The typed classes of `pulumi_kubernetes` would build an
output object for every property of every manifest; here a manifest is a finished value, so that a third of the time
and half of the state suffice, and each resource can name its spec line as its source position.

Calls are pipelined: a resource is registered as soon as its parent and the resources it depends on are, and nothing
waits for a level of the graph to finish. URNs follow from names, so no answer is needed to write the next request.
Parents are components of two constant types, for a parent's type is part of every child's URN.
Source: Pulumi SDK, `sdk/proto/pulumi/resource.proto`.
"""

from __future__ import annotations

import asyncio
import queue
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pulumi
from pulumi.runtime import get_root_resource
from pulumi.runtime.proto import alias_pb2, resource_pb2, source_pb2
from pulumi.runtime.settings import get_monitor

from platform_compiler.compiler import compile_stack
from platform_compiler.diagnostics import CompileError
from platform_compiler.emit.secrets import MissingSecretError, SecretValues, reveal
from platform_compiler.emit.stack import StackProgram, stack_program
from platform_compiler.emit.urns import APP_TYPE, COMPONENT_TYPE, PROVIDER_NAME, PROVIDER_TYPE, Urns, marked, type_token
from platform_compiler.graph.resource import ComponentNode, Origin, Resource
from platform_compiler.graph.secret import SecretText
from platform_compiler.report import as_text

PROVIDER_VERSION: Final = "4.34.2"
SECRET_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"  # noqa: S105 - a public constant of the protocol
SECRET_MARK: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a public constant of the protocol
MAX_IN_FLIGHT: Final = 256
"""Requests that wait for an answer at the same time; the engine works on as many as `--parallel` says."""


class RegistrationError(Exception):
    """The engine refused a resource; it has told why already."""


@dataclass(frozen=True, slots=True)
class Request:
    """One registration and the URNs that must be registered before it."""

    urn: str
    message: Any
    after: tuple[str, ...] = ()


async def register(program: StackProgram, secrets: SecretValues) -> None:
    """Register everything in `program`; to be called inside a Pulumi program. Raises `RegistrationError`."""
    root = get_root_resource()
    assert root is not None
    await root.urn.future()
    monitor = get_monitor()
    assert monitor is not None
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, lambda: _register_all(monitor, program, secrets))


def _register_all(monitor: Any, program: StackProgram, secrets: SecretValues) -> None:
    """Components while the provider starts, then the objects, which need its id."""
    urns = Urns(program.stack, program.project)
    send = monitor.RegisterResource.future
    starting = send(_provider_message(program, urns))
    Pipeline(send).run(component_requests(program, urns))
    provider = starting.result()
    builder = Builder(program, urns, f"{provider.urn}::{provider.id}", secrets)
    Pipeline(send).run(builder.requests())


def _provider_message(program: StackProgram, urns: Urns) -> Any:
    message = resource_pb2.RegisterResourceRequest(
        type=PROVIDER_TYPE,
        name=PROVIDER_NAME,
        parent=urns.root,
        custom=True,
        acceptSecrets=True,
        version=PROVIDER_VERSION,
        supportsPartialValues=True,
    )
    fill_inputs(message, program.provider_inputs)
    return message


def fill_inputs(message: Any, inputs: Mapping[str, Any]) -> None:
    """Set a request's inputs. No property depends on another resource's outputs, and the engine must know that."""
    message.object.update(inputs)
    for key in inputs:
        message.propertyDependencies[key].SetInParent()


def component_requests(program: StackProgram, urns: Urns) -> Iterator[Request]:
    """Every app and component, parents before children."""
    apps: dict[str, ComponentNode] = {}
    for node in program.graph.components:
        apps.setdefault(node.app, node)
    for name, node in apps.items():
        yield _component(program, APP_TYPE, urns.app(name), name, urns.root, node.origin)
    for node in program.graph.components:
        parent = urns.app(node.app)
        request = _component(program, COMPONENT_TYPE, urns.component(node.id), node.id, parent, node.origin)
        request.message.protect = node.protect
        if node.renamed_from:
            former = alias_pb2.Alias(spec=alias_pb2.Alias.Spec(name=f"{node.app}/{node.renamed_from}"))
            request.message.aliases.append(former)
        yield request


def _component(program: StackProgram, kind: str, urn: str, name: str, parent: str, origin: Origin) -> Request:
    message = resource_pb2.RegisterResourceRequest(
        type=kind, name=name, parent=parent, acceptSecrets=True, sourcePosition=_position(program.root, origin)
    )
    return Request(urn, message, (parent,))


def _position(root: Path, origin: Origin) -> Any:
    return source_pb2.SourcePosition(uri=file_uri(root, origin.file), line=origin.line)


def file_uri(root: Path, file: str) -> str:
    """The URI of a file below `root`; the engine stores it relative to the project."""
    return f"file://{quote(f'{root}/{file}')}"


@dataclass(slots=True)
class Builder:
    """Makes the requests of a program's objects; their components are registered already."""

    program: StackProgram
    urns: Urns
    provider: str
    secrets: SecretValues

    def requests(self) -> Iterable[Request]:
        """Every object."""
        known = {resource.id for resource in self.program.registered}
        protected = {node.id for node in self.program.graph.components if node.protect}
        for resource in self.program.registered:
            request = self._object(resource, known)
            request.message.protect |= f"{resource.origin.app}/{resource.origin.component}" in protected
            yield request

    def _object(self, resource: Resource, known: set[str]) -> Request:
        parent = self.urns.parent(resource)
        before = [
            self.urns.resource(self.program.graph.by_id[other]) for other in resource.depends_on if other in known
        ]
        lifecycle = resource.lifecycle
        message = resource_pb2.RegisterResourceRequest(
            type=type_token(resource),
            name=resource.id,
            parent=parent,
            custom=True,
            provider=self.provider,
            version=PROVIDER_VERSION,
            acceptSecrets=True,
            supportsPartialValues=True,
            dependencies=before,
            protect=lifecycle.protect,
            retainOnDelete=lifecycle.retain_on_delete,
            ignoreChanges=lifecycle.ignore_changes,
            sourcePosition=_position(self.program.root, resource.origin),
        )
        urn = self.urns.resource(resource)
        inputs = self._inputs(resource)
        fill_inputs(message, marked(inputs, urn) if self.program.marks else inputs)
        if resource.kind == "Secret":
            message.additionalSecretOutputs.extend(["data", "stringData"])
        return Request(urn, message, tuple(before))

    def _inputs(self, resource: Resource) -> Mapping[str, Any]:
        texts = resource.manifest.get("stringData")
        if resource.kind != "Secret" or not texts:
            return resource.manifest
        values = {
            key: reveal(text, self.secrets) if isinstance(text, SecretText) else text for key, text in texts.items()
        }
        return {**resource.manifest, "stringData": {SECRET_SIGNATURE: SECRET_MARK, "value": values}}


@dataclass(slots=True)
class Pipeline:
    """Sends requests as soon as what they wait for is answered."""

    send: Callable[[Any], Any]
    _waiting: dict[str, int] = field(default_factory=dict)
    _dependents: dict[str, list[Request]] = field(default_factory=lambda: defaultdict(list))
    _answers: queue.SimpleQueue[tuple[Request, Any]] = field(default_factory=queue.SimpleQueue)

    def run(self, requests: Iterable[Request]) -> None:
        """Send all; raises the first failure after what is in flight has been answered."""
        ready: list[Request] = []
        everything = list(requests)
        known = {request.urn for request in everything}
        for request in everything:
            missing = [urn for urn in request.after if urn in known]
            self._waiting[request.urn] = len(missing)
            for urn in missing:
                self._dependents[urn].append(request)
            if not missing:
                ready.append(request)
        self._drain(ready)

    def _drain(self, ready: list[Request]) -> None:
        in_flight, failure = 0, None
        ready.reverse()
        while ready or in_flight:
            while ready and in_flight < MAX_IN_FLIGHT:
                self._start(ready.pop())
                in_flight += 1
            request, future = self._answers.get()
            in_flight -= 1
            error = future.exception()
            if error is not None:
                failure = failure or error
                ready.clear()
            elif failure is None:
                ready.extend(self._released(request.urn))
        if failure is not None:
            raise RegistrationError(getattr(failure, "details", lambda: str(failure))()) from None

    def _start(self, request: Request) -> None:
        future = self.send(request.message)
        future.add_done_callback(lambda done: self._answers.put((request, done)))

    def _released(self, urn: str) -> list[Request]:
        released = []
        for request in self._dependents.pop(urn, ()):
            self._waiting[request.urn] -= 1
            if self._waiting[request.urn] == 0:
                released.append(request)
        return released


def secret_values(program: StackProgram) -> SecretValues:
    """The decrypted config values that the program's Secrets need, from the running stack's config."""
    values = {}
    for key in sorted({reference.config_key for reference in program.secret_references()}):
        namespace, _, name = key.partition(":")
        value = pulumi.Config(namespace).get(name)
        if value is not None:
            values[key] = value
    return SecretValues(values)


async def run_program(program: StackProgram) -> None:
    """Register the program in the running Pulumi stack; every failure is a `pulumi.RunError`, without a traceback."""
    for secret in program.left_out:
        pulumi.log.info(f"left out: Secret {secret.namespace}/{secret.name} ({secret.origin}); a file cannot keep it")
    try:
        await register(program, secret_values(program))
    except (RegistrationError, MissingSecretError) as error:
        raise pulumi.RunError(str(error)) from None


async def run_stack(root: Path) -> None:
    """What `stacks/__main__.py` does: compile the environment that the selected stack is named after, register it."""
    try:
        compiled = compile_stack(root, pulumi.get_stack())
    except CompileError as error:
        raise pulumi.RunError("\n" + as_text(error.diagnostics)) from None
    await run_program(stack_program(compiled, project=pulumi.get_project()))
