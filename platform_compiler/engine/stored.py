"""Reads what a stack's state holds: from a folder without the engine, from any other backend by `pulumi stack export`.

A folder is Pulumi's own file backend: `.pulumi/stacks/<project>/<stack>.json`, with `.gz` when it is compressed.
Nothing is decrypted: a secret is what stands in the file.
Source: pulumi, `pkg/backend/diy`.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from platform_compiler.engine.download import Progress
from platform_compiler.engine.home import BACKEND_VARIABLE, backend_url, engine_environment, prepare_home, state_folder
from platform_compiler.engine.install import find_or_install
from platform_compiler.engine.safeguard import cure, is_state

StateResource = dict[str, Any]


class StateError(Exception):
    """The state cannot be read; `hint` says what would help."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def read_state(
    root: Path, project: str, stack: str, progress: Progress, variables: Mapping[str, str] = os.environ
) -> list[StateResource]:
    """The resources of a stack as they stand in its state; none for a stack that is not there. Raises `StateError`.

    `progress` hears of the engine, if it must be obtained.
    """
    folder = state_folder(root, {BACKEND_VARIABLE: backend_url(root, variables)})
    data = _from_folder(folder, project, stack) if folder else exported_state(root, stack, progress)
    resources: list[StateResource] = (data or {}).get("resources") or []
    return resources


def known_names(resources: Sequence[StateResource]) -> frozenset[str]:
    """The logical names of what stands in a state."""
    return frozenset(str(item.get("urn", "")).rpartition("::")[2] for item in resources)


def _from_folder(folder: Path, project: str, stack: str) -> Any:
    file = folder / ".pulumi" / "stacks" / project / f"{stack}.json"
    compressed = file.with_name(f"{file.name}.gz")
    try:
        if compressed.is_file():
            return _latest(json.loads(gzip.decompress(compressed.read_bytes())))
        return _latest(json.loads(file.read_bytes())) if file.is_file() else None
    except (ValueError, EOFError, OSError, zlib.error) as error:
        hint = "" if compressed.is_file() else cure(file, stack)
        raise StateError(f"{file} is no state of a stack: {error}", hint) from None


def _latest(data: Any) -> Any:
    if not is_state(data):
        raise ValueError("it has no checkpoint, or resources without a URN or a type")
    return data["checkpoint"].get("latest")


def exported_state(root: Path, stack: str, progress: Progress) -> Any:
    """The stack's deployment by the engine's own export, from whichever backend; None for a stack that is not there."""
    pulumi = find_or_install(progress)
    environment = {**os.environ, **engine_environment(prepare_home(pulumi, progress), pulumi, root)}
    command = [str(pulumi.path), "stack", "export", "--stack", stack, "--non-interactive"]
    result = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return json.loads(result.stdout)["deployment"]
    if "no stack named" in result.stderr:
        return None
    raise StateError(result.stderr.strip() or "pulumi stack export failed")
