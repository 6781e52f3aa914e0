"""What a whole platform compiles to, as JSON data: objects and components of every environment, faults of every file.

This file also runs as a script under the compiler of another git revision (see `revision.py`), and then writes its
snapshot to a file. So it uses few names of the compiler, all of them old, and judges nothing: `compare.py` does that,
here.

    {ENVIRONMENT: {"objects": {ID: {"manifest", "ignore", "stateful"}},
                   "components": {ID: {"blueprint", "file", "line", "renamedFrom"}},
                   "faults": {FILE: [SUMMARY]}}}

A secret stands in a manifest as `{"(secret)": FINGERPRINT}`: it differs when the secret does and tells nothing of it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from platform_compiler.compiler import Compiled, compile_environment
from platform_compiler.diagnostics import CompileError, Diagnostic, Severity
from platform_compiler.graph.secret import SecretText
from platform_compiler.loading import Platform, load_platform

SECRET = "(secret)"  # noqa: S105 - a mark, not a secret

EnvironmentData = dict[str, Any]
Snapshot = dict[str, EnvironmentData]


def take_snapshot(platform: Platform, environments: Iterable[str]) -> Snapshot:
    """The snapshot of `platform`; what does not compile is left out and told."""
    return {name: _environment(platform, name) for name in environments}


def _environment(platform: Platform, name: str) -> EnvironmentData:
    compiled, faults = _compile(platform, name)
    data: EnvironmentData = {"objects": {}, "components": {}, "faults": faults}
    if compiled is None:
        return data
    ciphertexts = compiled.environment.ciphertexts
    for resource in compiled.graph:
        data["objects"][resource.id] = {
            "manifest": plain(resource.manifest, ciphertexts),
            "ignore": list(resource.lifecycle.ignore_changes),
            "stateful": resource.lifecycle.stateful,
        }
    for node in compiled.graph.components:
        origin = node.origin
        data["components"][node.id] = {
            "blueprint": origin.blueprint,
            "file": origin.file,
            "line": origin.line,
            "renamedFrom": node.renamed_from,
        }
    return data


def _compile(platform: Platform, name: str) -> tuple[Compiled | None, dict[str, list[str]]]:
    """Compile without the apps that have faults, as often as the rest has new ones; None when nothing is left."""
    faults: dict[str, list[str]] = {}
    apps: Sequence[str] = ()
    if hasattr(platform, "lenient"):  # a compiler of before always was
        platform = platform._replace(lenient=True)
    while True:
        try:
            return compile_environment(platform, name, apps), faults
        except CompileError as error:
            errors = [item for item in error.diagnostics if item.severity is Severity.ERROR]
        for item in errors:
            faults.setdefault(_file(item), []).append(_summary(item))
        known = list(apps or platform.apps)
        rest = [app for app in known if platform.apps[app].document.file not in faults]
        if not rest or (apps and rest == known):
            return None, faults
        apps = rest


def _file(item: Diagnostic) -> str:
    return item.location.file if item.location else ""


def _summary(item: Diagnostic) -> str:
    place = f"{item.location}: " if item.location else ""
    return f"{place}{item.code} {item.summary}"


def plain(value: Any, ciphertexts: Mapping[str, str]) -> Any:
    """A manifest as JSON data."""
    if isinstance(value, SecretText):
        return {SECRET: value.fingerprint(ciphertexts)}
    if isinstance(value, dict):
        return {key: plain(item, ciphertexts) for key, item in value.items()}
    return [plain(item, ciphertexts) for item in value] if isinstance(value, list) else value


def main(root: Path, output: Path) -> None:
    """Write the snapshot of the platform at `root`, in all of its environments, to `output`."""
    platform = load_platform(root)
    output.write_text(json.dumps(take_snapshot(platform, platform.environments)), encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
