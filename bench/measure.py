"""Times whole processes from outside: wall and CPU seconds, and the peak memory of the largest process of the tree.

Each run is a cold process, started by `launch.py` and measured by `wait4`, which adds up the CPU of the process and its
children and takes the largest of their peaks. What the run before has made is moved aside first, outside of the time.
It is not deleted: ext4 steps over inodes that were freed in the last minutes, one by one, and so a run that follows the
deletion of thousands of files pays up to ten times the price for each file that it makes.
"""

from __future__ import annotations

import os
import re
import signal
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
    words = [sys.executable, "-I", "-S", str(LAUNCHER), command.output, *command.words]
    figures, message = _finish(words, command, timeout)
    if not figures:
        raise FailedError(last_line(message))
    wall, cpu, memory, code = map(float, figures.split())
    if code != 0:
        raise FailedError(last_line(message) or f"exits with {code:.0f}")
    return Sample(wall, cpu, memory)


def _finish(words: Sequence[str], command: Command, timeout: float) -> tuple[str, str]:
    """What the launcher writes to stdout and stderr; whatever stops us, nothing that it started stays behind."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        words,
        cwd=command.folder,
        env=environment | command.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        return process.communicate(timeout=timeout)
    except BaseException as error:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise FailedError(f"takes longer than {timeout:g} s") from None
        raise


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
