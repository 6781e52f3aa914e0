"""The envelope of an app spec: app, team, components and environments. What is inside a component is its blueprint's.

A component may be written flat beside `app:`; it is then the component named as the app. Everything that is not a word
of the envelope belongs to that flat component, so its blueprint checks it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from platform_compiler.diagnostics import Diagnostic, Diagnostics, did_you_mean, one_of
from platform_compiler.spec.names import EXPECTED_NAME, is_name, suggest_name
from platform_compiler.spec.overlay import Layer
from platform_compiler.spec.source import Document, KeyPath

ENVELOPE = ("app", "team", "components", "environments")
BASE_LAYER = "spec"


class AppSpec(NamedTuple):
    """One app as it is written: the base layer of each component, and those that an environment lays over them."""

    name: str
    team: str
    document: Document
    base: Mapping[str, Layer]
    overlays: Mapping[str, Mapping[str, Layer | None]]

    def components(self, environment: str) -> dict[str, list[Layer]]:
        """Each component's layers in `environment`, sorted by name; a component that is removed there is left out."""
        overlay = self.overlays.get(environment)
        if not overlay:
            return {name: [self.base[name]] for name in sorted(self.base)}
        names = sorted(self.base.keys() | overlay.keys())
        merged: dict[str, list[Layer]] = {}
        for name in names:
            above = overlay.get(name)
            if name in overlay and above is None:
                continue
            layers = [layer for layer in (self.base.get(name), above) if layer is not None]
            merged[name] = layers
        return merged


def read_app(document: Document, environments: Iterable[str], diagnostics: Diagnostics) -> AppSpec | None:
    """The app in `document`, or None when its envelope is too broken to go on; faults go to `diagnostics`."""
    reader = _Reader(document, frozenset(environments), diagnostics)
    return reader.app()


class _Reader:
    def __init__(self, document: Document, environments: frozenset[str], diagnostics: Diagnostics) -> None:
        self.document = document
        self.environments = environments
        self.diagnostics = diagnostics

    def app(self) -> AppSpec | None:
        data = self.document.data
        name = self.name_field("app")
        team = self.name_field("team")
        if name is None or team is None:
            return None
        flat = {key: value for key, value in data.items() if key not in ENVELOPE}
        if flat and "blueprint" not in flat and "components" in data:
            self.unknown_fields(flat, ENVELOPE)
            flat = {}
        base = self.base_layers(name, flat)
        overlays = self.overlays(name, base)
        return AppSpec(name, team, self.document, base, overlays)

    def name_field(self, key: str) -> str | None:
        data = self.document.data
        if key not in data:
            hint = did_you_mean(key, [word for word in data if word not in ENVELOPE])
            self.fault("PC202", f"the spec has no `{key}`", (), expected=f"`{key}: NAME` at the top level", hint=hint)
            return None
        value = data[key]
        if is_name(value):
            return str(value)
        suggestion = suggest_name(str(value))
        hint = f"write {suggestion}" if suggestion else ""
        self.fault("PC205", f"{value!r} cannot name the {key}", (key,), expected=EXPECTED_NAME, hint=hint)
        return None

    def base_layers(self, app: str, flat: dict[str, Any]) -> dict[str, Layer]:
        base: dict[str, Layer] = {}
        if flat:
            base[app] = Layer(BASE_LAYER, flat, self.document, ())
        for name, value in self.mapping(self.document.data, "components", ()).items():
            path = ("components", name)
            if name in base:
                summary = f"component {name!r} is written flat and here"
                self.fault("PC102", summary, path, key=True, expected="one of the two")
            elif self.component_name(name, path) and self.is_mapping(value, path, f"component {name!r}"):
                base[name] = Layer(BASE_LAYER, value, self.document, path)
        if not base and "components" not in self.document.data:
            self.fault("PC202", "the app has no component", (), expected="`blueprint: NAME` or `components:`")
        return base

    def overlays(self, app: str, base: Mapping[str, Layer]) -> dict[str, dict[str, Layer | None]]:
        overlays: dict[str, dict[str, Layer | None]] = {}
        for environment, value in self.mapping(self.document.data, "environments", ()).items():
            path: KeyPath = ("environments", environment)
            if environment not in self.environments:
                self.fault(
                    "PC501",
                    f"there is no environment {environment!r}",
                    path,
                    key=True,
                    expected=one_of(self.environments),
                    hint=did_you_mean(environment, self.environments),
                )
            elif self.is_mapping(value, path, f"environment {environment!r}"):
                overlays[environment] = self.overlay(app, environment, value, base)
        return overlays

    def overlay(
        self, app: str, environment: str, value: dict[str, Any], base: Mapping[str, Layer]
    ) -> dict[str, Layer | None]:
        layers: dict[str, Layer | None] = {}
        label = f"spec, environments.{environment}"
        path: KeyPath = ("environments", environment)
        flat = {key: item for key, item in value.items() if key != "components"}
        if flat and app in base:
            layers[app] = Layer(label, flat, self.document, path)
        elif flat:
            self.unknown_fields(flat, ["components"], path)
        for name, item in self.mapping(value, "components", path).items():
            inner = (*path, "components", name)
            if item is None and name in base:
                layers[name] = None
            elif not self.is_mapping(item, inner, f"component {name!r}"):
                continue
            elif name in base or "blueprint" in item:
                if name in base or self.component_name(name, inner):
                    layers[name] = Layer(label, item, self.document, inner)
            else:
                self.fault(
                    "PC402",
                    f"the app has no component {name!r}",
                    inner,
                    key=True,
                    expected=one_of(base),
                    hint=did_you_mean(name, base) or "a component that only this environment has needs a `blueprint`",
                )
        return layers

    def mapping(self, data: Mapping[str, Any], key: str, prefix: KeyPath) -> dict[str, Any]:
        value = data.get(key)
        if value is None:
            return {}
        return value if self.is_mapping(value, (*prefix, key), f"`{key}`") else {}

    def is_mapping(self, value: Any, path: KeyPath, what: str) -> bool:
        if isinstance(value, dict):
            return True
        self.fault("PC203", f"{what} is not a mapping", path, expected="a mapping of names to values")
        return False

    def component_name(self, name: str, path: KeyPath) -> bool:
        if is_name(name):
            return True
        suggestion = suggest_name(name)
        hint = f"write {suggestion}" if suggestion else ""
        self.fault("PC205", f"{name!r} cannot name a component", path, key=True, expected=EXPECTED_NAME, hint=hint)
        return False

    def unknown_fields(self, fields: Iterable[str], known: Iterable[str], prefix: KeyPath = ()) -> None:
        names = [*known, *(["blueprint"] if not prefix else [])]
        for name in fields:
            path = (*prefix, name)
            hint = did_you_mean(name, names)
            self.fault("PC201", f"there is no field {name!r} here", path, key=True, expected=one_of(names), hint=hint)

    def fault(
        self, code: str, summary: str, path: KeyPath, *, key: bool = False, expected: str = "", hint: str = ""
    ) -> None:
        location = self.document.locate(path, key=key)
        self.diagnostics.add(Diagnostic(code, summary, location, expected, hint))
