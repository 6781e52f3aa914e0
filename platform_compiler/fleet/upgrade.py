"""What an upgrade of the lock means: for blueprints, and for every spec that would compile to something else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from platform_compiler.fleet.lock import Lock, Pin, content_change

Role = tuple[Literal["create", "update", "delete"], str]


@dataclass(frozen=True, slots=True)
class BlueprintUpgrade:
    """One blueprint: `change` says what becomes of it."""

    name: str
    change: str


@dataclass(frozen=True, slots=True)
class PinUpgrade:
    """One component in one environment: `before` and `after` are blueprints, empty where it is not there.

    `objects` are those that differ, by role; `inputs_changed` says that the spec is a cause, too.
    """

    component: str
    environment: str
    before: str
    after: str
    objects: tuple[Role, ...]
    inputs_changed: bool


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The way from one lock to another; nothing in it when they pin the same."""

    blueprints: Sequence[BlueprintUpgrade]
    pins: Sequence[PinUpgrade]


def plan_upgrade(before: Lock, after: Lock) -> Upgrade:
    """What changes between two locks."""
    return Upgrade([*_blueprints(before, after)], [*_pins(before, after)])


def _blueprints(before: Lock, after: Lock) -> Iterator[BlueprintUpgrade]:
    for name in sorted({*before.blueprints, *after.blueprints}):
        old, new = before.blueprints.get(name), after.blueprints.get(name)
        if old is None or new is None:
            yield BlueprintUpgrade(name, f"newly used, {new.package}" if new else "no longer used")
        elif old != new:
            yield BlueprintUpgrade(name, content_change(old, new))


def _pins(before: Lock, after: Lock) -> Iterator[PinUpgrade]:
    none = Pin("", "", {})
    for component in sorted({*before.components, *after.components}):
        olds, news = before.components.get(component, {}), after.components.get(component, {})
        for environment in sorted({*olds, *news}):
            old, new = olds.get(environment, none), news.get(environment, none)
            if old != new:
                both = bool(old.blueprint and new.blueprint)
                changed = both and old.inputs != new.inputs
                yield PinUpgrade(component, environment, old.blueprint, new.blueprint, (*_objects(old, new),), changed)


def _objects(old: Pin, new: Pin) -> Iterator[Role]:
    for role in sorted({*old.objects, *new.objects}):
        if role not in old.objects:
            yield "create", role
        elif role not in new.objects:
            yield "delete", role
        elif old.objects[role] != new.objects[role]:
            yield "update", role
