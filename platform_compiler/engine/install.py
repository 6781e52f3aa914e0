"""Finds the Pulumi CLI, or installs it: on PATH, in the cache, from the official release, from its Go modules."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from platform_compiler.engine.download import ChecksumError, Progress, UnreachableError, download_release
from platform_compiler.engine.gobuild import BuildError, build, pulumi_module
from platform_compiler.engine.paths import PULUMI_VERSION, cache_folder, engine_folder, is_offline

MINIMUM = (3, 200)
"""The oldest CLI that is taken from PATH: it must speak the pinned SDK's protocol."""


class EngineUnavailableError(Exception):
    """No engine is here and none can be installed; `hint` says what would help."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Pulumi:
    """A usable CLI: its program, its version, and where it came from."""

    path: Path
    version: str
    source: Literal["path", "cache", "download", "built"]


def find() -> Pulumi | None:
    """The CLI on PATH if it is new enough, else the one in the cache, else None."""
    on_path = shutil.which("pulumi")
    if on_path:
        version = remembered_version(Path(on_path))
        if version and _as_tuple(version) >= MINIMUM:
            return Pulumi(Path(on_path), version, "path")
    cached = engine_folder() / "bin" / "pulumi"
    return Pulumi(cached, PULUMI_VERSION, "cache") if cached.is_file() else None


def find_or_install(progress: Progress) -> Pulumi:
    """The CLI, installed now if it must be; raises `EngineUnavailableError`."""
    found = find()
    if found is not None:
        return found
    with install_lock(engine_folder(), progress):
        found = find()  # another process may have installed it while we waited
        return found or _install(progress)


def _install(progress: Progress) -> Pulumi:
    folder = engine_folder()
    program = folder / "bin" / "pulumi"
    if is_offline():
        progress("the Pulumi engine is not here; official downloads are switched off")
    else:
        progress(f"the Pulumi engine is not here; trying the official release v{PULUMI_VERSION}")
        try:
            download_release(PULUMI_VERSION, folder, progress)
        except (UnreachableError, ChecksumError) as error:
            progress(f"{error}")
        else:
            return Pulumi(program, PULUMI_VERSION, "download")
    progress("building the engine from its Go modules instead; this happens once and takes about four minutes")
    try:
        build(pulumi_module(PULUMI_VERSION), folder, progress)
    except BuildError as error:
        raise EngineUnavailableError(f"cannot build the Pulumi engine: {error}", error.hint) from None
    except OSError as error:
        raise EngineUnavailableError(f"cannot install the Pulumi engine: {error}", "check the disk") from None
    progress(f"the engine is built: {program}")
    return Pulumi(program, PULUMI_VERSION, "built")


def remembered_version(program: Path) -> str | None:
    """`version_of`, asked once for each program: to start it takes a tenth of a second.

    A script, or a link to a program of another name, is asked every time: it may choose another `pulumi` tomorrow.
    """
    try:
        with program.open("rb") as file:
            chooses = file.read(2) == b"#!" or program.resolve().name != program.name
        facts = program.stat()
    except OSError:
        return None
    identity = f"{program.resolve()} {facts.st_mtime_ns} {facts.st_size}"
    note = cache_folder() / "versions" / hashlib.sha256(identity.encode()).hexdigest()[:16]
    if not chooses and note.is_file():
        return note.read_text(encoding="utf-8")
    version = version_of(program)
    if version and not chooses:
        note.parent.mkdir(parents=True, exist_ok=True)
        temporary = note.with_suffix(f".{os.getpid()}")
        temporary.write_text(version, encoding="utf-8")
        temporary.replace(note)
    return version


def version_of(program: Path) -> str | None:
    """What `pulumi version` prints, without the `v`; None when it does not run."""
    try:
        result = subprocess.run([program, "version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.match(r"v?(\d+\.\d+\.\d+\S*)", result.stdout.strip())
    return match[1] if match else None


def _as_tuple(version: str) -> tuple[int, int]:
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


@contextmanager
def install_lock(folder: Path, progress: Progress) -> Iterator[None]:
    """One installer of `folder` at a time; the lock goes with the process that holds it."""
    file = folder.with_suffix(".lock")
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(f"another process is installing {folder.parent.name}; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
