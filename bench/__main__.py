"""`python -m bench setup|compile|engine`: measures, prints tables, and with `--write` puts them into the docs."""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench import compile as compile_bench
from bench import engine as engine_bench
from bench import tools

DOCS = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def main() -> None:
    """Run one of the benchmarks."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("what", choices=["setup", "compile", "engine"])
    parser.add_argument("--apps", default="", help="numbers of apps, such as 1,100")
    parser.add_argument("--tools", default="", help="first words of tools, such as platc,helm")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--limit", type=float, default=120, help="seconds after which a tool is left out")
    parser.add_argument("--write", action="store_true", help=f"write the table into {DOCS.name}")
    options = parser.parse_args()
    if options.what == "setup":
        tools.setup()
        return
    numbers = [int(word) for word in options.apps.split(",") if word]
    if options.what == "compile":
        names = [word for word in options.tools.split(",") if word]
        results = compile_bench.measure(
            numbers or [1, 100, 1000, 10_000], runs=options.runs, limit=options.limit, names=names
        )
        text = (
            compile_bench.table(results) + "\n\n" + "\n".join(f"- {line}" for line in compile_bench.verdicts(results))
        )
    else:
        text = engine_bench.report(numbers or [1, 25, 100], runs=options.runs)
    print(text)
    if options.write:
        write_section(options.what, f"{facts()}\n\n{text}")


def facts() -> str:
    """The machine and the versions, in a sentence."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in ("pydantic", "pyyaml", "pulumi", "pulumi-kubernetes"))
    others = ", ".join(word.rpartition("/")[2] for word in (tools.HELM, tools.JSONNET, *tools.PYTHON_PACKAGES))
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} "
        f"{platform.release()} on {platform.machine()}, Python {platform.python_version()}; {packages}; {others}."
    )


def write_section(name: str, text: str) -> None:
    """Replace what stands between the section's marks in the docs."""
    document = DOCS.read_text(encoding="utf-8")
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not pattern.search(document):
        sys.exit(f"{DOCS} has no section {name}")
    DOCS.write_text(pattern.sub(lambda match: f"{match[1]}{text}\n{match[2]}", document), encoding="utf-8")


if __name__ == "__main__":
    main()
