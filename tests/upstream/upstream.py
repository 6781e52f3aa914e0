"""What both comparisons share: upstream's files, the tables of facts, and the names that we give upstream's workloads."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import SHARED
from tests.upstream.compose import compose_facts
from tests.upstream.extract import Facts, Manifest, facts_of

HERE = Path(__file__).parent
FOLDER = SHARED / "data" / "upstream"
BOUTIQUE = FOLDER / "online-boutique" / "kubernetes-manifests.yaml"
VOTING = FOLDER / "voting-app"
APPS = {"boutique": "{}", "voting": "voting-{}"}
"""The namespaces to compare, and how a workload of upstream's is named in ours."""
LONG = 60

needs_upstream = pytest.mark.skipif(not FOLDER.is_dir(), reason="the upstream files are not beside the project")


def manifests_of(app: str) -> list[Manifest]:
    """Upstream's manifests of an app."""
    files = {"boutique": [BOUTIQUE], "voting": sorted(VOTING.glob("*-*.yaml"))}[app]
    documents = [document for file in files for document in yaml.safe_load_all(file.read_text(encoding="utf-8"))]
    return [document for document in documents if document]


def compose_file() -> Manifest:
    """The voting app's Compose file."""
    document: Manifest = yaml.safe_load((VOTING / "docker-compose.yml").read_text(encoding="utf-8"))
    return document


def upstream_facts(app: str) -> Facts:
    """The facts of upstream's files; `compose` is the voting app's Compose file."""
    return shortened(compose_facts(compose_file()) if app == "compose" else facts_of(manifests_of(app)))


def table(app: str) -> Facts:
    """The table of those facts, as the project keeps it."""
    facts: Facts = _read("voting" if app == "compose" else app)["compose" if app == "compose" else "workloads"]
    return facts


def boutique_lines() -> int:
    """The number of content lines of upstream's manifest, from the table."""
    return int(_read("boutique")["lines"])


def content_lines(text: str) -> int:
    """The number of lines that are neither blank nor a comment."""
    return sum(1 for line in text.splitlines() if line.strip() and not line.strip().startswith("#"))


def shortened(facts: Facts) -> Facts:
    """Long texts, such as upstream's scripts, as hashes: the table holds facts, not their words."""
    return {name: {fact: _short(value) for fact, value in own.items()} for name, own in facts.items()}


def _short(value: Any) -> Any:
    if isinstance(value, list):
        return [_short(item) for item in value]
    if isinstance(value, str) and len(value) >= LONG and "\n" in value:
        return f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"
    return value


def _read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((HERE / "facts" / f"{name}.yaml").read_text(encoding="utf-8"))
    return document
