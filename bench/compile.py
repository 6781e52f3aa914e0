"""Measures the compile: spec files on disk to YAML on disk, cold processes, interleaved runs.

Before a tool is timed, what it makes is held against what ours makes: the same objects for 1 and 100 apps, and the same
number of them for more, where parsing would take minutes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import workload
from bench.measure import Command, FailedError, Sample, run
from bench.tools import BASE, OURS, TOOLS, Objects, Tool, UnfairError, count, normalized

PARSED_UP_TO = 100
OBJECTS_AN_APP = 7
ONCE_PER_APP_RUNS = 20
ONCE_PER_APP = "helm, once per app"


@dataclass(slots=True)
class Result:
    """The samples of every tool at one number of apps, and why a tool has none."""

    number: int
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    once_per_app: float | None = None
    """Seconds of Helm for all apps with a process for each: `ONCE_PER_APP_RUNS` are run, the rest reckoned."""


def measure(numbers: Sequence[int], *, runs: int, limit: float, names: Sequence[str]) -> list[Result]:
    """Measure tools (by the first words of `names`, all without) at each number of apps.

    A tool that takes longer than `limit` seconds once is left out from there on.
    """
    tools = [tool for tool in TOOLS if not names or tool.name.split()[0].lower() in names]
    failures = {
        tool.name: "not here: `python -m bench setup` obtains it" for tool in tools if not tool.program().exists()
    }
    results = []
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        objects = workload.model(Path(scratch) / "model")
        for number in numbers:
            result = Result(number, failures=dict(failures))
            usable = [tool for tool in tools if tool.name not in failures]
            root = Path(scratch) / str(number)
            _measure_number(result, usable, root, objects, runs=runs, limit=limit)
            if BASE in usable:
                result.once_per_app = _once_per_app(Path(scratch) / f"single-{number}", objects, number)
            failures.update(result.failures)
            results.append(result)
    return results


def _measure_number(
    result: Result, tools: Sequence[Tool], root: Path, objects: Objects, *, runs: int, limit: float
) -> None:
    commands: dict[str, tuple[Command, int]] = {}
    expected = None
    for tool in tools:
        place = root / tool.name.replace(" ", "-")
        command = tool.prepare(place, result.number, objects)
        try:
            first = run(command, timeout=limit)  # also warms the file cache
        except FailedError as error:
            result.failures[tool.name] = str(error)
            continue
        expected = check(tool, tool.texts(place), result.number, expected)
        # A slow tool gets fewer rounds, so that its share of the whole stays below `limit`; ours and Helm get all.
        affordable = runs if tool in {OURS, BASE} else max(1, int(limit / first.wall))
        commands[tool.name] = command, min(runs, affordable)
    for round_number in range(runs):
        for name, (command, rounds) in commands.items():
            if round_number < rounds:
                result.samples.setdefault(name, []).append(run(command, timeout=limit * 2))


def check(tool: Tool, texts: list[str], number: int, expected: list[str] | None) -> list[str] | None:
    """Hold what a tool made against what the first one made (returned by the first call); raises `UnfairError`."""
    made = count(texts)
    if made != number * OBJECTS_AN_APP:
        raise UnfairError(f"{tool.name} makes {made} objects for {number} apps, not {number * OBJECTS_AN_APP}")
    if number > PARSED_UP_TO:
        return None
    objects = normalized(texts)
    if expected is not None and objects != expected:
        mine, other = next(pair for pair in zip(objects, expected, strict=True) if pair[0] != pair[1])
        raise UnfairError(f"{tool.name} makes other objects; the first:\n  {mine}\nand not\n  {other}")
    return objects


def _once_per_app(root: Path, objects: Objects, number: int) -> float:
    """Seconds that Helm takes for `number` apps, one process each: some are run, and the rest reckoned."""
    command = BASE.prepare(root, 1, objects)
    runs = min(number, ONCE_PER_APP_RUNS)
    return sum(run(command, timeout=60).wall for _ in range(runs)) / runs * number
