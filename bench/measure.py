"""Times whole processes: wall and CPU seconds, and the peak memory of the largest process, by `wait4`."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Command:
    """A cold process: its words, its folder, and where its stdout goes (thrown away without a file)."""

    words: Sequence[str]
    folder: Path
    output: Path | None = None
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sample:
    """One run."""

    wall: float
    cpu: float
    memory: float
    """MiB."""


class FailedError(Exception):
    """The command failed; what it wrote to stderr."""


def run(command: Command, *, timeout: float) -> Sample:
    """Run once; raises `FailedError`, also when it takes longer than `timeout` seconds."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    with open(command.output or os.devnull, "wb") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command.words,
            cwd=command.folder,
            env=environment | command.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
        )
        stopwatch = started + timeout
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.perf_counter() > stopwatch:
                process.kill()
                raise FailedError(f"took longer than {timeout:.0f} s")
            time.sleep(0.0005)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.stderr is not None
    message = process.stderr.read().decode(errors="replace")
    process.stderr.close()
    if process.returncode != 0:
        raise FailedError(message[-2000:])
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(samples: Sequence[Sample], name: str) -> float:
    """The median of one figure."""
    return statistics.median(getattr(sample, name) for sample in samples)
