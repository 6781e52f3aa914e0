"""What was measured, as Markdown: tables, targets, the machine's facts, and the section of the docs that holds them."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.compile import ONCE_PER_APP, ONCE_PER_APP_RUNS, Result
from bench.measure import median, ratio
from bench.tools import BASE, OURS, TOOLS
from platform_compiler.engine.paths import PULUMI_VERSION

TARGETS = {1: 3.5, 100: 1.6, 1000: 1.0, 10_000: 0.9}
"""At most this much of Helm's time, by number of apps."""
MEMORY_TARGET = 0.5
ONCE_PER_APP_TARGET = 40
COMPILE_HEAD = """\
| apps | tool | wall s | CPU s | peak MiB | platc / it, wall | platc / it, memory | runs |
| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |"""


def compile_report(results: Sequence[Result]) -> str:
    """The table of the compile, and each target with what was measured."""
    rows = [row for result in results for row in _rows(result)]
    targets = [f"- {line}" for result in results for line in _targets(result)]
    return "\n".join([COMPILE_HEAD, *rows, "", *targets]).rstrip()


def _rows(result: Result) -> list[str]:
    ours = result.samples.get(OURS.name, [])
    rows = []
    for tool in TOOLS:
        samples = result.samples.get(tool.name)
        start = f"| {result.number:,} | {tool.name} |"
        if samples:
            wall, cpu, memory = (median(samples, figure) for figure in ("wall", "cpu", "memory"))
            ratios = f"{ratio(ours, samples, 'wall'):.2f} | {ratio(ours, samples, 'memory'):.2f}" if ours else "|"
            rows.append(f"{start} {wall:.3f} | {cpu:.2f} | {memory:.0f} | {ratios} | {len(samples)} |")
        elif tool.name in result.failures:
            rows.append(f"{start} {result.failures[tool.name]} | | | | | |")
    if result.once_per_app is not None and ours:
        share = median(ours, "wall") / result.once_per_app
        runs = min(result.number, ONCE_PER_APP_RUNS)
        rows.append(
            f"| {result.number:,} | {ONCE_PER_APP} | {result.once_per_app:.2f} | | | {share:.4f} | | {runs} processes |"
        )
    return rows


def _targets(result: Result) -> list[str]:
    ours, helm = result.samples.get(OURS.name), result.samples.get(BASE.name)
    if not ours or not helm:
        return []
    lines = []
    if result.number in TARGETS:
        measured, target = ratio(ours, helm, "wall"), TARGETS[result.number]
        what = f"{result.number:,} apps: {measured:.2f}x of Helm's best case, target at most {target}x"
        lines.append(f"{what}: {_verdict(measured <= target)}")
    if result.number == 10_000:
        measured = ratio(ours, helm, "memory")
        what = f"10,000 apps: {measured:.2f}x of Helm's memory, target at most {MEMORY_TARGET}x"
        lines.append(f"{what}: {_verdict(measured <= MEMORY_TARGET)}")
    if result.number == 1000 and result.once_per_app is not None:
        times = result.once_per_app / median(ours, "wall")
        what = f"1,000 apps: {times:.0f} times as fast as Helm once per app, target at least {ONCE_PER_APP_TARGET}"
        lines.append(f"{what}: {_verdict(times >= ONCE_PER_APP_TARGET)}")
    return lines


def _verdict(holds: bool) -> str:
    return "met" if holds else "missed"


def facts() -> str:
    """The machine and every version, in a few sentences."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in ("pydantic", "pyyaml", "click", "pulumi-kubernetes"))
    pins = ", ".join(tool.pin for tool in TOOLS if tool.pin)
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} on {os.cpu_count()} cores ({_processor()}) and {memory:.0f} GiB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, Node {_answer('node', '-v')}, "
        f"{_answer('go', 'version').removeprefix('go version ')}. Ours: {packages}, Pulumi {PULUMI_VERSION}. "
        f"The others: {pins}."
    )


def _processor() -> str:
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    found = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    return found[1] if found else platform.machine()


def _answer(*words: str) -> str:
    try:
        return subprocess.run(words, capture_output=True, text=True, check=True, timeout=30).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "missing"


def replace_section(document: str, name: str, text: str) -> str:
    """Put `text` between the marks `<!-- name -->` and `<!-- /name -->`; raises ValueError where they are missing."""
    pattern = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(<!-- /{re.escape(name)} -->)", re.DOTALL)
    if not pattern.search(document):
        raise ValueError(f"there is no section {name!r}")
    return pattern.sub(lambda match: f"{match[1]}{text}\n{match[2]}", document)
