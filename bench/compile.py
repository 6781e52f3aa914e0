"""Measures the compile: spec files on disk to YAML on disk, cold processes, interleaved runs."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import workload
from bench.measure import Command, FailedError, Sample, median, run
from bench.tools import TOOLS, Objects, Tool, folder, normalized

TARGETS = {1: 3.5, 100: 1.6, 1000: 1.0, 10000: 0.9}
"""At most this much of Helm's time, by number of apps."""
PER_APP_SAMPLE = 20
PER_APP_TARGET = 40.0
BASE = "helm template"


@dataclass(slots=True)
class Result:
    """The samples of every tool at one number of apps."""

    number: int
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    helm_once_per_app: float | None = None


def measure(numbers: Sequence[int], *, runs: int, limit: float, names: Sequence[str]) -> list[Result]:
    """Measure each tool at each number of apps; a tool that takes longer than `limit` seconds is left out after."""
    tools = [tool for tool in TOOLS if not names or tool.name.split()[0].lower() in names]
    slow: dict[str, str] = {}
    results = []
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        objects = workload.model(Path(scratch) / "model")
        for number in numbers:
            root = Path(scratch) / str(number)
            result = Result(number, failures=dict(slow))
            usable = [tool for tool in tools if tool.name not in slow]
            _measure_one(
                result, usable, root, objects, runs=max(2, runs if number < 10_000 else runs // 2), limit=limit
            )
            if number <= 1000:
                result.helm_once_per_app = _once_per_app(Path(scratch) / "single", objects, number)
            slow.update(result.failures)
            results.append(result)
            shutil.rmtree(root)
    return results


def _measure_one(result: Result, tools: list[Tool], root: Path, objects: Objects, *, runs: int, limit: float) -> None:
    commands: dict[str, Command] = {}
    expected: list[str] | None = None
    for tool in tools:
        place = root / tool.name.replace(" ", "-")
        command = tool.prepare(place, result.number, objects)
        try:
            run(command, timeout=limit)  # a warm-up, whose output is checked
        except FailedError as error:
            result.failures[tool.name] = str(error).strip().splitlines()[-1]
            continue
        if result.number <= 100:
            made = normalized(tool.read(place))
            expected = expected or made
            if made != expected:
                raise SystemExit(f"{tool.name} does not make the same objects as {TOOLS[0].name}")
        commands[tool.name] = command
    for _ in range(runs):
        for name, command in commands.items():
            result.samples.setdefault(name, []).append(run(command, timeout=limit * 2))


def _once_per_app(root: Path, objects: Objects, number: int) -> float:
    """Seconds that Helm takes for `number` apps, one process each: some are run, and the rest reckoned."""
    shutil.rmtree(root, ignore_errors=True)
    workload.write_helm(root, 1, objects)
    command = Command([str(folder() / "bin" / "helm"), "template", "bench", "."], root, root / "out.yaml")
    count = min(number, PER_APP_SAMPLE)
    return sum(run(command, timeout=60).wall for _ in range(count)) / count * number


def table(results: Sequence[Result]) -> str:
    """A Markdown table: medians, and the ratio of ours to Helm's in the same rounds."""
    lines = [
        "| apps | tool | wall s | CPU s | peak MiB | platc / it, wall | platc / it, memory |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for result in results:
        ours = result.samples.get("platc", [])
        for tool in TOOLS:
            samples = result.samples.get(tool.name)
            if not samples:
                if tool.name in result.failures:
                    lines.append(f"| {result.number:,} | {tool.name} | {result.failures[tool.name]} | | | | |")
                continue
            wall, cpu, memory = (median(samples, name) for name in ("wall", "cpu", "memory"))
            ratio = _ratio(ours, samples, "wall")
            space = median(ours, "memory") / memory
            lines.append(
                f"| {result.number:,} | {tool.name} | {wall:.3f} | {cpu:.3f} | {memory:.0f} | {ratio:.2f} | {space:.2f} |"
            )
        if result.helm_once_per_app is not None:
            once = result.helm_once_per_app
            lines.append(
                f"| {result.number:,} | helm, once per app | {once:.2f} | | | {median(ours, 'wall') / once:.4f} | |"
            )
    return "\n".join(lines)


def verdicts(results: Sequence[Result]) -> list[str]:
    """Each target with what was measured."""
    lines = []
    for result in results:
        ours, helm = result.samples.get("platc"), result.samples.get(BASE)
        if not ours or not helm:
            continue
        ratio = _ratio(ours, helm, "wall")
        if result.number in TARGETS:
            target = TARGETS[result.number]
            lines.append(f"{result.number:,} apps: {ratio:.2f}x of Helm's best case (target at most {target}x)")
        if result.number == 10_000:
            memory = median(ours, "memory") / median(helm, "memory")
            lines.append(f"10,000 apps: {memory:.2f}x of Helm's memory (target at most 0.5x)")
        if result.number == 1000 and result.helm_once_per_app:
            times = result.helm_once_per_app / median(ours, "wall")
            lines.append(
                f"1,000 apps: {times:.0f} times as fast as Helm once per app (target at least {PER_APP_TARGET:.0f})"
            )
    return lines


def _ratio(ours: Sequence[Sample], theirs: Sequence[Sample], name: str) -> float:
    """The median of the ratios, round by round."""
    ratios = sorted(getattr(a, name) / getattr(b, name) for a, b in zip(ours, theirs, strict=False))
    middle = len(ratios) // 2
    return ratios[middle] if len(ratios) % 2 else (ratios[middle - 1] + ratios[middle]) / 2
