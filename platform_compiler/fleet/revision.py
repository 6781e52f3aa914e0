"""Another git revision of the platform: its files in a temporary folder, compiled by its own code.

`git archive` takes the files out without touching the work tree or git's own folder. The compile is a process of its
own with the revision first on the module path: a revision that holds blueprints, or the compiler itself, is compiled by
those; what is installed stands in for the rest.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from platform_compiler.diagnostics import CompileError, Diagnostic
from platform_compiler.fleet import snapshot
from platform_compiler.fleet.snapshot import Snapshot


def revision_snapshot(root: Path, reference: str) -> tuple[str, Snapshot]:
    """The commit that `reference` names and the snapshot of the platform there; raises `CompileError`."""
    commit = _git(root, "rev-parse", "--verify", "--end-of-options", f"{reference}^{{commit}}")
    name = commit.decode().strip()
    with tempfile.TemporaryDirectory(prefix="platc-revision-") as folder:
        place = Path(folder, "files")
        archive = _git(root, "archive", "--format=tar", name)
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(place, filter=_inside)  # noqa: S202 - the filter is the standard one
        return name, _compile(place, Path(folder, "snapshot.json"), reference)


def _inside(member: tarfile.TarInfo, place: str) -> tarfile.TarInfo | None:
    """The file as it may be taken out; None for a link that leads out of the folder."""
    try:
        return tarfile.data_filter(member, place)
    except tarfile.FilterError:
        return None


def _git(root: Path, *arguments: str) -> bytes:
    try:
        result = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False)
    except FileNotFoundError:
        raise _fault("git is not installed") from None
    if result.returncode:
        told = result.stderr.decode(errors="replace").strip().splitlines()
        raise _fault(f"git {arguments[0]}: {told[-1] if told else arguments[-1]}")
    return result.stdout


def _compile(place: Path, output: Path, reference: str) -> Snapshot:
    path = [str(place), *filter(None, [os.environ.get("PYTHONPATH")])]
    command = [sys.executable, "-P", snapshot.__file__, str(place), str(output)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
    result = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        told = result.stderr.strip().splitlines()
        raise _fault(f"the code of {reference} cannot compile it: {told[-1] if told else 'it stopped'}")
    data: Snapshot = json.loads(output.read_text(encoding="utf-8"))
    return data


def _fault(summary: str) -> CompileError:
    return CompileError([Diagnostic("PC902", summary, None, "a commit, branch or tag of this repository")])
