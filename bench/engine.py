"""Measures `preview` through the real engine: ours against a hand-written program with Pulumi's typed classes.

Both use the same engine, the same provider, an empty stack in a local folder, and start cold. The hand-written program
runs as users run it, by `pulumi preview`; ours by `platc preview`, compile included.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import workload
from bench.measure import Command, run
from bench.tools import PLATC
from platform_compiler.engine.home import engine_environment, prepare_home
from platform_compiler.engine.install import find_or_install

TARGETS = {1: 0.85, 25: 0.6, 100: 0.6}
TYPED = Path(__file__).with_name("typed_program.py")


def report(numbers: Sequence[int], *, runs: int) -> str:
    """A Markdown table of medians and ratios."""
    lines = ["| apps | platc preview, s | typed program, s | ratio | target |", "| ---: | ---: | ---: | ---: | ---: |"]
    for number in numbers:
        with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
            ours, typed = _commands(Path(scratch), number)
            pairs = []
            for round_number in range(runs + 1):
                pair = run(ours, timeout=300).wall, run(typed, timeout=300).wall
                if round_number:  # the first round warms up
                    pairs.append(pair)
        ratio = statistics.median(mine / other for mine, other in pairs)
        mine, other = (statistics.median(column) for column in zip(*pairs, strict=True))
        lines.append(f"| {number} | {mine:.2f} | {other:.2f} | {ratio:.2f} | {TARGETS.get(number, '')} |")
    return "\n".join(lines)


def _commands(scratch: Path, number: int) -> tuple[Command, Command]:
    pulumi = find_or_install(lambda line: print(line, file=sys.stderr))
    home = prepare_home(pulumi)
    ours, typed = scratch / "ours", scratch / "typed"
    workload.write_platform(ours, number)
    shutil.copy(Path(__file__).parents[1] / "stacks" / "__main__.py", ours / "stacks")
    typed.mkdir()
    shutil.copy(TYPED, typed / "__main__.py")
    (typed / "Pulumi.yaml").write_text(
        f"name: typed\nruntime: {{name: python, options: {{virtualenv: {Path(sys.executable).parents[1]}}}}}\n"
    )
    (typed / "apps.json").write_text(json.dumps(workload.apps(number)))
    commands = []
    for root, stack, words in (
        (ours, "bench", [str(PLATC), "preview", "--env", "bench"]),
        (typed, "dev", [str(pulumi.path), "preview", "--non-interactive", "--stack", "dev"]),
    ):
        variables = engine_environment(home, pulumi, root, given={"PATH": os.environ["PATH"]})
        (root / ".platform" / "state").mkdir(parents=True)
        subprocess.run(
            [pulumi.path, "stack", "init", stack],
            cwd=root,
            env={**os.environ, **variables},
            check=True,
            capture_output=True,
        )
        commands.append(Command(words, root, root / "out.txt", variables))
    return commands[0], commands[1]
