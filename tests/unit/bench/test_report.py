"""Tables, verdicts and the docs' sections."""

from __future__ import annotations

import pytest

from bench import engine
from bench.compile import Result
from bench.measure import Sample
from bench.report import COMPILE_HEAD, compile_report, facts, replace_section


def result(number: int, ours: float, helm: float, once: float | None = None) -> Result:
    samples = {"platc": [Sample(ours, ours, 40)] * 3, "helm template": [Sample(helm, helm, 100)] * 3}
    return Result(number, samples, {"KCL": "takes longer than 60 s"}, once)


def test_a_row_for_each_tool_and_a_verdict_for_each_target() -> None:
    assert compile_report([result(1000, 0.5, 1.0, 25.0)]) == "\n".join(
        [
            COMPILE_HEAD,
            "| 1,000 | platc | 0.500 | 0.50 | 40 | 1.00 | 1.00 | 3 |",
            "| 1,000 | helm template | 1.000 | 1.00 | 100 | 0.50 | 0.40 | 3 |",
            "| 1,000 | KCL | takes longer than 60 s | | | | | |",
            "| 1,000 | helm, once per app | 25.00 | | | 0.0200 | | 20 processes |",
            "",
            "- 1,000 apps: 0.50x of Helm's best case, target at most 1.0x: met",
            "- 1,000 apps: 50 times as fast as Helm once per app, target at least 40: met",
        ]
    )


def test_a_missed_target_is_told() -> None:
    lines = compile_report([result(10_000, 0.95, 1.0)]).splitlines()
    assert "- 10,000 apps: 0.95x of Helm's best case, target at most 0.9x: missed" in lines
    assert "- 10,000 apps: 0.40x of Helm's memory, target at most 0.5x: met" in lines


def test_rows_of_the_engine_take_ratios_round_by_round() -> None:
    rounds = [(1.0, 0.5, 0.8), (2.0, 1.0, 1.6), (4.0, 3.9, 3.2)]
    assert engine._row(25, rounds) == "| 25 | 2.00 | 1.00 | 0.50 | 0.6 met | 1.60 | 0.80 |"


def test_a_section_is_replaced_between_its_marks() -> None:
    document = "# T\n\n<!-- compile -->\nold\n<!-- /compile -->\n\n<!-- engine -->\n<!-- /engine -->\n"
    once = replace_section(document, "compile", "new \\1")
    assert once == document.replace("old", "new \\1")
    assert replace_section(once, "compile", "new \\1") == once
    with pytest.raises(ValueError, match="no section 'other'"):
        replace_section(document, "other", "")


def test_facts_name_the_machine_and_the_pins() -> None:
    assert "cores" in facts()
    assert "helm.sh/helm/v4/cmd/helm@v" in facts()
