"""What the day-two commands work on: components of an environment by name, and the cluster that they run in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import click

from platform_compiler.cli.errors import EngineFailedError
from platform_compiler.cli.options import current_compile
from platform_compiler.compiler import Compiled
from platform_compiler.diagnostics import CompileError, Diagnostic, did_you_mean, one_of
from platform_compiler.graph.resource import Resource

if TYPE_CHECKING:
    from platform_compiler.cluster.client import Cluster, Object

REQUESTS = 16
"""Requests to the cluster at once."""
names_argument = click.argument("names", nargs=-1, metavar="[APP[.COMPONENT]]...")


class Selection:
    """The components that `names` (`app` or `app.component`) mean, all without any, with their resources."""

    def __init__(self, environment: str, names: tuple[str, ...]) -> None:
        apps = tuple(dict.fromkeys(name.partition(".")[0] for name in names))
        self.compiled: Compiled = current_compile(environment, apps)
        self.components: Mapping[str, list[Resource]] = {
            component: [item for item in self.compiled.resources if item.id.rpartition("/")[0] == component]
            for component in self._wanted(names)
        }

    def _wanted(self, names: tuple[str, ...]) -> Iterator[str]:
        ids = [node.id for node in self.compiled.graph.components]
        for name in names:
            app, _, component = name.partition(".")
            if component and f"{app}/{component}" not in ids:
                own = [identifier.partition("/")[2] for identifier in ids if identifier.startswith(f"{app}/")]
                summary, hint = f"the app {app!r} has no component {component!r}", did_you_mean(component, own)
                raise CompileError([Diagnostic("PC402", summary, expected=one_of(own), hint=hint)])
        wanted = {name.replace(".", "/", 1) for name in names}
        yield from (
            identifier for identifier in ids if not wanted or {identifier, identifier.partition("/")[0]} & wanted
        )

    def connect(self) -> Cluster:
        """The environment's cluster; raises `EngineFailedError`."""
        from platform_compiler.cluster.client import connect  # noqa: PLC0415 - loaded for commands that need a cluster
        from platform_compiler.cluster.errors import ClusterError  # noqa: PLC0415 - see above
        from platform_compiler.engine.paths import kubeconfig_paths  # noqa: PLC0415 - see above

        environment = self.compiled.environment
        target = environment.spec.target.cluster
        if target is None:
            hint = f"its objects are files in {environment.render_directory}"
            raise EngineFailedError(f"the environment {environment.name!r} has no cluster", hint)
        try:
            return connect(kubeconfig_paths(), target.context, patience=5)
        except ClusterError as error:
            raise EngineFailedError(str(error)) from None

    def read(self, cluster: Cluster) -> list[tuple[Resource, Object | None]]:
        """Every selected resource with its object as it is now; raises `ClusterError`."""
        resources = [resource for group in self.components.values() for resource in group]
        with ThreadPoolExecutor(REQUESTS) as pool:
            return list(zip(resources, pool.map(lambda resource: _get(cluster, resource), resources), strict=True))


def _get(cluster: Cluster, resource: Resource) -> Object | None:
    return cluster.get(resource.api_version, resource.kind, resource.namespace, resource.name)
