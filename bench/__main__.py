"""`python -m bench setup|compile|engine`: measures, prints tables, and with `--write` puts them into the docs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench import engine, tools
from bench.compile import measure
from bench.measure import FailedError
from bench.report import compile_report, facts, replace_section

DOCS = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def main() -> int:
    """Run one of the benchmarks; 1 when a tool cannot be had or does not make what the others make."""
    options = _parse()
    if options.what == "setup":
        faults = tools.setup()
        print("\n".join(faults), file=sys.stderr)
        return 1 if faults else 0
    numbers = _numbers(options.apps)
    try:
        if options.what == "compile":
            names = [word for word in options.tools.lower().split(",") if word]
            results = measure(numbers or [1, 100, 1000, 10_000], runs=options.runs, limit=options.limit, names=names)
            text = compile_report(results)
        else:
            text = engine.report(numbers or [1, 25, 100], runs=options.runs)
    except (tools.UnfairError, FailedError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(text)
    if options.write:
        document = DOCS.read_text(encoding="utf-8")
        DOCS.write_text(replace_section(document, options.what, f"{facts()}\n\n{text}"), encoding="utf-8")
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("what", choices=["setup", "compile", "engine"])
    parser.add_argument("--apps", default="", help="numbers of apps, such as 1,100")
    parser.add_argument("--tools", default="", help="first words of tools, such as platc,helm")
    parser.add_argument("--runs", type=int, default=5, help="rounds, in each of which every tool runs once")
    parser.add_argument("--limit", type=float, default=120, help="seconds after which a tool is left out")
    parser.add_argument("--write", action="store_true", help=f"write the table into docs/{DOCS.name}")
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    return [int(word.replace("_", "")) for word in text.split(",") if word]


if __name__ == "__main__":
    sys.exit(main())
