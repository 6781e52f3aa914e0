"""What a Pulumi stack gets to register: the graph, the provider's inputs, and what a folder cannot take.

Plain data; `emit/pulumi.py` registers it. The offline plan compares the same data with the state.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platform_compiler.compiler import Compiled
from platform_compiler.graph.resource import Graph, Resource
from platform_compiler.graph.secret import SecretRef, SecretText
from platform_compiler.root import STACKS
from platform_compiler.spec.environment import Environment


@dataclass(frozen=True, slots=True)
class StackAddress:
    """Which stack of which platform, for what needs no program: its history, its locks, its end."""

    root: Path
    project: str
    stack: str


@dataclass(frozen=True, slots=True)
class StackProgram:
    """One stack's content. `registered` are the resources the engine is told of, `left_out` those it is not."""

    root: Path
    project: str
    stack: str
    graph: Graph
    registered: tuple[Resource, ...]
    left_out: tuple[Resource, ...]
    provider_inputs: dict[str, Any]
    marks: bool = False
    """Whether every object is to carry its URN, so that the target knows whose it is: in a cluster, not in files."""

    def secret_references(self) -> Iterator[SecretRef]:
        """Every secret that a registered Secret holds."""
        for resource in self.registered:
            if resource.kind == "Secret":
                for text in resource.manifest.get("stringData", {}).values():
                    yield from text.references if isinstance(text, SecretText) else ()


def stack_program(compiled: Compiled, *, project: str) -> StackProgram:
    """The content of the stack that is named as the environment. A folder gets no Secret: it could not keep it."""
    renders = compiled.environment.render_directory is not None
    left_out = tuple(item for item in compiled.resources if renders and item.kind == "Secret")
    dropped = {item.id for item in left_out}
    return StackProgram(
        root=compiled.platform.root,
        project=project,
        stack=compiled.environment.name,
        graph=compiled.graph,
        registered=tuple(item for item in compiled.resources if item.id not in dropped),
        left_out=left_out,
        provider_inputs=provider_inputs(compiled.environment),
        marks=not renders,
    )


def target_names(compiled: Compiled, apps: Sequence[str], known: Collection[str]) -> list[str]:
    """Patterns of the logical names that a command on `apps` may change; none where none are named.

    Beside what the apps own, that is what they stand on (their namespaces) as far as it is not among `known`, the names
    in state: a namespace that is there belongs to others too, and to name it would name all that is in it.
    `**` stands for anything, as in Pulumi's targets.
    """
    if not apps:
        return []
    base = (resource.id for resource in compiled.resources if not resource.origin.app)
    return [*apps, *(f"{app}/**" for app in apps), *(name for name in base if name not in known)]


def provider_inputs(environment: Environment) -> dict[str, Any]:
    """The Kubernetes provider's inputs for a target.

    Its working folder is `stacks/`, so a render path climbs out of it. `clusterIdentifier` is the environment's name:
    a renamed context then replaces nothing.
    """
    folder = environment.render_directory
    if folder is not None:
        return {"renderYamlToDirectory": "/".join([*[".."] * (STACKS.count("/") + 1), folder])}
    cluster = environment.spec.target.cluster
    assert cluster is not None
    return {"context": cluster.context, "clusterIdentifier": environment.name, "enableServerSideApply": True}
