"""What an environment's settings mean for specs and blueprints: namespaces of apps, and names of blueprints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from platform_compiler.diagnostics import Diagnostic, Location
from platform_compiler.spec.app import AppSpec
from platform_compiler.spec.environment import Environment

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
