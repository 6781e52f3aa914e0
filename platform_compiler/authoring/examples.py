"""A blueprint's examples: specs beside its file, compiled in an environment of their own.

    blueprints/mail_relay.py
    blueprints/examples/mail-relay@1/basic.yaml             a spec, as an app team would write it
    blueprints/examples/mail-relay@1/expected/basic.yaml    what it compiles to
    blueprints/examples/environment.yaml                    optional: the environment of all of them

They stand in files, so that an editor completes them, and in the package, so that they travel with the blueprint. Their
environment is neutral: an expected text must not change because a platform changes its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from platform_compiler.blueprint.base import Blueprint
from platform_compiler.blueprint.table import Table
from platform_compiler.compiler import Compiled, compile_in
from platform_compiler.diagnostics import Diagnostics
from platform_compiler.emit.manifests import is_writable, text_of
from platform_compiler.graph.resource import Resource
from platform_compiler.link.component import Component
from platform_compiler.link.mistakes import file_of
from platform_compiler.loading import Platform
from platform_compiler.spec.app import AppSpec, read_app
from platform_compiler.spec.environment import Environment, environment_of
from platform_compiler.spec.parsing import parse_document
from platform_compiler.spec.source import Document, read_document

FOLDER: Final = "examples"
EXPECTED: Final = "expected"
ENVIRONMENT: Final = "environment.yaml"
NAME: Final = "example"
NEUTRAL: Final = 'target: {render: rendered}\nnamespace: "{team}"\ndomain: example.com\n'


class Example(NamedTuple):
    """One spec that shows a blueprint, and the file with what it compiles to."""

    blueprint: type[Blueprint]
    file: Path
    expected: Path

    @property
    def name(self) -> str:
        """`basic` of `basic.yaml`."""
        return self.file.stem

    def __str__(self) -> str:
        return f"{self.blueprint.blueprint_id} {self.name}"


def examples_of(blueprint: type[Blueprint]) -> list[Example]:
    """The examples of a blueprint, by name."""
    folder = folder_of(blueprint)
    return [Example(blueprint, file, folder / EXPECTED / file.name) for file in sorted(folder.glob("*.yaml"))]


def folder_of(blueprint: type[Blueprint]) -> Path:
    """Where the blueprint's examples are."""
    return file_of(blueprint).parent / FOLDER / str(blueprint.blueprint_id)


def example_environment(blueprint: type[Blueprint], root: Path, kubernetes: str = "") -> Environment:
    """The environment of a blueprint's examples, in a Kubernetes version where one is named.

    It offers every capability that the blueprint requires.
    """
    file = file_of(blueprint).parent / FOLDER / ENVIRONMENT
    environment = environment_of(_read(file, root), NAME, root) if file.is_file() else neutral_environment(root)
    changes: dict[str, object] = {"capabilities": sorted({*environment.spec.capabilities, *blueprint.requires})}
    if kubernetes:
        changes["kubernetes"] = kubernetes
    return replace(environment, spec=environment.spec.model_copy(update=changes))


def neutral_environment(root: Path) -> Environment:
    """The environment of examples that bring none: a plain one."""
    return environment_of(parse_document(ENVIRONMENT, NEUTRAL), NAME, root)


def compile_example(example: Example, table: Table, root: Path, kubernetes: str = "") -> Compiled:
    """Compile an example in its environment; raises `CompileError` with every fault."""
    environment = example_environment(example.blueprint, root, kubernetes)
    return compile_specs([_read(example.file, root)], environment, table)


def compile_specs(documents: Iterable[Document], environment: Environment, table: Table) -> Compiled:
    """Compile specs that are no files of a platform; raises `CompileError` with every fault."""
    diagnostics = Diagnostics()
    apps: dict[str, AppSpec] = {}
    for document in documents:
        app = read_app(document, [environment.name], diagnostics)
        if app is not None:
            apps[app.name] = app
    diagnostics.raise_errors()
    return compile_in(Platform(environment.root, apps, table, (environment.name,)), environment)


def own_resources(compiled: Compiled) -> list[Resource]:
    """What components make, without the namespaces that every app stands on."""
    return [resource for resource in compiled.resources if resource.origin.app]


def maker_of(compiled: Compiled, resource: Resource) -> Component:
    """The component that makes a resource."""
    return compiled.components[f"{resource.origin.app}/{resource.origin.component}"]


def document_of(resource: Resource) -> str:
    """A resource as a YAML document; of a Secret only its name and keys, for a file cannot keep the rest."""
    if is_writable(resource):
        return f"---\n{text_of(resource)}"
    keys = ", ".join(resource.manifest.get("stringData", ()))
    return f"---\n# Secret {resource.namespace}/{resource.name} with {keys}\n"


def _read(file: Path, root: Path) -> Document:
    """A file that may be outside of the platform, such as in an installed package."""
    if file.is_relative_to(root):
        return read_document(root, file)
    folder = next(parent for parent in file.parents if parent.name == FOLDER)
    return read_document(folder.parents[1], file)
