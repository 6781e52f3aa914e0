"""One component on its way through the linker: its layers, its blueprint, its raw inputs, its instance."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import Field

from platform_compiler.blueprint.base import Blueprint, BlueprintId
from platform_compiler.blueprint.context import Context
from platform_compiler.diagnostics import Location
from platform_compiler.graph.resource import Origin
from platform_compiler.spec.app import AppSpec
from platform_compiler.spec.environment import Environment
from platform_compiler.spec.overlay import Layer, winner
from platform_compiler.spec.source import KeyPath
from platform_compiler.spec.validation import Model

SETTINGS = frozenset({"blueprint", "after", "renamed-from", "protect"})
"""Fields of every component that are the platform's, not the blueprint's."""


class Settings(Model):
    """What every component may say beside its blueprint's inputs."""

    blueprint: str = Field(description="`name@version`, or a name that the environment binds.")
    after: list[str] = Field([], description="Components of the app that must be ready first.")
    renamed_from: str | None = Field(None, description="The component's former name; keeps its objects' state.")
    protect: bool = Field(False, description="true refuses to delete the component's objects.")


@dataclass(slots=True)
class Component:
    """A component of one environment. `raw` are its merged inputs as written, `inputs` those without references."""

    id: str
    app: AppSpec
    name: str
    layers: list[Layer]
    raw: dict[str, Any]
    settings: Settings
    blueprint: type[Blueprint]
    context: Context
    instance: Blueprint | None = None
    inputs: dict[str, Any] = field(default_factory=dict)
    references: set[str] = field(default_factory=set)
    failed: bool = False

    def locate(self, path: KeyPath, *, key: bool = False, part: str = "") -> Location:
        """Where the value at `path` stands in the layer that won it; the component itself for a missing path."""
        layer = winner(self.layers, path) if path else None
        if layer is not None:
            return layer.locate(path, key=key, part=part)
        for length in range(len(path) - 1, 0, -1):
            found = winner(self.layers, path[:length])
            if found is not None:
                return found.locate(path[:length], key=True)
        base = next(layer for layer in self.layers if layer.document is self.app.document)
        return base.locate(() if base.prefix else ("blueprint",), key=True)


class Site:
    """Where contexts are made: an environment, once for each app and component."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.nowhere = Context("", "", "", "", environment, Origin("", "", "", "", 1))
        """The context of a component whose blueprint is not known yet."""

    def context(self, app: AppSpec, component: str, blueprint: str, *, file: str, line: int) -> Context:
        """The context of a component as it sees itself."""
        origin = Origin(app.name, component, blueprint, file, line)
        namespace = self.environment.namespace_of(app=app.name, team=app.team)
        return Context(app.name, component, app.team, namespace, self.environment, origin)

    def defaults_of(self, blueprint: BlueprintId) -> Layer | None:
        """The environment's `defaults` of one version (`web-service@2`), else of every version (`web-service`)."""
        layers = self._default_layers
        return (layers.get(str(blueprint)) or layers.get(blueprint.name)) if layers else None

    @cached_property
    def _default_layers(self) -> dict[str, Layer]:
        document = self.environment.document
        name = f"environment {self.environment.name}, defaults"
        return {
            blueprint: Layer(name, data, document, ("defaults", blueprint))
            for blueprint, data in self.environment.spec.defaults.items()
        }
