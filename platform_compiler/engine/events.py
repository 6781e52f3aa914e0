"""The engine's events as steps in the platform's words: app, component, role, operation, changed properties."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

KUBERNETES = "kubernetes:"
_REASONS = re.compile(r"\A\d+ errors? occurred:\s*\* ")
"""What the engine puts before the reasons why a resource is not initialised."""
_MARKUP = re.compile(r"<\{%.*?%\}>")
"""The engine's marks of colours."""
_EMPTY = frozenset({"update failed", "preview failed"})
"""Errors that only say that there were others."""


@dataclass(frozen=True, slots=True)
class Property:
    """One changed property with its old and new value, as far as they are known and not secret."""

    path: str
    kind: str
    old: Any = None
    new: Any = None


@dataclass(frozen=True, slots=True)
class Step:
    """One operation on one resource. `state` tells whether it starts, is done or failed."""

    urn: str
    operation: str
    type: str
    state: Literal["planned", "done", "failed"]
    properties: tuple[Property, ...] = ()
    namespace: str = ""
    name: str = ""
    """The object's own name, as state has it."""
    retained: bool = False
    """Whether the object stays where it is when the engine deletes the resource."""

    @property
    def forgets(self) -> bool:
        """Whether a delete only takes the object out of the stack."""
        return self.retained and self.operation == "delete"

    @property
    def id(self) -> str:
        """The resource's id in the graph: the URN's name."""
        return self.urn.rpartition("::")[2]

    @property
    def kind(self) -> str:
        """`Deployment`."""
        return self.type.rpartition(":")[2]

    @property
    def is_object(self) -> bool:
        """Whether it is a Kubernetes object, not a component or a provider."""
        return self.type.startswith(KUBERNETES)


def _nothing(_resource: str, _line: str) -> None:
    """Progress that nobody asked for."""


@dataclass(slots=True)
class Tracker:
    """Collects steps, errors and the summary from a stream of engine events.

    A refresh plans to read every resource; only what it has found tells of a change.
    """

    on_step: Callable[[Step], None]
    refreshes: bool = False
    on_progress: Callable[[str, str], None] = _nothing
    """Is told what a resource waits for: its id and a line."""
    steps: list[Step] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    summary: dict[str, int] = field(default_factory=dict)

    def event(self, event: Any) -> None:
        """Take one event of the Automation API."""
        if event.resource_pre_event is not None:
            self._tell(event.resource_pre_event.metadata, "planned")
        elif event.res_outputs_event is not None:
            self._tell(event.res_outputs_event.metadata, "done")
        elif event.res_op_failed_event is not None:
            self._tell(event.res_op_failed_event.metadata, "failed")
        elif event.diagnostic_event is not None:
            self._diagnostic(event.diagnostic_event)
        elif event.summary_event is not None:
            changes = event.summary_event.resource_changes or {}
            self.summary = {str(getattr(key, "value", key)): number for key, number in changes.items()}

    def _tell(self, metadata: Any, state: Literal["planned", "done", "failed"]) -> None:
        step = _step_of(metadata, state)
        counts = "done" if self.refreshes else "planned"
        if state == counts and step.operation != "same":
            self.steps.append(step)
        self.on_step(step)

    def _diagnostic(self, event: Any) -> None:
        if event.severity in {"info", "warning"} and event.urn and KUBERNETES in event.urn:
            self.on_progress(event.urn.rpartition("::")[2], _MARKUP.sub("", event.message).strip())
        if event.severity == "error":
            message = _REASONS.sub("", event.message.strip())
            if message not in _EMPTY:
                self.errors.append(f"{_name(event.urn)}{message}")


def _name(urn: str | None) -> str:
    """`shop/web/deployment: ` before a message that belongs to a resource."""
    if not urn or "pulumi:pulumi:Stack" in urn:
        return ""
    return f"{urn.rpartition('::')[2]}: "


def _step_of(metadata: Any, state: Literal["planned", "done", "failed"]) -> Step:
    old = metadata.old.inputs if metadata.old else {}
    new = metadata.new.inputs if metadata.new else {}
    properties = tuple(
        Property(
            path, str(getattr(change.diff_kind, "value", change.diff_kind)), look_up(old, path), look_up(new, path)
        )
        for path, change in sorted((metadata.detailed_diff or {}).items())
    )
    operation = str(getattr(metadata.op, "value", metadata.op))
    retained = bool(metadata.old and metadata.old.retain_on_delete)
    metadata_of = (old or new).get("metadata")
    place = metadata_of if isinstance(metadata_of, dict) else {}
    return Step(
        metadata.urn,
        operation,
        metadata.type,
        state,
        properties,
        str(place.get("namespace", "")),
        str(place.get("name", "")),
        retained,
    )


def look_up(value: Any, path: str) -> Any:
    """The value at a property path such as `spec.containers[0].image`, None where there is none."""
    for step in split_path(path):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def split_path(path: str) -> list[str | int]:
    """The steps of a property path, with `["a.b"]` for keys that hold dots."""
    steps: list[str | int] = []
    position = 0
    while position < len(path):
        if path.startswith('["', position):
            end = path.index('"]', position)
            steps.append(path[position + 2 : end])
            position = end + 2
        elif path[position] == "[":
            end = path.index("]", position)
            steps.append(int(path[position + 1 : end]))
            position = end + 1
        elif path[position] == ".":
            position += 1
        else:
            end = min((at for at in (path.find(".", position), path.find("[", position)) if at >= 0), default=len(path))
            steps.append(path[position:end])
            position = end
    return steps
