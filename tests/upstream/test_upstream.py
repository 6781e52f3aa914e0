"""The sample specs against upstream's manifests: the table of facts, the files it was made from, and our compile."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
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


@pytest.mark.parametrize("name", ["boutique", "voting"])
def test_specs_compile_to_upstreams_facts(name: str) -> None:
    compiled = compile_stack(ROOT, "dev")
    ours = facts_of([item.manifest for item in compiled.resources if item.kind != "Secret"])
    wrong = [
        f"{workload} {fact}: upstream {theirs!r}, ours {mine!r}"
        for workload, fact, theirs, mine in _compare(name, ours)
        if mine != theirs and not _is_deliberate(workload, fact, mine)
    ]
    assert wrong == []


def test_no_difference_is_out_of_date() -> None:
    compiled = compile_stack(ROOT, "dev")
    ours = facts_of([item.manifest for item in compiled.resources if item.kind != "Secret"])
    rows = [row for name in ("boutique", "voting") for row in _compare(name, ours)]
    for entry in _differences():
        matches = [row for row in rows if fnmatchcase(row[0], entry["workload"]) and fnmatchcase(row[1], entry["fact"])]
        assert any(mine != theirs for _, _, theirs, mine in matches), f"{entry} no longer differs"
        assert entry["reason"]


def _compare(name: str, ours: Facts) -> Iterator[tuple[str, str, Any, Any]]:
    for workload, facts in table(name).items():
        own = ours[OUR_NAMES[name].format(workload)]
        for fact, value in facts.items():
            yield workload, fact, value, own.get(fact)


def _differences() -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = yaml.safe_load((HERE / "differences.yaml").read_text())
    return entries


def _is_deliberate(workload: str, fact: str, mine: Any) -> bool:
    return any(
        fnmatchcase(workload, entry["workload"])
        and fnmatchcase(fact, entry["fact"])
        and ("ours" not in entry or entry["ours"] == mine)
        for entry in _differences()
    )
