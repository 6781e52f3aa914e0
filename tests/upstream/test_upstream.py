"""The sample specs against upstream's manifests: the table of facts, the files it was made from, and our compile."""

from __future__ import annotations

import hashlib
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

from platform_compiler.compiler import compile_stack
from tests.conftest import ROOT, SHARED
from tests.upstream.extract import Facts, Manifest, facts_of, leaves

HERE = Path(__file__).parent
UPSTREAM = SHARED / "data" / "upstream"
BOUTIQUE_LINES = 947
"""Lines of the Online Boutique's manifest that are neither blank nor comments."""
LONG_TEXT = 60
OUR_NAMES = {"boutique": "{}", "voting": "voting-{}"}
needs_upstream = pytest.mark.skipif(not UPSTREAM.is_dir(), reason="the upstream manifests are not beside the project")

FACTS = (
    r"kind|spec\.replicas|.*\.(serviceAccountName|terminationGracePeriodSeconds|restartPolicy)",
    r"spec\.template\.metadata\.annotations\..*",
    r".*\.securityContext\..*",
    r".*[cC]ontainers\[\]\.(name|image|command\[\]|args\[\])",
    r".*[cC]ontainers\[\]\.(ports\[\]\.containerPort|env\[\]\.(name|value)|resources\..*)",
    r".*[cC]ontainers\[\]\.(readiness|liveness)Probe\..*",
    r".*[cC]ontainers\[\]\.volumeMounts\[\]\.mountPath",
    r"spec\.(type|ports\[\]\.(port|targetPort|nodePort))",
)
"""Paths of upstream's manifests whose values the extraction takes as facts."""
STRUCTURE = {
    r"apiVersion|metadata\.name": "identity, which the table's keys hold",
    r"metadata\.labels\..*|spec\.template\.metadata\.labels\..*": "labels only tie a workload to its selectors",
    r"spec\.selector\..*": "the pods that a workload or a Service means, which the table's grouping holds",
    r".*\.(volumeMounts\[\]\.name|volumes\[\]\.name)": "ties a mount to its volume",
    r".*ports\[\]\.name": "a label of a port; nothing refers to it",
}
"""Paths that only hold a manifest together, with the reason."""


def _differences() -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = yaml.safe_load((HERE / "differences.yaml").read_text())
    return entries


def upstream_manifests(name: str) -> list[Manifest]:
    files = {
        "boutique": [UPSTREAM / "online-boutique" / "kubernetes-manifests.yaml"],
        "voting": sorted((UPSTREAM / "voting-app").glob("*-*.yaml")),
    }[name]
    documents = [document for file in files for document in yaml.safe_load_all(file.read_text())]
    return [document for document in documents if document and "kind" in document]


def table(name: str) -> Facts:
    facts: Facts = yaml.safe_load((HERE / "facts" / f"{name}.yaml").read_text())
    return facts


def shortened(facts: Facts) -> Facts:
    """Long texts, such as upstream's scripts, as hashes: the table holds facts, not their words."""
    return {name: {key: _short(value) for key, value in own.items()} for name, own in facts.items()}


def _short(value: Any) -> Any:
    if isinstance(value, list):
        return [_short(item) for item in value]
    if isinstance(value, str) and len(value) >= LONG_TEXT and "\n" in value:
        return f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"
    return value


@needs_upstream
@pytest.mark.parametrize("name", ["boutique", "voting"])
def test_table_holds_upstreams_facts(name: str) -> None:
    assert table(name) == shortened(facts_of(upstream_manifests(name)))


@needs_upstream
@pytest.mark.parametrize("name", ["boutique", "voting"])
def test_every_upstream_value_is_a_fact_or_structure(name: str) -> None:
    unknown = {
        path
        for manifest in upstream_manifests(name)
        for path in leaves(manifest)
        if not any(re.fullmatch(pattern, path) for pattern in (*FACTS, *STRUCTURE))
    }
    assert unknown == set()


@needs_upstream
def test_the_line_count_is_upstreams() -> None:
    text = (UPSTREAM / "online-boutique" / "kubernetes-manifests.yaml").read_text()
    assert len(_content_lines(text)) == BOUTIQUE_LINES


def test_boutique_specs_are_at_most_30_percent_of_upstream() -> None:
    files = sorted((ROOT / "apps" / "boutique").glob("*.yaml"))
    assert len(files) == 12
    lines = sum(len(_content_lines(file.read_text())) for file in files)
    assert lines <= 0.30 * BOUTIQUE_LINES


def _content_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


Row = tuple[str, str, Any, Any]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """Every fact of upstream's or ours: workload, fact, theirs, ours; None for what one of them lacks."""
    compiled = compile_stack(ROOT, "dev")
    ours = facts_of([item.manifest for item in compiled.resources if item.kind != "Secret"])
    found: list[Row] = []
    for name in ("boutique", "voting"):
        for workload, theirs in table(name).items():
            mine = ours[OUR_NAMES[name].format(workload)]
            found.extend(
                (workload, fact, theirs.get(fact), mine.get(fact)) for fact in sorted(theirs.keys() | mine.keys())
            )
    return found


def test_specs_compile_to_upstreams_facts_and_nothing_else(rows: list[Row]) -> None:
    wrong = [row for row in rows if row[2] != row[3] and not any(_covers(entry, row) for entry in _differences())]
    assert wrong == []


@pytest.mark.parametrize("entry", _differences(), ids=lambda entry: f"{entry['workload']} {entry['fact']}")
def test_no_difference_is_out_of_date(entry: dict[str, Any], rows: list[Row]) -> None:
    assert any(row[2] != row[3] and _covers(entry, row) for row in rows)
    assert entry["reason"]
    assert "*" in entry["workload"] + entry["fact"] or {"theirs", "ours"} & entry.keys()


def test_every_upstream_call_has_its_policy() -> None:
    """Upstream's addresses are references in our specs, so each caller may reach what it calls."""
    graph = compile_stack(ROOT, "dev").graph
    addresses = {
        (workload, str(value).partition(":")[0])
        for workload, facts in table("boutique").items()
        for fact, value in facts.items()
        if fact.startswith("env.") and str(value).partition(":")[0] in table("boutique")
    }
    assert len(addresses) == 16
    for caller, callee in addresses:
        assert f"{caller}/{caller}/call-{callee}-{callee}" in graph.by_id


def _covers(entry: dict[str, Any], row: Row) -> bool:
    workload, fact, theirs, mine = row
    return (
        fnmatchcase(workload, entry["workload"])
        and fnmatchcase(fact, entry["fact"])
        and entry.get("theirs", theirs) == theirs
        and entry.get("ours", mine) == mine
    )
