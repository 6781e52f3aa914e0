"""Tells where each value of a component comes from: the layer that won it, its file and line, or a default."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from platform_compiler.compiler import Compiled
from platform_compiler.diagnostics import CompileError, Diagnostic, Location, did_you_mean, one_of
from platform_compiler.graph.secret import SecretText
from platform_compiler.link.component import SETTINGS, Component
from platform_compiler.spec.overlay import winner
from platform_compiler.spec.source import KeyPath


@dataclass(frozen=True, slots=True)
class Explanation:
    """One value: `path` is `app.component.field...`, `written` what stands in the file where it differs."""

    path: str
    value: Any
    layer: str
    location: Location | None
    written: str = ""


def explain(compiled: Compiled, target: str) -> list[Explanation]:
    """Every value below `APP[.COMPONENT[.FIELD...]]`; raises `CompileError` when there is no such value."""
    app, *rest = target.split(".")
    own = {item.name: item for item in compiled.components.values() if item.app.name == app}
    if not own:
        apps = compiled.platform.apps
        raise _unknown("PC403", f"there is no app {app!r}", one_of(apps), did_you_mean(app, apps))
    if not rest:
        return [entry for name in sorted(own) for entry in _component(own[name])]
    if rest[0] in own:
        component, field = own[rest[0]], rest[1:]
    elif app in own:
        component, field = own[app], rest
    else:
        raise _unknown("PC402", f"the app has no component {rest[0]!r}", one_of(own), did_you_mean(rest[0], own))
    entries = [entry for entry in _component(component) if _below(entry, component, field)]
    if not entries:
        fields = sorted({entry.path.split(".")[2] for entry in _component(component)})
        summary = f"{component.id} has no value {'.'.join(field)!r}"
        raise _unknown("PC201", summary, one_of(fields, limit=30), did_you_mean(field[0], fields))
    return entries


def _unknown(code: str, summary: str, expected: str, hint: str) -> CompileError:
    return CompileError([Diagnostic(code, summary, None, expected, hint)])


def _below(entry: Explanation, component: Component, field: list[str]) -> bool:
    prefix = ".".join([component.app.name, component.name, *field])
    return entry.path == prefix or entry.path.startswith(prefix + ".")


def _component(component: Component) -> Iterator[Explanation]:
    assert component.instance is not None
    settings = _plain(component.settings)
    values = {key: value for key, value in settings.items() if component.layers and _is_set(component, (key,))}
    values |= _plain(component.instance)
    for path, value in sorted(_leaves(values, ()), key=lambda item: [str(step) for step in item[0]]):
        yield _explanation(component, path, value)


def _plain(value: Any) -> Any:
    """Models as mappings by the names of the spec; secrets stay what they are."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields.items()
        return {info.alias or name: _plain(getattr(value, name)) for name, info in fields}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _is_set(component: Component, path: KeyPath) -> bool:
    return winner(component.layers, path) is not None


def _leaves(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    else:
        yield path, value


def _explanation(component: Component, path: KeyPath, value: Any) -> Explanation:
    name = ".".join([component.app.name, component.name, *(str(step) for step in path)])
    shown = _without_secrets(value)
    layer = _deepest(component, path)
    if layer is None:
        return Explanation(name, shown, f"default of {component.blueprint.blueprint_id}", None)
    found = winner(component.layers, layer)
    assert found is not None
    written = _written(component.raw, path)
    text = written if isinstance(written, str) and "${" in written else ""
    return Explanation(name, shown, found.name, found.locate(layer, key=True), text)


def _without_secrets(value: Any) -> Any:
    if isinstance(value, SecretText):
        return "(secret)"
    return [_without_secrets(item) for item in value] if isinstance(value, list) else value


def _deepest(component: Component, path: KeyPath) -> KeyPath | None:
    """The longest part of `path` that a layer writes, if what it writes there is more than a mapping of others."""
    raw = component.raw if path[0] not in SETTINGS else None
    if raw is None:
        return path[:1]
    value: Any = raw
    for length, step in enumerate(path):
        if not isinstance(value, dict | list):
            return path[:length]
        if isinstance(value, dict) and step not in value:
            return None
        value = value[step]  # type: ignore[index]
    return path


def _written(value: Any, path: KeyPath) -> Any:
    for step in path:
        if not isinstance(value, dict | list):
            return value
        if isinstance(value, dict) and step not in value:
            return None
        value = value[step]  # type: ignore[index]
    return value
