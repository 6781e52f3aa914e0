"""Steps of the engine as people read them: by app and component, with values, spec lines and risks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from platform_compiler.compiler import Compiled
from platform_compiler.graph.resource import STATEFUL_KINDS, Resource
from platform_compiler.link.component import Component
from platform_compiler.trace import Tracer

if TYPE_CHECKING:
    from platform_compiler.engine.events import Property, Step

MARKS = {"create": "+", "update": "~", "delete": "-", "replace": "+-", "read": ">", "refresh": "~", "import": "="}
DONE = {"create": "created", "update": "updated", "delete": "deleted", "replace": "replaced", "read": "read"}
PARTS_OF_REPLACE = frozenset({"create-replacement", "delete-replaced"})
WIDTH = 60
STATEFUL = "this removes a stateful object; check what happens to its data"


def render_changes(steps: Sequence[Step], compiled: Compiled | None) -> str:
    """The changed objects, grouped; empty when nothing changes. Without specs at hand, no spec lines are named."""
    view = _View(compiled)
    objects = [step for step in steps if step.is_object and step.operation not in PARTS_OF_REPLACE]
    lines: list[str] = []
    for owner, group in groupby(sorted(objects, key=view.sort_key), key=view.owner):
        lines.append(view.heading(owner))
        for step in group:
            lines.extend(view.step_lines(step))
    return "\n".join(lines) + "\n\n" if lines else ""


def change_records(steps: Sequence[Step], compiled: Compiled | None) -> list[dict[str, Any]]:
    """The changed objects as JSON data."""
    view = _View(compiled)
    objects = [step for step in steps if step.is_object and step.operation not in PARTS_OF_REPLACE]
    return [view.record(step) for step in sorted(objects, key=view.sort_key)]


def summary_text(summary: Mapping[str, int]) -> str:
    """`2 create, 1 update, 30 same`; components and the provider count, as Pulumi counts them."""
    if not any(number for operation, number in summary.items() if operation != "same"):
        return f"no changes ({summary.get('same', 0)} resources)"
    return ", ".join(f"{number} {operation}" for operation, number in sorted(summary.items()) if number)


def render_error(message: str, compiled: Compiled) -> str:
    """An engine's or provider's error with the spec line of the resource it names."""
    name, _, rest = message.partition(": ")
    resource = compiled.graph.by_id.get(name)
    if resource is None:
        return message
    return f"{resource.origin}: {name} ({resource.kind} {resource.namespace}/{resource.name}): {rest}"


def is_stateful(kind: str) -> bool:
    """Whether the removal of such an object loses data, whatever made it."""
    return kind in STATEFUL_KINDS


class _View:
    def __init__(self, compiled: Compiled | None) -> None:
        self.compiled = compiled
        self._tracers: dict[str, Tracer] = {}

    def sort_key(self, step: Step) -> tuple[str, str]:
        return self.owner(step), step.id

    def owner(self, step: Step) -> str:
        return step.id.rpartition("/")[0]

    def resource(self, step: Step) -> Resource | None:
        return self.compiled.graph.by_id.get(step.id) if self.compiled else None

    def component(self, owner: str) -> Component | None:
        return self.compiled.components.get(owner) if self.compiled else None

    def heading(self, owner: str) -> str:
        component = self.component(owner)
        if owner == "namespace":
            return "namespaces"
        if component is None:
            return f"{owner} (no longer in any spec)" if self.compiled else owner
        origin = component.context.origin
        return f"{owner} ({origin.blueprint})  {origin}"

    def step_lines(self, step: Step) -> Iterator[str]:
        resource = self.resource(step)
        name = resource.name if resource else step.name or step.id.rpartition("/")[2]
        risk = self.risk(step)
        label = f"  RISK: {risk}" if risk else "  (the object itself is kept)" if step.forgets else ""
        yield f"  {MARKS.get(step.operation, '?'):<2} {step.kind} {name}  {step.operation}{label}"
        for item in step.properties:
            change = f"{item.path}: {short(item.old)} -> {short(item.new)}"
            place = self.place(step, item)
            yield f"       {change:<{WIDTH}}  {place}".rstrip()

    def place(self, step: Step, item: Property) -> str:
        """The spec line that decides a property: traced, or the component's own."""
        from platform_compiler.engine.events import split_path  # noqa: PLC0415 - the engine is loaded by now

        owner = self.owner(step)
        component = self.component(owner)
        if component is None or component.instance is None:
            return ""
        tracer = self._tracers.setdefault(owner, Tracer(component))
        location = tracer.locate(step.id, split_path(item.path))
        return f"{location.file}:{location.line}" if location else str(component.context.origin)

    def risk(self, step: Step) -> str:
        """What may be lost; empty for steps that lose nothing."""
        if step.operation not in {"replace", "delete"} or step.forgets:
            return ""
        resource = self.resource(step)
        return STATEFUL if is_stateful(step.kind) or (resource and resource.lifecycle.stateful) else ""

    def record(self, step: Step) -> dict[str, Any]:
        resource = self.resource(step)
        return {
            "id": step.id,
            "operation": step.operation,
            "kind": step.kind,
            "name": resource.name if resource else step.name or None,
            "namespace": resource.namespace if resource else step.namespace or None,
            "origin": str(resource.origin) if resource else None,
            "risk": self.risk(step) or None,
            "kept": step.forgets,
            "properties": [
                {
                    "path": item.path,
                    "kind": item.kind,
                    "old": item.old,
                    "new": item.new,
                    "spec": self.place(step, item) or None,
                }
                for item in step.properties
            ],
        }


def short(value: Any) -> str:
    """A value as JSON on a line, cut where it gets long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"
