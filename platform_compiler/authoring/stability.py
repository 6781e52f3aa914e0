"""Whether objects are the same every time: made once more here, and in another process with another order of sets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from platform_compiler.authoring.examples import document_of, maker_of, own_resources
from platform_compiler.compiler import Compiled
from platform_compiler.diagnostics import CompileError, Diagnostic, Location
from platform_compiler.graph.resource import Resource
from platform_compiler.link.mistakes import made_at, yielded_at


def made_elsewhere(root: Path, names: Sequence[str]) -> dict[str, list[str]]:
    """The objects of every example of the named blueprints, made by another process; raises `CompileError`."""
    command = [sys.executable, "-m", "platform_compiler.authoring.elsewhere", str(root), *names]
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    variables = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    result = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    if result.returncode:
        reason = result.stderr.strip().rpartition("\n")[2]
        raise CompileError([_unstable(f"the examples compile here, but not in another process: {reason}", None)])
    made: dict[str, list[str]] = json.loads(result.stdout)
    return made


def differences(compiled: Compiled, others: list[str], when: str) -> Iterator[Diagnostic]:
    """The first object that is another one in `others`, which were made `when`."""
    resources = own_resources(compiled)
    if len(resources) != len(others):
        component = next(iter(compiled.components.values()))
        summary = f"{component.blueprint.blueprint_id} makes {len(resources)} objects, and {len(others)} {when}"
        yield _unstable(summary, yielded_at(component, lambda _: False))
        return
    for resource, other in zip(resources, others, strict=True):
        if document_of(resource) != other:
            yield _unstable(_told(resource, other, when), made_at(maker_of(compiled, resource), resource))
            return


def _told(resource: Resource, other: str, when: str) -> str:
    pairs = zip_longest(document_of(resource).splitlines(), other.splitlines(), fillvalue="")
    before, after = next(pair for pair in pairs if pair[0] != pair[1])
    name = f"the {resource.kind} {resource.name} that {resource.origin} asks for"
    return f"{name} has {before.strip()!r}, and {after.strip()!r} {when}"


def _unstable(summary: str, place: Location | None) -> Diagnostic:
    return Diagnostic("PC713", summary, place, "the same objects for the same inputs")
