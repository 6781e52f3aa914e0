"""Times whole processes from outside: wall and CPU seconds, and the peak memory of the largest process of the tree.

Each run is a cold process, started by `launch.py` and measured by `wait4`, which adds up the CPU of the process and its
children and takes the largest of their peaks. What the run before has made is moved aside first, outside of the time.
It is not deleted: ext4 steps over inodes that were freed in the last minutes, one by one, and so a run that follows the
deletion of thousands of files pays up to ten times the price for each file that it makes.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

LAUNCHER: Final = Path(__file__).with_name("launch.py")
Figure = Literal["wall", "cpu", "memory"]


@dataclass(frozen=True, slots=True)
class Command:
    """A process: its words, its folder, where its stdout goes, and the folder that it makes, if any."""

    words: Sequence[str]
    folder: Path
    output: str = os.devnull
    makes: str = ""
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: seconds, seconds, MiB."""

    wall: float
    cpu: float
    memory: float


class FailedError(Exception):
    """The command failed or took too long; says why in a line."""


def run(command: Command, *, timeout: float) -> Sample:
    """Run once; raises `FailedError`, also when it takes longer than `timeout` seconds (its whole group is killed)."""
    _set_aside(command)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    result = subprocess.run(
        [sys.executable, "-I", "-S", str(LAUNCHER), str(timeout), command.output, *command.words],
        cwd=command.folder,
        env=environment | command.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise FailedError(last_line(result.stderr))
    wall, cpu, memory, code = map(float, result.stdout.split())
    if wall >= timeout:
        raise FailedError(f"takes longer than {timeout:.0f} s")
    if code != 0:
        raise FailedError(last_line(result.stderr) or f"exits with {code:.0f}")
    return Sample(wall, cpu, memory)


def _set_aside(command: Command) -> None:
    made = command.folder / command.makes
    if command.makes and made.exists():
        made.rename(made.with_name(f"{made.name}.{time.monotonic_ns()}"))


def last_line(text: str) -> str:
    """The last line that says something, without terminal colours."""
    lines = [line.strip() for line in re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()]
    return next((line for line in reversed(lines) if re.search(r"\w", line)), "")


def median(samples: Sequence[Sample], figure: Figure) -> float:
    """The median of one figure."""
    return statistics.median(float(getattr(sample, figure)) for sample in samples)


def ratio(ours: Sequence[Sample], theirs: Sequence[Sample], figure: Figure) -> float:
    """The median of ours / theirs, round by round: what slows a whole round down cancels out."""
    pairs = zip(ours, theirs, strict=False)
    return statistics.median(float(getattr(a, figure)) / float(getattr(b, figure)) for a, b in pairs)
