"""Resolves references and validates inputs.

A reference to an output asks the other component's blueprint for its outputs, on an early instance whose fields are
resolved and validated one by one as they are read. So two services may name each other: a url needs a name and a port,
not the environment variables that hold the other one's url. Only when reading a field leads back to the same field is
there a cycle of values.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import InitErrorDetails

from platform_compiler.blueprint.base import Blueprint, OutputModel
from platform_compiler.blueprint.context import FieldError
from platform_compiler.blueprint.fields import written
from platform_compiler.diagnostics import Diagnostic, Diagnostics, Location, did_you_mean, one_of
from platform_compiler.graph.secret import SecretRef, SecretText
from platform_compiler.link.component import SETTINGS, Component
from platform_compiler.link.mistakes import blueprint_failed, no_outputs, refused, wrong_outputs
from platform_compiler.spec.app import AppSpec
from platform_compiler.spec.environment import Environment
from platform_compiler.spec.references import BadReference, Reference, parse_text
from platform_compiler.spec.source import KeyPath
from platform_compiler.spec.validation import InputError, diagnose

MAX_CHAIN = 80
"""References that a value may follow from, one through the other; each takes some ten calls of Python's stack."""


class _UnknownError(Exception):
    """A value that cannot be known because of a fault that is told already, or is told elsewhere."""


class Linker:
    """Links the components of one environment; faults go to `diagnostics`.

    `broken` are apps whose files cannot be read. Those that were referred to in vain, for a fault of their own, are in
    `missed`.
    """

    def __init__(
        self,
        components: Mapping[str, Component],
        apps: Mapping[str, AppSpec],
        broken: AbstractSet[str],
        environment: Environment,
        diagnostics: Diagnostics,
    ) -> None:
        self.components = components
        self.apps = apps
        self.broken = broken
        self.environment = environment
        self.diagnostics = diagnostics
        self.missed: set[str] = set()
        self._outputs: dict[tuple[str, bool], BaseModel | None] = {}
        self._reading: list[tuple[str, str]] = []
        self._lost: dict[str, set[str]] = {}
        """The fields of each component whose references have no value."""

    def link(self, component: Component) -> None:
        """Resolve and validate one component's inputs; afterwards it has an instance, or `failed` is set."""
        inputs = self._resolve(component, component.raw, ())
        lost = self._lost.get(component.id)
        component.failed = lost is not None
        if lost:
            inputs = {key: value for key, value in inputs.items() if key not in lost}
        try:
            instance = component.blueprint.model_validate(inputs)
        except ValidationError as error:
            component.failed = True
            told = _without(error, lost) if lost else error
            if told is not None:
                self.diagnostics.extend(self._input_faults(component, told, inputs))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - an author's validator may raise anything
            component.failed = True
            self.diagnostics.add(blueprint_failed(component, error))
        else:
            if not lost:
                component.instance, component.inputs = instance, inputs

    def _input_faults(self, component: Component, error: ValidationError, inputs: Any) -> list[Diagnostic]:
        def locate(path: KeyPath, key: bool) -> Location:
            return component.locate(path, key=key)

        found = diagnose(error, component.blueprint, inputs, locate, settings=SETTINGS, secret_type=SecretText)
        written = component.settings.blueprint
        if "@" in written or written == component.blueprint.blueprint_id.name:
            return list(found)
        return [self._of_binding(component, fault) for fault in found]

    def _of_binding(self, component: Component, fault: Diagnostic) -> Diagnostic:
        """A fault about a field that only this environment's choice of blueprint has, or has not."""
        if fault.code not in {"PC201", "PC202"}:
            return fault
        environment, bound = self.environment, component.blueprint.blueprint_id
        summary = f"{fault.summary}; {environment.file} binds {component.settings.blueprint} to {bound}"
        places = f"`environments.{environment.name}` of the spec, or into `defaults.{bound.name}` of {environment.file}"
        hint = fault.hint if fault.code == "PC201" else f"write what only {bound} takes into {places}"
        return replace(fault, summary=summary, hint=hint)

    def _resolve(self, component: Component, value: Any, path: KeyPath) -> Any:
        """`value` with its references replaced; unchanged parts are shared, not copied."""
        if type(value) is str:
            return self._resolve_text(component, value, path) if "${" in value else value
        if type(value) is dict:
            changed = {
                key: new
                for key, item in value.items()
                if type(item) in (str, dict, list) and (new := self._resolve(component, item, (*path, key))) is not item
            }
            return {**value, **changed} if changed else value
        if type(value) is list:
            items = [self._resolve(component, item, (*path, index)) for index, item in enumerate(value)]
            return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
        return value

    def _resolve_text(self, component: Component, text: str, path: KeyPath) -> Any:
        parts = parse_text(text)
        values: list[Any] = []
        for part in parts:
            if isinstance(part, str):
                values.append(part)
                continue
            try:
                values.append(self._resolve_reference(component, part, path))
            except _UnknownError:
                continue
        if len(values) != len(parts):
            self._lost.setdefault(component.id, set()).add(str(path[0]))
            return text
        if len(values) == 1:
            return values[0]
        try:
            return _joined(values)
        except InputError as error:
            summary = "a reference in this text stands for something that is no text"
            self._fault(component, path, text, "PC203", summary, error.expected)
            return text

    def _resolve_reference(self, component: Component, reference: Reference | BadReference, path: KeyPath) -> Any:
        if isinstance(reference, BadReference):
            bad = reference
            raise self._fault(component, path, bad.text, "PC401", bad.summary, bad.expected, bad.hint)
        if reference.root == "environment":
            return self._environment_value(component, reference, path)
        if reference.root == "secrets":
            return self._secret(component, reference, path)
        target = self._target(component, reference, path)
        component.references.add(target.id)
        name = reference.path[-1].replace("-", "_")
        known = self._output_names(component, target)
        if name not in known:
            declared = target.blueprint.Outputs.model_fields
            code = "PC405" if name in declared else "PC404"
            what = "is not public to other apps" if name in declared else "is no output"
            summary = f"{name!r} {what} of {target.id} ({target.context.origin.blueprint})"
            raise self._fault(component, path, reference.text, code, summary, one_of(known), did_you_mean(name, known))
        return getattr(self._outputs_for(component, target, reference, path), name)

    def _environment_value(self, component: Component, reference: Reference, path: KeyPath) -> Any:
        value = self.environment.value(reference.path)
        if value is None:
            name, names = ".".join(reference.path), self.environment.value_names
            summary = f"the environment {self.environment.name} has no value {name!r}"
            hint = did_you_mean(name, names)
            raise self._fault(component, path, reference.text, "PC407", summary, one_of(names), hint)
        return value

    def _secret(self, component: Component, reference: Reference, path: KeyPath) -> SecretText:
        secret = SecretRef("config", component.app.name, reference.path[0])
        applied = self.environment.render_directory is None
        if applied and secret.config_key not in self.environment.ciphertexts:
            summary = f"the stack {self.environment.name} has no secret {secret.config_key!r}"
            hint = f"pulumi config set --secret {secret.config_key} -s {self.environment.name}"
            expected = f"a value in stacks/Pulumi.{self.environment.name}.yaml"
            self._fault(component, path, reference.text, "PC410", summary, expected, hint)
        return SecretText((secret,))

    def _target(self, component: Component, reference: Reference, path: KeyPath) -> Component:
        if reference.root == "components":
            app, name = component.app, reference.path[0]
        else:
            app_name = reference.path[0]
            if app_name in self.broken:
                self.missed.add(app_name)
                raise _UnknownError
            if app_name not in self.apps:
                hint = did_you_mean(app_name, self.apps)
                summary = f"there is no app {app_name!r}"
                raise self._fault(component, path, reference.text, "PC403", summary, one_of(self.apps), hint)
            app = self.apps[app_name]
            name = reference.path[1] if len(reference.path) == 3 else app_name
        target = self.components.get(f"{app.name}/{name}")
        if target is not None:
            return target
        names = app.components(self.environment.name)
        if name in names:
            self.missed.add(app.name)
            raise _UnknownError  # it is there, but its own faults keep it from being linked
        summary = f"the app {app.name} has no component {name!r}"
        hint = did_you_mean(name, names)
        raise self._fault(component, path, reference.text, "PC402", summary, one_of(names), hint)

    def _output_names(self, component: Component, target: Component) -> list[str]:
        outputs = target.blueprint.Outputs
        same_app = component.app.name == target.app.name
        return list(outputs.model_fields) if same_app else _public_names(outputs)

    def _outputs_for(self, component: Component, target: Component, reference: Reference, path: KeyPath) -> BaseModel:
        near = component.context.namespace == target.context.namespace
        key = (target.id, near)
        if key not in self._outputs:
            self._outputs[key] = self._compute_outputs(component, target, reference, path)
        outputs = self._outputs[key]
        if outputs is None:
            raise _UnknownError
        return outputs

    def _compute_outputs(
        self, component: Component, target: Component, reference: Reference, path: KeyPath
    ) -> BaseModel | None:
        context = replace(target.context, consumer_namespace=component.context.namespace)
        instance = target.instance or target.blueprint.early(lambda name: self._read_field(target, name))
        try:
            outputs = instance.outputs(context)
            if isinstance(outputs, target.blueprint.Outputs):
                return outputs
            self.diagnostics.add(no_outputs(target, outputs))
        except _CycleError as cycle:
            if cycle.start == component.id:
                chain = " -> ".join([*cycle.steps, cycle.steps[0]])
                self._fault(
                    component, path, reference.text, "PC408", f"values refer to each other: {chain}", "no circle"
                )
                return None
            raise
        except FieldError as fault:
            self.diagnostics.add(refused(target, fault))
        except _UnknownError:
            return None  # told where the target itself is linked
        except ValidationError as error:
            self.diagnostics.add(wrong_outputs(target, error))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - an author's code may raise anything; it is told
            self.diagnostics.add(blueprint_failed(target, error))
        return None

    def _read_field(self, target: Component, name: str) -> Any:
        """The value of one field of a component that is not linked yet."""
        info = target.blueprint.model_fields[name]
        alias = info.alias or name
        if alias not in target.raw:
            if info.is_required():
                raise _UnknownError
            return info.get_default(call_default_factory=True)
        place = (target.id, alias)
        if place in self._reading:
            steps = self._reading[self._reading.index(place) :]
            raise _CycleError([f"{owner}.{field}" for owner, field in steps], steps[-1][0])
        if len(self._reading) == MAX_CHAIN:
            raise self._too_long(target, alias)
        self._reading.append(place)
        try:
            value = self._resolve(target, target.raw[alias], (alias,))
            if alias in self._lost.get(target.id, ()):
                raise _UnknownError
            return _adapter(target.blueprint, name).validate_python(value)
        except ValidationError:
            raise _UnknownError from None
        finally:
            self._reading.pop()

    def _too_long(self, target: Component, alias: str) -> _UnknownError:
        first = ".".join(self._reading[0])
        summary = f"{first} follows from {target.id}.{alias} by {MAX_CHAIN} references, and that from others"
        place = target.locate((alias,))
        self.diagnostics.add(Diagnostic("PC411", summary, place, "a shorter chain", "write a value out on the way"))
        return _UnknownError()

    def _fault(
        self, component: Component, path: KeyPath, text: str, code: str, summary: str, expected: str, hint: str = ""
    ) -> _UnknownError:
        """Tell a fault in a reference; the caller raises what this returns when there is no value to go on with."""
        location = component.locate(path, part=text)
        self.diagnostics.add(Diagnostic(code, summary, location, expected, hint))
        return _UnknownError()


def _joined(values: list[Any]) -> str | SecretText:
    texts = [written(value) for value in values]
    plain = [text for text in texts if isinstance(text, str)]
    return "".join(plain) if len(plain) == len(texts) else SecretText.join(*texts)


class _CycleError(Exception):
    def __init__(self, steps: list[str], start: str) -> None:
        super().__init__(" -> ".join(steps))
        self.steps = steps
        self.start = start


_ADAPTERS: dict[tuple[type[Blueprint], str], TypeAdapter[Any]] = {}


def _adapter(cls: type[Blueprint], name: str) -> TypeAdapter[Any]:
    key = (cls, name)
    if key not in _ADAPTERS:
        info = cls.model_fields[name]
        annotation: Any = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
        _ADAPTERS[key] = TypeAdapter(annotation)
    return _ADAPTERS[key]


def _without(error: ValidationError, lost: Container[str]) -> ValidationError | None:
    """The error without what it says of `lost` fields, or of all fields together, which are not all there."""
    kept = [
        InitErrorDetails(type=item["type"], loc=item["loc"], input=item["input"], ctx=item.get("ctx", {}))
        for item in error.errors(include_url=False)
        if item["loc"] and item["loc"][0] not in lost
    ]
    with suppress(KeyError):  # a type of error that an author has made up
        return ValidationError.from_exception_data(error.title, kept) if kept else None
    return None


def _public_names(outputs: type[OutputModel]) -> list[str]:
    return outputs.public_names()
