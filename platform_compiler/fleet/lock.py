"""`platc.lock`: what every spec compiled with, so that a compile with anything else is seen.

For every component and environment it holds the blueprint, as bound there, and for every blueprint its package and
content. Beside them stand short hashes of the inputs and of each object: no pins, but by them an upgrade can tell which
specs change and whether the blueprint or the spec is the cause, although the former blueprint is here no more.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from platform_compiler.compiler import Compiled, compile_environment
from platform_compiler.diagnostics import CompileError, Diagnostic, Diagnostics, Location
from platform_compiler.fleet.content import Content, Contents
from platform_compiler.fleet.snapshot import plain
from platform_compiler.link.component import Component, Site
from platform_compiler.link.instantiate import instantiate
from platform_compiler.loading import Platform
from platform_compiler.spec.environment import read_environment

LOCK_FILE: Final = "platc.lock"
FORMAT: Final = 1
HASH_LENGTH: Final = 10
UPGRADE: Final = "see `platc upgrade --plan`, then run `platc upgrade`"


class Pin(NamedTuple):
    """One component in one environment: its blueprint, and hashes of its inputs and of each object by role."""

    blueprint: str
    inputs: str
    objects: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Lock:
    """Blueprints by `name@version`, pins by component id and environment."""

    blueprints: Mapping[str, Content] = field(default_factory=dict)
    components: Mapping[str, Mapping[str, Pin]] = field(default_factory=dict)


def make_lock(platform: Platform) -> Lock:
    """The lock of what compiles now; raises `CompileError` when anything does not."""
    contents = Contents()
    blueprints: dict[str, Content] = {}
    components: dict[str, dict[str, Pin]] = {}
    for environment in platform.environments:
        compiled = compile_environment(platform, environment)
        objects = _objects(compiled)
        for component in compiled.components.values():
            name = str(component.blueprint.blueprint_id)
            blueprints[name] = contents.of(component.blueprint)
            pin = Pin(name, _hash(component.raw), objects.get(component.id, {}))
            components.setdefault(component.id, {})[environment] = pin
    return Lock(blueprints, components)


def _objects(compiled: Compiled) -> dict[str, dict[str, str]]:
    """The hash of every object by component and role."""
    found: dict[str, dict[str, str]] = {}
    for resource in compiled.graph:
        owner, _, role = resource.id.rpartition("/")
        found.setdefault(owner, {})[role] = _hash(plain(resource.manifest, compiled.environment.ciphertexts))
    return found


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:HASH_LENGTH]


def lock_text(lock: Lock) -> str:
    """The file: JSON with a line for each blueprint and for each component in an environment, in order."""
    blueprints = {name: content._asdict() for name, content in sorted(lock.blueprints.items())}
    lines = [f'{{\n"format": {FORMAT},\n"blueprints": {{', _lines(blueprints), '},\n"components": {']
    pins = (
        f"{json.dumps(name)}: {{\n{_lines({each: pin._asdict() for each, pin in sorted(pins.items())})}\n}}"
        for name, pins in sorted(lock.components.items())
    )
    return "\n".join([*lines, ",\n".join(pins), "}\n}\n"])


def _lines(records: Mapping[str, Any]) -> str:
    return ",\n".join(f"{json.dumps(key)}: {json.dumps(value, sort_keys=True)}" for key, value in records.items())


def write_lock(root: Path, lock: Lock) -> None:
    """Write the lock in one step."""
    temporary = root / f".{LOCK_FILE}.{os.getpid()}.tmp"
    temporary.write_text(lock_text(lock), encoding="utf-8")
    temporary.replace(root / LOCK_FILE)


def read_lock(root: Path) -> Lock | None:
    """The platform's lock, None when it has none; raises `CompileError` for a file that is no lock."""
    file = root / LOCK_FILE
    if not file.is_file():
        return None
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise ValueError(f"format {data['format']}")
        return Lock(
            {name: Content(**content) for name, content in data["blueprints"].items()},
            {name: {each: Pin(**pin) for each, pin in pins.items()} for name, pins in data["components"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        summary = f"this is no lock of format {FORMAT}: {error}"
        fault = Diagnostic("PC356", summary, Location(LOCK_FILE), "the file as `platc upgrade` writes it", UPGRADE)
        raise CompileError([fault]) from None


def lock_faults(platform: Platform, environments: Sequence[str], apps: Sequence[str] = ()) -> list[Diagnostic]:
    """Where the lock does not hold for `apps`, all for none, in `environments`; raises `CompileError`."""
    lock = read_lock(platform.root)
    if lock is None:
        return [Diagnostic("PC356", f"there is no {LOCK_FILE}", None, "a committed lock", UPGRADE)]
    contents = Contents()
    used: dict[str, Content] = {}
    faults: list[Diagnostic] = []
    for environment in environments:
        for component in _components(platform, environment, apps):
            used[str(component.blueprint.blueprint_id)] = contents.of(component.blueprint)
            faults.extend(_pin_faults(component, environment, lock))
    return [*faults, *_content_faults(platform.root, used, lock)]


def _components(platform: Platform, environment: str, apps: Sequence[str]) -> Iterator[Component]:
    """The components with their blueprints as bound; faults are told by the compile itself."""
    try:
        site = Site(read_environment(platform.root, environment))
    except CompileError:
        return
    for name in apps or platform.apps:
        if name in platform.apps:
            yield from instantiate(platform.apps[name], site, platform.table, Diagnostics())


def _pin_faults(component: Component, environment: str, lock: Lock) -> Iterator[Diagnostic]:
    name = str(component.blueprint.blueprint_id)
    pin = lock.components.get(component.id, {}).get(environment)
    if pin is not None and pin.blueprint == name:
        return
    has = f"{LOCK_FILE} has {pin.blueprint}" if pin else f"{LOCK_FILE} does not have it"
    summary = f"{component.id} compiles with {name} in {environment}, and {has}"
    yield Diagnostic("PC356", summary, component.locate(("blueprint",)), "what the lock pins", UPGRADE)


def _content_faults(root: Path, used: Mapping[str, Content], lock: Lock) -> Iterator[Diagnostic]:
    lines = (root / LOCK_FILE).read_text(encoding="utf-8").splitlines()
    for name, content in sorted(used.items()):
        pinned = lock.blueprints.get(name)
        if pinned is None or pinned == content:
            continue  # a blueprint that is not there is told with the components that use it
        summary = f"{name} is not what is pinned: {content_change(pinned, content)}"
        number = next((at for at, line in enumerate(lines, 1) if line.startswith(f'"{name}": ')), 1)
        source = lines[number - 1]
        location = Location(LOCK_FILE, number, 1, len(name) + 2, source)
        yield Diagnostic("PC356", summary, location, f"{pinned.package} with the pinned content", UPGRADE)


def content_change(before: Content, after: Content) -> str:
    """`acme-blueprints 1.0 -> 1.1, other content`; at least one of them differs."""
    parts = [f"{before.package} -> {after.package}"] if before.package != after.package else [after.package]
    return ", ".join([*parts, *(["other content"] if before.digest != after.digest else [])])
