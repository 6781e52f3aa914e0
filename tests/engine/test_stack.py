"""The real engine: preview, up, refresh and destroy of a stack that renders to a folder, by platc and plain pulumi."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from platform_compiler.engine.home import LOGS_VARIABLE, prepare_home
from platform_compiler.engine.install import Pulumi

Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]

SHOP = """app: shop
team: shop
components:
  web:
    blueprint: web-service@1
    image: acme/web:1
    replicas:
      min: 2
    env: {DATABASE_URL: "${components.db.url}", MODE: fast}
  db:
    blueprint: postgres
    storage: 1Gi
"""


@pytest.fixture
def shop(platform: Path) -> Path:
    file = platform / "apps" / "shop.yaml"
    file.write_text(SHOP)
    return file


def state(platform: Path) -> list[dict[str, Any]]:
    file = platform / ".platform" / "state" / ".pulumi" / "stacks" / "platform" / "dev.json"
    resources: list[dict[str, Any]] = json.loads(file.read_text())["checkpoint"]["latest"].get("resources", [])
    return resources


def rendered(platform: Path) -> dict[str, Any]:
    files = sorted((platform / "rendered" / "dev").rglob("*.yaml"))
    return {file.name: yaml.safe_load(file.read_text()) for file in files}


def test_the_engine_logs_only_when_asked(
    shop: Path, platc: Run, pulumi: Pulumi, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shop.exists()
    platc("preview", "--env", "dev")
    assert (prepare_home(pulumi).path / "logs").is_file()
    monkeypatch.setenv(LOGS_VARIABLE, "1")
    platc("preview", "--env", "dev")
    assert [*(prepare_home(pulumi).path / "logs").iterdir()]


def test_a_stack_from_first_preview_to_destroy(platform: Path, shop: Path, platc: Run) -> None:
    preview = platc("preview", "--env", "dev")
    assert "shop/web (web-service@1)  apps/shop.yaml:4" in preview.stdout
    assert "+  Deployment shop-web  create" in preview.stdout
    assert rendered(platform) == {}

    platc("up", "--env", "dev", "--yes")
    files = rendered(platform)
    assert files["apps_v1-deployment-shop-shop-web.yaml"]["spec"]["replicas"] == 2
    compiled = json.loads(platc("compile", "--env", "dev", "--format", "json").stdout)
    assert sorted(map(json.dumps, map(_sorted, files.values()))) == sorted(map(json.dumps, map(_sorted, compiled)))

    by_name = {item["urn"].rpartition("::")[2]: item for item in state(platform)}
    deployment = by_name["shop/web/deployment"]
    assert deployment["sourcePosition"] == "project:///apps/shop.yaml#4"
    assert deployment["parent"].endswith("platc:index:App$platc:index:Component::shop/web")
    assert deployment["inputs"] == files["apps_v1-deployment-shop-shop-web.yaml"]
    assert "stackTrace" not in deployment
    assert by_name["namespace/shop"]["retainOnDelete"] is True

    assert "no changes" in platc("preview", "--env", "dev").stdout

    shop.write_text(SHOP.replace("min: 2", "min: 3"))
    change = platc("preview", "--env", "dev").stdout
    assert "spec.replicas: 2 -> 3" in change
    assert "apps/shop.yaml:8" in change
    record = json.loads(platc("preview", "--env", "dev", "--format", "json").stdout)
    (changed,) = record["changes"]
    assert changed["properties"][0]["spec"] == "apps/shop.yaml:8"
    platc("up", "--env", "dev", "--yes")
    assert rendered(platform)["apps_v1-deployment-shop-shop-web.yaml"]["spec"]["replicas"] == 3

    lost = platform / "rendered" / "dev" / "1-manifest" / "v1-service-shop-shop-web.yaml"
    lost.unlink()
    platc("refresh", "--env", "dev", "--yes")
    platc("up", "--env", "dev", "--yes")
    assert lost.exists()

    platc("destroy", "--env", "dev", "--yes")
    left = {document["kind"] for document in rendered(platform).values()}
    assert left == {"Namespace", "PersistentVolumeClaim"}, "retained objects stay, everything else goes"
    assert [item for item in state(platform) if item["type"].startswith("kubernetes:")] == []


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def test_a_file_that_took_another_ones_name_is_told_and_deletes_nothing(platform: Path, shop: Path, platc: Run) -> None:
    platc("up", "--env", "dev", "--yes")
    before = sorted(rendered(platform))
    file = platform / "rendered" / "dev" / "1-manifest" / "v1-service-shop-shop-web.yaml"
    file.write_text(file.read_text().replace("name: shop-web\n", "name: shop-db\n", 1))
    for command in (("refresh", "--yes"), ("drift",)):
        told = platc(*command, "--env", "dev", code=3).stderr
        assert "v1-service-shop-shop-web.yaml: its metadata.name is 'shop-db', expected 'shop-web'" in told
    platc("up", "--env", "dev", "--yes")
    assert sorted(rendered(platform)) == before
    file.unlink()
    platc("refresh", "--env", "dev", "--yes")
    platc("up", "--env", "dev", "--yes")
    assert rendered(platform)[file.name]["metadata"]["name"] == "shop-web"
    assert sorted(rendered(platform)) == before


def test_moving_lines_is_no_change_and_config_changes_roll(platform: Path, shop: Path, platc: Run) -> None:
    platc("up", "--env", "dev", "--yes")
    shop.write_text("# a comment moves every line\n" + SHOP)
    assert "no changes" in platc("preview", "--env", "dev").stdout
    shop.write_text(SHOP.replace("MODE: fast", "MODE: slow"))
    text = platc("preview", "--env", "dev").stdout
    assert "+- ConfigMap" in text
    assert "~  Deployment shop-web  update" in text
    assert "apps/shop.yaml:9" in text
    platc("up", "--env", "dev", "--yes")
    configs = [item for item in rendered(platform).values() if item["kind"] == "ConfigMap" and "MODE" in item["data"]]
    assert [item["data"]["MODE"] for item in configs] == ["slow"]


def test_removing_a_stateful_component_is_labelled(platform: Path, shop: Path, platc: Run) -> None:
    platc("up", "--env", "dev", "--yes")
    text, _, _ = SHOP.partition("  db:")
    shop.write_text(text.replace('DATABASE_URL: "${components.db.url}", ', ""))
    preview = platc("preview", "--env", "dev").stdout
    assert "shop/db (no longer in any spec)" in preview
    assert "StatefulSet shop-db  delete  RISK" in preview
    assert "PersistentVolumeClaim shop-db-data  delete  (the object itself is kept)" in preview


def test_naming_apps_leaves_others_alone(platform: Path, shop: Path, platc: Run) -> None:
    other = platform / "apps" / "other.yaml"
    other.write_text("app: other\nteam: other\nblueprint: worker@1\nimage: acme/other:1\n")
    platc("up", "--env", "dev", "--yes", "other")
    assert {document["metadata"].get("namespace", "other") for document in rendered(platform).values()} == {"other"}
    platc("up", "--env", "dev", "--yes", "shop")
    before = rendered(platform)
    assert "apps_v1-deployment-other-other.yaml" in before
    other.write_text(other.read_text().replace("acme/other:1", "acme/other:2"))
    shop.write_text(SHOP.replace("acme/web:1", "acme/web:2"))
    platc("up", "--env", "dev", "--yes", "shop")
    after = rendered(platform)
    image = after["apps_v1-deployment-other-other.yaml"]["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image == "acme/other:1"
    assert before.keys() == after.keys()


def test_naming_an_app_leaves_its_neighbours_alone(platform: Path, shop: Path, platc: Run) -> None:
    near = platform / "apps" / "near.yaml"
    near.write_text("app: near\nteam: shop\nblueprint: worker@1\nimage: acme/near:1\n")
    (platform / "apps" / "far.yaml").write_text("app: far\nteam: shop2\nblueprint: worker@1\nimage: acme/far:1\n")
    platc("up", "--env", "dev", "--yes")
    before = rendered(platform)
    assert "no changes" in platc("preview", "--env", "dev", "shop").stdout
    shop.write_text(SHOP.replace("MODE: fast", "MODE: slow"))
    near.write_text(near.read_text().replace("near:1", "near:2"))
    assert "near" not in platc("plan", "--env", "dev", "shop", code=2).stdout
    platc("up", "--env", "dev", "--yes", "shop")
    after = rendered(platform)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert {name.split("-shop-")[0] for name in changed} == {"v1-configmap", "apps_v1-deployment"}
    assert "no changes" in platc("preview", "--env", "dev", "shop").stdout
    assert "1 update" in platc("preview", "--env", "dev").stdout


def test_provider_errors_name_the_spec_line(platform: Path, shop: Path, platc: Run) -> None:
    (platform / "rendered").mkdir()
    (platform / "rendered" / "dev").write_text("a file where the folder should be")
    assert shop.exists()
    result = platc("up", "--env", "dev", "--yes", code=3)
    assert "Traceback" not in result.stderr
    assert "stacks/dev.yaml" in result.stderr
    assert "cannot write" in result.stderr


def test_up_without_a_terminal_wants_yes(platform: Path, shop: Path, platc: Run) -> None:
    assert shop.exists()
    assert "--yes" in platc("up", "--env", "dev", code=1).stderr
    assert rendered(platform) == {}


def test_plain_pulumi_uses_the_same_stack(platform: Path, shop: Path, platc: Run) -> None:
    first = platc("engine", "pulumi", "--", "stack", "init", "dev")
    assert "Created stack 'dev'" in first.stdout + first.stderr
    up = platc("engine", "pulumi", "--", "up", "--yes", "-s", "dev", "--non-interactive")
    assert "created" in up.stdout
    assert "Traceback" not in up.stdout + up.stderr
    assert "no changes" in platc("preview", "--env", "dev").stdout
    shop.write_text(SHOP + "prot: 1\n")
    failed = platc("engine", "pulumi", "--", "preview", "-s", "dev", "--non-interactive", code=1)
    assert "PC201" in failed.stdout + failed.stderr
    assert "Traceback" not in failed.stdout + failed.stderr
    shop.write_text(SHOP)
    platc("engine", "pulumi", "--", "destroy", "--yes", "-s", "dev", "--non-interactive")
    assert "create" in platc("preview", "--env", "dev").stdout


def test_a_proxy_of_the_users_is_not_asked_for_loopback(
    shop: Path, platc: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shop.exists()
    for name in ("http_proxy", "https_proxy", "grpc_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "localhost")
    monkeypatch.setenv("PLATC_OFFLINE", "1")
    assert "+  Deployment shop-web  create" in platc("preview", "--env", "dev").stdout
    platc("engine", "pulumi", "--", "preview", "-s", "dev", "--non-interactive")


def start(platform: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    """A `platc` with variables of the user's own."""
    command = [sys.executable, "-c", "from platform_compiler.cli import main; main()", *arguments, "--env", "dev"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")} | variables
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=platform, env=environment, stdout=pipe, stderr=pipe, text=True)


def test_failures_of_the_engine_come_with_a_cure(platform: Path, shop: Path, platc: Run) -> None:
    shop.write_text(SHOP.replace("    storage: 1Gi\n", "    storage: 1Gi\n    protect: true\n"))
    platc("up", "--env", "dev", "--yes")
    shop.write_text(SHOP.partition("  db:")[0].replace('DATABASE_URL: "${components.db.url}", ', ""))
    assert "hint: write the component with `protect: false`" in platc("preview", "--env", "dev", code=3).stderr
    wrong = start(platform, "preview", PULUMI_CONFIG_PASSPHRASE="wrong")
    assert "hint: PULUMI_CONFIG_PASSPHRASE must be" in wrong.communicate(timeout=120)[1]
    assert wrong.returncode == 3


def test_two_first_runs_at_once_make_one_stack(platform: Path, shop: Path, pulumi: Pulumi) -> None:
    assert shop.exists()
    assert pulumi.path.exists()
    runs = [start(platform, "preview") for _ in range(2)]
    told = [run.communicate(timeout=120)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], told


def test_adoption_names_what_is_there(shop: Path, platc: Run) -> None:
    assert shop.exists()
    told = platc("up", "--env", "dev", "--yes", "--adopt", "shop/wbe", code=1).stderr
    assert "there is no app, component or object 'shop/wbe' to adopt for. did you mean 'shop/web'?" in told
