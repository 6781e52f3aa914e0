"""Measures `preview` through the real engine: ours against a hand-written program with Pulumi's typed classes.

All use the same engine, language host and provider, an empty stack in a local folder, and start cold. The hand-written
program (`typed_program.py`) runs as users run it, by `pulumi preview`; ours by `platc preview`, and once more by plain
`pulumi preview`, compile included. Before that, both are applied to a folder for one app: they must write the same.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import workload
from bench.measure import Command, run
from bench.tools import PLATC, UnfairError, normalized
from platform_compiler.engine.home import engine_environment, prepare_home
from platform_compiler.engine.install import find_or_install

TARGETS = {1: 0.85, 25: 0.6, 100: 0.6}
"""At most this much of the typed program's time, by number of apps."""
TYPED = Path(__file__).with_name("typed_program.py")
STACKS = Path(__file__).parents[1] / "stacks"
LIMIT = 300.0
HEAD = """\
| apps | typed program, s | platc preview, s | ratio | target | our program by pulumi preview, s | ratio |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: |"""


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with a Pulumi project, its stack, and the variables that the engine needs there."""

    root: Path
    stack: str
    pulumi: Path
    environment: dict[str, str]

    def command(self, *words: str) -> Command:
        """A call of the Pulumi CLI on the stack."""
        call = [str(self.pulumi), *words, "--non-interactive", "--stack", self.stack]
        return Command(call, self.root, environment=self.environment)

    def platc(self, *words: str) -> Command:
        """A call of `platc` on the same stack; it finds the engine's home itself."""
        environment = {key: value for key, value in self.environment.items() if key != "PULUMI_HOME"}
        return Command([str(PLATC), *words, "--env", self.stack], self.root, environment=environment)


def report(numbers: Sequence[int], *, runs: int) -> str:
    """A Markdown table of medians and of ratios round by round; raises `UnfairError`, `FailedError`."""
    check()
    lines = [HEAD]
    for number in numbers:
        with _projects(number) as (ours, typed):
            commands = typed.command("preview"), ours.platc("preview"), ours.command("preview")
            rounds = [[run(command, timeout=LIMIT).wall for command in commands] for _ in range(runs + 1)]
        lines.append(_row(number, rounds[1:]))  # the first round warms up
    return "\n".join(lines)


def _row(number: int, rounds: Sequence[Sequence[float]]) -> str:
    typed, platc, plain = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratios = [statistics.median(walls[place] / walls[0] for walls in rounds) for place in (1, 2)]
    target = TARGETS.get(number)
    wanted = "" if target is None else f"{target} {'met' if ratios[0] <= target else 'missed'}"
    return f"| {number} | {typed:.2f} | {platc:.2f} | {ratios[0]:.2f} | {wanted} | {plain:.2f} | {ratios[1]:.2f} |"


def check() -> None:
    """Apply both programs for one app; raises `UnfairError` unless they write the same objects.

    What stands in `app.kubernetes.io/managed-by` is the program's own.
    """
    with _projects(1) as (ours, typed):
        run(typed.command("up", "--yes", "--skip-preview"), timeout=LIMIT)
        run(ours.platc("up", "--yes"), timeout=LIMIT)
        made = [
            normalized([file.read_text().replace("managed-by: pulumi", "managed-by: platc") for file in files])
            for files in (sorted(project.root.glob("rendered/**/*.yaml")) for project in (ours, typed))
        ]
    if made[0] != made[1]:
        different = "\n".join(sorted(set(made[0]) ^ set(made[1])))
        raise UnfairError(f"the typed program writes other objects than ours:\n{different}")


@contextmanager
def _projects(number: int) -> Iterator[tuple[Project, Project]]:
    """Ours and the typed program, each with an empty stack, in a folder that goes away."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        ours, typed = Path(scratch) / "ours", Path(scratch) / "typed"
        workload.write_platform(ours, number)
        shutil.copy(STACKS / "__main__.py", ours / "stacks")
        typed.mkdir()
        shutil.copy(TYPED, typed / "__main__.py")
        (typed / "Pulumi.yaml").write_text("name: typed\nruntime: python\n")
        (typed / "apps.json").write_text(json.dumps(workload.apps(number)))
        yield _project(ours, "bench"), _project(typed, "dev")


def _project(root: Path, stack: str) -> Project:
    pulumi = find_or_install(lambda line: print(line, file=sys.stderr))
    given = {"PATH": os.environ["PATH"]}  # no backend or passphrase of the user's own
    variables = engine_environment(prepare_home(pulumi), pulumi, root, given=given)
    (root / ".platform" / "state").mkdir(parents=True)
    (root / ".venv").symlink_to(Path(sys.executable).parents[1])
    project = Project(root, stack, pulumi.path, variables)
    words = [str(pulumi.path), "stack", "init", stack]
    subprocess.run(words, cwd=root, env={**os.environ, **variables}, check=True, capture_output=True, timeout=60)
    return project
