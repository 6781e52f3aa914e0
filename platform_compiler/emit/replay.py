"""A recorded checkpoint as a program: registers what a former revision registered, without compiling anything.

Every resource gets the inputs and options that its state holds, through the same pipelined `RegisterResource` calls as
a compiled graph. Two things differ from the record. A Job that is no longer there is not registered, for to create it
would run it again; one that has been replaced since stays as it is. And a component that has been renamed since names
its present URN as an alias, so that it is renamed back and not made anew.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import pulumi
from pulumi.runtime import get_root_resource
from pulumi.runtime.proto import alias_pb2, resource_pb2, source_pb2
from pulumi.runtime.settings import get_monitor

from platform_compiler.emit.pulumi import (
    PROVIDER_VERSION,
    SECRET_MARK,
    SECRET_SIGNATURE,
    Pipeline,
    RegistrationError,
    Request,
    file_uri,
    fill_inputs,
)
from platform_compiler.emit.recorded import JOB, Recorded
from platform_compiler.emit.urns import STACK_TYPE

PROJECT_URI: Final = "project:///"
ADDED_BY_ENGINE: Final = frozenset({"__internal", "version"})
"""Keys that the engine itself puts into a provider's inputs."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What a rollback registers. `not_rerun` are the Jobs that stay as they are, or stay away."""

    root: Path
    project: str
    stack: str
    resources: tuple[Recorded, ...]
    aliases: Mapping[str, str]
    not_rerun: tuple[Recorded, ...]


def recording(root: Path, project: str, stack: str, *, then: Sequence[Recorded], now: Sequence[Recorded]) -> Recording:
    """The program that brings a stack from `now` to what it was `then`; values of both are decrypted."""
    present = {resource.urn: resource for resource in now}
    resources, not_rerun = [], []
    for resource in then:
        current = present.get(resource.urn)
        if resource.type != JOB or (current and current.object_id == resource.object_id):
            resources.append(resource)
            continue
        not_rerun.append(resource)
        if current:
            resources.append(current)
    return Recording(root, project, stack, tuple(resources), _renamed_since(then, now), tuple(not_rerun))


def _renamed_since(then: Sequence[Recorded], now: Sequence[Recorded]) -> dict[str, str]:
    """URNs of `then` with the URN that the same resource has now: state keeps when it was created, to a nanosecond."""
    former, present = ({resource.urn for resource in resources} for resources in (then, now))
    others = {
        (item.type, item.data["created"]): item.urn
        for item in now
        if item.urn not in former and item.data.get("created")
    }
    return {
        item.urn: others[item.type, item.data.get("created")]
        for item in then
        if item.urn not in present and (item.type, item.data.get("created")) in others
    }


async def run_recording(program: Recording) -> None:
    """Register the recording in the running Pulumi stack; every failure is a `pulumi.RunError`."""
    root = get_root_resource()
    assert root is not None
    await root.urn.future()
    monitor = get_monitor()
    assert monitor is not None
    try:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, lambda: _register(monitor.RegisterResource.future, program))
    except RegistrationError as error:
        raise pulumi.RunError(str(error)) from None


def _register(send: Any, program: Recording) -> None:
    """Providers first: whatever they manage names their ids."""
    providers = {}
    for resource in program.resources:
        if resource.is_provider:
            answer = send(request_of(program, resource).message).result()
            providers[resource.urn] = f"{answer.urn}::{answer.id}"
    Pipeline(send).run(_requests(program, providers))


def _requests(program: Recording, providers: Mapping[str, str]) -> Iterator[Request]:
    known = {resource.urn for resource in program.resources}
    for resource in program.resources:
        if resource.is_provider or resource.type == STACK_TYPE:
            continue
        request = request_of(program, resource, known)
        request.message.provider = providers.get(str(resource.data.get("provider", "")).rpartition("::")[0], "")
        yield request


def request_of(program: Recording, resource: Recorded, known: set[str] | None = None) -> Request:
    """The registration of one resource as its state holds it; dependencies outside `known` are left out."""
    data = resource.data
    before = [urn for urn in data.get("dependencies") or () if known is None or urn in known]
    timeouts = data.get("customTimeouts") or {}
    message = resource_pb2.RegisterResourceRequest(
        type=resource.type,
        name=resource.name,
        parent=data.get("parent", ""),
        custom=bool(data.get("custom")),
        acceptSecrets=True,
        dependencies=before,
        protect=resource.protected,
        retainOnDelete=resource.retained,
        ignoreChanges=data.get("ignoreChanges") or (),
        replaceOnChanges=data.get("replaceOnChanges") or (),
        additionalSecretOutputs=data.get("additionalSecretOutputs") or (),
        deletedWith=data.get("deletedWith", ""),
        customTimeouts=resource_pb2.RegisterResourceRequest.CustomTimeouts(
            **{key: f"{seconds}s" for key, seconds in timeouts.items() if seconds}
        ),
        sourcePosition=_position(program.root, str(data.get("sourcePosition", ""))),
    )
    for urn in (*(data.get("aliases") or ()), program.aliases.get(resource.urn)):
        if urn:
            message.aliases.append(alias_pb2.Alias(urn=urn))
    if message.custom:
        message.version = PROVIDER_VERSION
        message.supportsPartialValues = True
        left_out = ADDED_BY_ENGINE if resource.is_provider else ()
        inputs = {key: value for key, value in resource.inputs.items() if key not in left_out}
        fill_inputs(message, _revealed(inputs))
    return Request(resource.urn, message, (message.parent, *before))


def _position(root: Path, position: str) -> Any:
    """`project:///apps/my%20x.yaml#7` as the file and line that the engine made it from."""
    if not position.startswith(PROJECT_URI):
        return None
    file, _, line = position.removeprefix(PROJECT_URI).partition("#")
    return source_pb2.SourcePosition(uri=file_uri(root, unquote(file)), line=int(line or 0))


def _revealed(value: Any) -> Any:
    """State's `{signature, plaintext}` as the protocol's `{signature, value}`."""
    if isinstance(value, Mapping):
        if value.get(SECRET_SIGNATURE) == SECRET_MARK:
            return {SECRET_SIGNATURE: SECRET_MARK, "value": json.loads(value["plaintext"])}
        return {key: _revealed(item) for key, item in value.items()}
    return [_revealed(item) for item in value] if isinstance(value, list) else value
