"""The offline plan says what the engine's preview says, change for change."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from platform_compiler.engine.install import Pulumi
from platform_compiler.engine.stored import exported_state, read_state

Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]

SHOP = """app: shop
team: shop
components:
  web:
    blueprint: web-service@1
    image: acme/web:1
    size: small
    replicas: 2
    env: {DATABASE_HOST: "${components.db.host}", MODE: fast, EMPTY: ""}
    annotations: {a.b/c: d}
  jobs: {blueprint: cron-job@1, image: "a:1", schedule: "5 4 * * *"}
  db:
    blueprint: postgres
    password: not-a-secret
    storage: 1024Mi
"""
REVISIONS = {
    "fields": SHOP.replace("acme/web:1", "acme/web:2").replace("replicas: 2", "replicas: {min: 1, max: 3}"),
    "config": SHOP.replace("MODE: fast", "MODE: slow").replace('"5 4', '"6 4').replace("a.b/c: d", "a.b/c: e"),
    "storage": SHOP.replace("1024Mi", "2Gi\n    storage-class: fast"),
    "removed": SHOP.partition("  db:")[0].replace('DATABASE_HOST: "${components.db.host}", ', ""),
    "renamed": SHOP.replace("  web:\n", "  site:\n    renamed-from: web\n"),
    "the same amount": SHOP.replace("1024Mi", "1Gi"),
    "moved lines": "# a comment\n" + SHOP,
}


def record(platc: Run, command: str, code: int = 0) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(platc(command, "--env", "dev", "--format", "json", code=code).stdout)
    return data


def test_plan_and_preview_agree(platform: Path, platc: Run) -> None:
    spec = platform / "apps" / "shop.yaml"
    spec.write_text(SHOP)
    first = record(platc, "plan", code=2)
    assert first == record(platc, "preview")
    platc("up", "--env", "dev", "--yes")
    assert "no changes" in platc("plan", "--env", "dev").stdout
    changed = {}
    for name, text in REVISIONS.items():
        spec.write_text(text)
        expected = record(platc, "preview")
        changed[name] = bool(expected["changes"])
        assert record(platc, "plan", code=2 if changed[name] else 0) == expected, name
    assert [name for name, any_change in changed.items() if not any_change] == ["the same amount", "moved lines"]


def test_plan_refuses_what_a_preview_refuses(platform: Path, platc: Run) -> None:
    spec = platform / "apps" / "shop.yaml"
    protected = SHOP.replace("blueprint: postgres\n", "blueprint: postgres\n    protect: true\n")
    spec.write_text(protected)
    platc("up", "--env", "dev", "--yes")
    for text in (REVISIONS["removed"], protected.replace("1024Mi", "1024Mi\n    storage-class: fast")):
        spec.write_text(text)
        platc("preview", "--env", "dev", code=3)
        assert "is protected: " in platc("plan", "--env", "dev", code=3).stderr
    for text in (REVISIONS["storage"], protected.replace("acme/web:1", "acme/web:2")):
        spec.write_text(text)
        assert record(platc, "plan", code=2) == record(platc, "preview")


def test_plan_of_named_apps(platform: Path, platc: Run) -> None:
    (platform / "apps" / "shop.yaml").write_text(SHOP)
    (platform / "apps" / "other.yaml").write_text("app: other\nteam: other\nblueprint: worker@1\nimage: a\n")
    platc("up", "--env", "dev", "--yes", "other")
    assert "no changes" in platc("plan", "--env", "dev", "other").stdout
    platc("plan", "--env", "dev", code=2)


def test_the_engine_exports_what_the_folder_holds(platform: Path, platc: Run, pulumi: Pulumi) -> None:
    (platform / "apps" / "shop.yaml").write_text(SHOP)
    platc("up", "--env", "dev", "--yes")
    assert pulumi.path.exists()
    exported = exported_state(platform, "dev", print)
    assert exported["resources"] == read_state(platform, "platform", "dev", print, {})
    assert exported_state(platform, "prod", print) is None
