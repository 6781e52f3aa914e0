"""Makes the components of an environment: merges their layers and finds their blueprints."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from platform_compiler.blueprint.base import Blueprint
from platform_compiler.blueprint.deprecation import deprecated_values
from platform_compiler.blueprint.table import Table, UnknownBlueprintError
from platform_compiler.diagnostics import Diagnostic, Diagnostics, Severity, did_you_mean, one_of
from platform_compiler.link.component import SETTINGS, Component, Settings, Site
from platform_compiler.link.settings import target_fault
from platform_compiler.spec.app import AppSpec
from platform_compiler.spec.names import EXPECTED_NAME, MAX_NAME, is_name
from platform_compiler.spec.overlay import Layer, merge
from platform_compiler.spec.validation import diagnose


def instantiate(app: AppSpec, site: Site, table: Table, diagnostics: Diagnostics) -> Iterator[Component]:
    """The components of `app` in the site's environment; those without a usable blueprint are told and left out."""
    for name, layers in app.components(site.environment.name).items():
        component = _component(app, name, layers, site, table, diagnostics)
        if component is not None:
            yield component


def _component(
    app: AppSpec, name: str, layers: list[Layer], site: Site, table: Table, diagnostics: Diagnostics
) -> Component | None:
    merged = dict(layers[0].data) if len(layers) == 1 else merge([layer.data for layer in layers])
    component = Component(f"{app.name}/{name}", app, name, layers, {}, _only_blueprint(""), Blueprint, site.nowhere)
    settings = _settings(component, merged, diagnostics)
    if settings is None:
        return None
    cls = _blueprint(component, settings, site, table, diagnostics)
    if cls is None:
        return None
    base = layers[0]
    defaults = site.defaults_of(cls.blueprint_id)
    if defaults is not None:
        layers = [defaults, *layers]
        merged = merge([layer.data for layer in layers])
    elif None in merged.values():
        merged = {key: value for key, value in merged.items() if value is not None}
    raw = {key: value for key, value in merged.items() if key not in SETTINGS}
    if cls.ignores and not raw.keys() <= _inputs(cls):
        raw = {key: value for key, value in raw.items() if key not in cls.ignores or key in _inputs(cls)}
    line = base.document.line(base.prefix or ("blueprint",))
    component.layers, component.raw, component.settings, component.blueprint = layers, raw, settings, cls
    component.context = site.context(app, name, str(cls.blueprint_id), file=base.document.file, line=line)
    full = component.context.name
    if len(full) > MAX_NAME:
        length = f"{full!r} has {len(full)} characters"
        expected = f"at most {MAX_NAME} for `<app>-<component>`"
        diagnostics.add(Diagnostic("PC601", length, component.locate((), key=True), expected))
    diagnostics.extend(_deprecations(component))
    return component


def _deprecations(component: Component) -> Iterator[Diagnostic]:
    """A warning for a blueprint that will go, and for each field that will, where the spec writes it."""
    cls = component.blueprint
    if cls.deprecated:
        summary = f"{cls.blueprint_id} is {cls.deprecated}"
        location = component.locate(("blueprint",))
        yield Diagnostic("PC351", summary, location, hint=cls.deprecated.cure, severity=Severity.WARNING)
    for path, mark in deprecated_values(cls, component.raw):
        summary = f"{'.'.join(map(str, path))} of {cls.blueprint_id} is {mark}"
        location = component.locate(path, key=True)
        yield Diagnostic("PC352", summary, location, hint=mark.cure, severity=Severity.WARNING)


@lru_cache(maxsize=1024)
def _only_blueprint(blueprint: str) -> Settings:
    """The settings of a component that says no more than its blueprint: nearly all of them, so they are shared."""
    return Settings.model_construct(blueprint=blueprint, after=[], renamed_from=None, protect=False)


def _settings(component: Component, merged: dict[str, Any], diagnostics: Diagnostics) -> Settings | None:
    data = {key: value for key, value in merged.items() if key in SETTINGS}
    blueprint = data.get("blueprint")
    if len(data) == 1 and type(blueprint) is str:
        return _only_blueprint(blueprint)
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        locate = component.locate
        diagnostics.extend(diagnose(error, Settings, data, lambda path, key: locate(path, key=key)))
        return None


def _blueprint(
    component: Component, settings: Settings, site: Site, table: Table, diagnostics: Diagnostics
) -> type[Blueprint] | None:
    environment = site.environment
    try:
        cls = table.find(settings.blueprint, environment.spec.bindings)
    except UnknownBlueprintError as error:
        target = environment.spec.bindings.get(settings.blueprint)
        if target is not None and target_fault(target, table):
            return None  # told at the binding
        location = component.locate(("blueprint",))
        diagnostics.add(Diagnostic(error.code, str(error), location, error.expected, error.hint))
        return None
    missing = sorted(cls.requires - set(environment.spec.capabilities))
    if missing:
        summary = f"{cls.blueprint_id} needs {missing[0]!r}, which the environment {environment.name} does not offer"
        expected = f"`capabilities: [{', '.join(missing)}]` in {environment.file}"
        hint = did_you_mean(missing[0], environment.spec.capabilities)
        diagnostics.add(Diagnostic("PC305", summary, component.locate(("blueprint",)), expected, hint))
        return None
    return cls


_INPUTS: dict[type[Blueprint], frozenset[str]] = {}


def _inputs(cls: type[Blueprint]) -> frozenset[str]:
    if cls not in _INPUTS:
        _INPUTS[cls] = frozenset(info.alias or name for name, info in cls.model_fields.items())
    return _INPUTS[cls]


def check_after(components: dict[str, Component], diagnostics: Diagnostics) -> None:
    """Every name in `after` must be another component of the same app."""
    for component in components.values():
        for index, name in enumerate(component.settings.after):
            if f"{component.app.name}/{name}" in components and name != component.name:
                continue
            written = component.app.components(component.context.environment.name)
            names = [other for other in written if other != component.name]
            if name in names:
                continue  # it is there, but its own faults keep it from being linked
            location = component.locate(("after", index))
            summary = f"the app has no other component {name!r}"
            diagnostics.add(Diagnostic("PC402", summary, location, one_of(names), did_you_mean(name, names)))


def check_renames(components: dict[str, Component], diagnostics: Diagnostics) -> None:
    """A former name is a name, no component of the app has it now, and only one had it."""
    taken: dict[tuple[str, str], Component] = {}
    for component in components.values():
        former = component.settings.renamed_from
        if former is None:
            continue
        other = taken.setdefault((component.app.name, former), component)
        present = component.app.components(component.context.environment.name)
        code, summary, expected = "PC204", "", "the name that this component had"
        if not is_name(former):
            code, summary, expected = "PC205", f"{former!r} cannot have named a component", EXPECTED_NAME
        elif former in present:
            summary = f"{former!r} is a component of the app now"
        elif other is not component:
            summary = f"{former!r} is also the former name of {other.name!r}"
        if summary:
            diagnostics.add(Diagnostic(code, summary, component.locate(("renamed-from",)), expected))
