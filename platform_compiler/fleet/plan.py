"""The offline plan: what compiles now against what the state holds, as the engine and the provider would compare it.

Inputs go through the provider's own check and diff, so that after an `up` there is nothing to plan. Only what a cluster
has changed by itself stays unknown. Values of Secrets are encrypted in state; their names follow their ciphertexts, so
a changed one shows as another name.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from platform_compiler.diagnostics import CompileError, Diagnostic, Location
from platform_compiler.emit.stack import StackProgram
from platform_compiler.emit.urns import APP_TYPE, COMPONENT_TYPE, PROVIDER_TYPE, STACK_TYPE, Urns, marked, type_token
from platform_compiler.engine.events import Property, Step, look_up
from platform_compiler.engine.stored import StateResource
from platform_compiler.graph.resource import Resource
from platform_compiler.provider.check import Naming, Rules, check
from platform_compiler.provider.checkpoint import Stored, read_checkpoint
from platform_compiler.provider.config import diff_config, read_config
from platform_compiler.provider.diff import Mutability, diff
from platform_compiler.provider.objects import InvalidObjectError, Object
from platform_compiler.provider.seen import Seen
from platform_compiler.provider.sensitive import SECRET_FIELDS
from platform_compiler.provider.wire import SECRET, SIGNATURE

HIDDEN = "[secret]"
SAME = "same"
HOW_TO_UNPROTECT = "take `protect: true` away from the component and run `platc up`, then make this change"


class ProtectedError(Exception):
    """The engine would refuse the plan, for it takes away what is protected; `hint` says how that is done."""

    def __init__(self, steps: Sequence[Step]) -> None:
        lines = [f"{step.id} ({step.kind}) is protected: {step.operation} is refused" for step in steps]
        super().__init__("\n".join(["plan failed: `platc up` would stop", *lines]))
        self.hint = HOW_TO_UNPROTECT


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps, and how many resources see which operation, as the engine counts them."""

    steps: tuple[Step, ...]
    summary: Mapping[str, int]


def make_plan(program: StackProgram, state: Sequence[StateResource], targets: Sequence[str] = ()) -> Plan:
    """What `up` would do by now; `targets` are patterns of logical names that it is limited to, none for all.

    Raises `ProtectedError` for what `up` would refuse.
    """
    planner = _Planner(program, state)
    wanted = [re.compile(_pattern(target)) for target in targets]
    steps = [step for step in planner.steps() if not wanted or any(each.fullmatch(step.id) for each in wanted)]
    refused = [step for step in steps if step.urn in planner.refused]
    if refused:
        raise ProtectedError(refused)
    return Plan(tuple(step for step in steps if step.operation != SAME), Counter(step.operation for step in steps))


def _pattern(target: str) -> str:
    return ".*".join("[^/]*".join(map(re.escape, part.split("*"))) for part in target.split("**"))


class _Planner:
    def __init__(self, program: StackProgram, state: Sequence[StateResource]) -> None:
        self.program = program
        self.urns = Urns(program.stack, program.project)
        self.config = read_config({}, program.provider_inputs, os.environ)
        self.state = {item["urn"]: item for item in state if not item.get("delete")}
        self.pending = [item for item in state if item.get("delete")]
        self.former = {
            node.id: f"{node.app}/{node.renamed_from}" for node in program.graph.components if node.renamed_from
        }
        self.protected = {node.id for node in program.graph.components if node.protect}
        self.seen = Seen()
        self.met: set[str] = set()
        self.refused: set[str] = set()
        """URNs of steps that take away what is protected; a former copy whose deletion has failed is not."""

    def steps(self) -> Iterator[Step]:
        """Every resource of the program, then what only the state has."""
        yield self.container(self.urns.root, STACK_TYPE)
        provider = self.provider()
        yield provider
        for app in dict.fromkeys(node.app for node in self.program.graph.components):
            yield self.container(self.urns.app(app), APP_TYPE)
        for node in self.program.graph.components:
            yield self.container(self.urns.component(node.id), COMPONENT_TYPE)
        checked = [(resource, *self.inputs(resource)) for resource in self.program.registered]
        for resource, old, news in checked:
            yield self.object(resource, old, news, anew=provider.operation == "replace")
        for item in self.pending:
            yield _deletion(item)
        for item in [item for urn, item in self.state.items() if urn not in self.met]:
            yield self.guarded(_deletion(item), item)

    def container(self, urn: str, kind: str) -> Step:
        """A stack, an app or a component: it is there or not."""
        return Step(urn, SAME if self.known(urn) else "create", kind, "planned")

    def provider(self) -> Step:
        """The provider itself; when it means another target, every object is replaced."""
        old = self.known(self.urns.provider)
        if old is None:
            return Step(self.urns.provider, "create", PROVIDER_TYPE, "planned")
        before, after = _as_texts(old.get("inputs") or {}), _as_texts(self.program.provider_inputs)
        changed, replaces = diff_config(before, after)
        operation = "replace" if replaces else "update" if changed else SAME
        properties = tuple(Property(key, "update", before.get(key), after.get(key)) for key in changed)
        return Step(self.urns.provider, operation, PROVIDER_TYPE, "planned", properties)

    def inputs(self, resource: Resource) -> tuple[StateResource | None, Object]:
        """What the state has of a resource, and its inputs as the provider would store them."""
        urn = self.urns.resource(resource)
        old = self.known(urn)
        rules = Rules(self.config.namespace, self.config.client_side_apply, self.seen.scopes)
        try:
            olds = _readable(old.get("inputs") or {}) if old else {}
            inputs = marked(resource.manifest, urn) if self.program.marks else resource.manifest
            news = check(urn, _without_values(inputs), olds, naming=Naming(), rules=rules)
            self.seen.note(urn, news)
        except InvalidObjectError as error:
            place = Location(resource.origin.file, resource.origin.line)
            raise CompileError([Diagnostic("PC702", f"{resource.id}: {error}", place)]) from None
        return old, news

    def object(self, resource: Resource, old: StateResource | None, news: Object, *, anew: bool) -> Step:
        """One Kubernetes object."""
        urn, token = self.urns.resource(resource), type_token(resource)
        if old is None:
            return Step(urn, "create", token, "planned")
        stored = _stored(old)
        result = diff(
            stored,
            news,
            ignore=resource.lifecycle.ignore_changes,
            scopes=self.seen.scopes,
            mutability=Mutability(self.config.config_map_mutable, self.config.secret_mutable),
        )
        properties = tuple(
            Property(
                change.text,
                f"{change.kind}-replace" if change.replace else change.kind,
                look_up(stored.inputs, change.text),
                look_up(news, change.text),
            )
            for change in result.changes
        )
        operation = "replace" if anew or result.replaces else "update" if properties else SAME
        step = Step(urn, operation, token, "planned", properties)
        return self.guarded(step, old) if operation == "replace" and self.protects(resource) else step

    def protects(self, resource: Resource) -> bool:
        """Whether the program protects it, as it is registered."""
        return resource.lifecycle.protect or f"{resource.origin.app}/{resource.origin.component}" in self.protected

    def guarded(self, step: Step, old: StateResource) -> Step:
        """Note a step that the engine refuses, where the state protects the resource."""
        if old.get("protect"):
            self.refused.add(step.urn)
        return step

    def known(self, urn: str) -> StateResource | None:
        """What the state has under a URN, or under the one that it had before its component was renamed."""
        qualified, _, name = urn.rpartition("::")
        component = "/".join(name.split("/")[:2])
        if urn not in self.state and component in self.former:
            urn = f"{qualified}::{self.former[component]}{name[len(component) :]}"
        self.met.add(urn)
        return self.state.get(urn)


def _deletion(item: StateResource) -> Step:
    """The step that takes a resource out of the state, with what is told of its object as the engine tells it."""
    metadata = (item.get("inputs") or {}).get("metadata")
    place = metadata if isinstance(metadata, dict) else {}
    return Step(
        item["urn"],
        "delete",
        item["type"],
        "planned",
        namespace=str(place.get("namespace", "")),
        name=str(place.get("name", "")),
        retained=bool(item.get("retainOnDelete")),
    )


def _stored(item: StateResource) -> Stored:
    """A resource's state as the provider reads it, without what is encrypted."""
    stored = read_checkpoint(_readable(item.get("outputs") or {}))
    inputs = stored.inputs or _readable(item.get("inputs") or {})
    live = stored.live or inputs
    return Stored(_without_values(inputs), _without_values(live), stored.field_manager, stored.initial_api_version)


def _without_values(obj: Object) -> Object:
    """A Secret without its values: the state's are encrypted, the program's not revealed."""
    if obj.get("kind") != "Secret":
        return obj
    return {key: value for key, value in obj.items() if key not in SECRET_FIELDS}


def _readable(value: Any) -> Any:
    """A value of the state with a mark in place of each ciphertext."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return HIDDEN
        return {key: _readable(item) for key, item in value.items()}
    return [_readable(item) for item in value] if isinstance(value, list) else value


def _as_texts(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """A provider's inputs with booleans as the engine may have stored them: as text."""
    return {key: str(value).lower() if isinstance(value, bool) else _readable(value) for key, value in inputs.items()}
