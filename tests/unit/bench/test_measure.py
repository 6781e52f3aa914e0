"""Runs are timed as a whole, failures say why, and nothing of one run reaches the next."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from bench.measure import Command, FailedError, Sample, last_line, median, ratio, run

HOLD = "import sys; held = bytearray({} << 20); sys.exit({})"


def python(folder: Path, code: str, output: str = os.devnull, makes: str = "") -> Command:
    return Command([sys.executable, "-I", "-S", "-c", code], folder, output=output, makes=makes)


def ends(pid: int) -> bool:
    """Whether a process is gone within seconds; an orphan is reaped by another process, in its own time."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_a_run_has_wall_cpu_and_memory(tmp_path: Path) -> None:
    small = run(python(tmp_path, "import time; time.sleep(.2)"), timeout=30)
    large = run(python(tmp_path, HOLD.format(64, 0)), timeout=30)
    assert small.wall >= 0.2 > small.cpu > 0
    assert small.memory < 32, "the peak of this test's own process must not count"
    assert 64 <= large.memory < 96


def test_memory_is_the_largest_process_of_the_tree(tmp_path: Path) -> None:
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLD.format(64, 0)!r}])"
    assert run(python(tmp_path, code), timeout=30).memory >= 64


def test_output_goes_to_its_file(tmp_path: Path) -> None:
    run(python(tmp_path, "print('made')", output="out.yaml"), timeout=30)
    assert (tmp_path / "out.yaml").read_text() == "made\n"


def test_what_a_run_makes_is_moved_aside_before_the_next(tmp_path: Path) -> None:
    command = python(tmp_path, "import os; os.mkdir('out')", makes="out")
    run(command, timeout=30)
    run(command, timeout=30)
    assert len(list(tmp_path.glob("out.*"))) == 1


def test_a_failure_says_why(tmp_path: Path) -> None:
    with pytest.raises(FailedError, match="exits with 3"):
        run(python(tmp_path, HOLD.format(1, 3)), timeout=30)
    with pytest.raises(FailedError, match="ValueError: no"):
        run(python(tmp_path, "raise ValueError('no')"), timeout=30)
    with pytest.raises(FailedError, match="No such file"):
        run(Command(["./missing"], tmp_path), timeout=30)


def test_a_run_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    code = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(60)"
    with pytest.raises(FailedError, match=r"takes longer than 0\.5 s"):
        run(python(tmp_path, code), timeout=0.5)
    assert ends(int((tmp_path / "pid").read_text()))


def test_the_last_line_has_words_and_no_colours() -> None:
    assert last_line("first\n\x1b[31merror:\x1b[0m no such key\n  |\n\n") == "error: no such key"
    assert last_line("") == ""


def test_ratios_are_taken_round_by_round() -> None:
    ours = [Sample(1, 1, 10), Sample(4, 1, 10), Sample(1, 1, 10)]
    theirs = [Sample(2, 1, 20), Sample(8, 1, 20), Sample(1, 1, 20)]
    assert ratio(ours, theirs, "wall") == 0.5
    assert ratio(ours, theirs, "memory") == 0.5
    assert median(theirs, "wall") == 2
