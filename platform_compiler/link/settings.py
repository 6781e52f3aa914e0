"""What an environment's settings mean for specs and blueprints: namespaces of apps, and names of blueprints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from platform_compiler.blueprint.table import Table, UnknownBlueprintError
from platform_compiler.diagnostics import Diagnostic, Location
from platform_compiler.spec.app import AppSpec
from platform_compiler.spec.environment import Environment
from platform_compiler.spec.source import KeyPath

SYSTEM = "kube-"
"""How the namespaces start that Kubernetes keeps for itself."""


def namespace_faults(apps: Iterable[AppSpec], environment: Environment) -> Iterator[Diagnostic]:
    """No app gets a namespace of somebody else: its Pod Security labels and default-deny policy would change there."""
    foreign = environment.foreign_namespaces
    for app in apps:
        namespace = environment.namespace_of(app=app.name, team=app.team)
        if namespace in foreign or namespace.startswith(SYSTEM):
            owner = foreign.get(namespace, "cluster")
            rule = f"the rule {environment.spec.namespace!r} of {environment.file}"
            summary = f"{rule} gives the namespace {namespace!r}, which is that of the {owner}"
            yield Diagnostic("PC205", summary, _given_by(app, environment), "a namespace of the app's own")


def _given_by(app: AppSpec, environment: Environment) -> Location:
    """The word that the environment's rule makes the namespace of, else the rule."""
    for word in ("team", "app"):
        if f"{{{word}}}" in environment.spec.namespace:
            return app.document.locate((word,))
    return environment.document.locate(("namespace",))


def setting_faults(environment: Environment, table: Table) -> Iterator[Diagnostic]:
    """Names of blueprints in `defaults` and `bindings` that mean none: such a setting would silently do nothing."""
    for text in environment.spec.defaults:
        name, _, version = text.partition("@")
        yield from _told(table.fault_of(name, version if "@" in text else None), ("defaults", text), environment)
    for name, target in environment.spec.bindings.items():
        if name not in table.entries and name not in table.interfaces:
            yield from _told(table.fault_of(name, None), ("bindings", name), environment)
        yield from _told(target_fault(target, table), ("bindings", name), environment, key=False)


def target_fault(target: str, table: Table) -> UnknownBlueprintError | None:
    """What is wrong with the blueprint that a binding names."""
    name, _, version = target.partition("@")
    return table.fault_of(name, version)


def _told(
    fault: UnknownBlueprintError | None, path: KeyPath, environment: Environment, *, key: bool = True
) -> Iterator[Diagnostic]:
    if fault:
        location = environment.document.locate(path, key=key)
        yield Diagnostic(fault.code, str(fault), location, fault.expected, fault.hint)
