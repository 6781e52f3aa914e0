"""Compiles specs that stand in a test, not in a file of the platform."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from platform_compiler.authoring.examples import compile_specs, neutral_environment
from platform_compiler.authoring.objects import Objects
from platform_compiler.blueprint.table import Table, load_table
from platform_compiler.diagnostics import Diagnostics
from platform_compiler.kubernetes.schema import schema_of, versions
from platform_compiler.kubernetes.validate import faults
from platform_compiler.spec.environment import read_environment
from platform_compiler.spec.parsing import parse_document


def table_of(root: Path) -> Table:
    """The blueprints of the platform at `root`; raises `CompileError` when one is wrong."""
    diagnostics = Diagnostics()
    table = load_table(root, diagnostics)
    diagnostics.raise_errors()
    return table


def compile_snippets(root: Path, specs: Sequence[str], environment: str | None) -> Objects:
    """Compile specs with the blueprints of `root`; raises `CompileError` with every fault."""
    documents = [parse_document(f"spec-{number}.yaml", text) for number, text in enumerate(specs, 1)]
    site = read_environment(root, environment) if environment else neutral_environment(root)
    return Objects(compile_specs(documents, site, table_of(root)))


def schema_report(objects: Objects) -> str:
    """What does not fit a supported version of Kubernetes, one line each; empty when everything fits."""
    found = {
        f"{resource.kind} {resource.name}: {fault.summary}; expected {fault.expected}; {fault.hint}".rstrip("; ")
        for version in versions()
        for resource in objects.resources
        for fault in faults(resource.manifest, schema_of(version))
    }
    return "\n".join(sorted(found))
