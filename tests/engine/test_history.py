"""History and rollback with the real engine: who ran what, and a stack brought back to a former revision."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from platform_compiler.emit.recorded import live_resources
from platform_compiler.emit.replay import recording
from platform_compiler.emit.stack import StackAddress
from platform_compiler.engine.errors import EngineRunError
from platform_compiler.engine.install import Pulumi
from platform_compiler.engine.run import Engine
from tests.engine.test_secrets import SPEC, program_with_secrets
from tests.engine.test_stack import rendered, state

Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]

SHOP = """app: shop
team: shop
components:
  web:
    blueprint: web-service@1
    image: acme/web:1
    env: {DATABASE_URL: "${components.db.url}", MODE: fast}
  migrate:
    blueprint: job@1
    image: acme/migrate:1
    run: pre-deploy
  db:
    blueprint: postgres
    storage: 1Gi
"""


@pytest.fixture
def shop(platform: Path) -> Path:
    """A shop in a git checkout of its own."""
    file = platform / "apps" / "shop.yaml"
    file.write_text(SHOP)
    (platform / ".gitignore").write_text(".platform/\nrendered/\n")
    for arguments in (["init", "-q"], ["config", "user.name", "Ada"], ["config", "user.email", "ada@acme.dev"]):
        git(platform, *arguments)
    commit(platform)
    return file


def git(platform: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=platform, check=True, capture_output=True, text=True).stdout.strip()


def commit(platform: Path) -> None:
    git(platform, "add", "-A")
    git(platform, "commit", "-q", "-m", "Open the shop")


def history(platc: Run) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads(platc("history", "--env", "dev", "--format", "json").stdout)
    return records


def contents(platform: Path) -> list[tuple[str, Any, Any]]:
    """What stands in state, but times, the provider's id, and the order that answers came in."""
    own = {"created", "modified", "id", "provider", "stackTrace", "dependencies"}
    resources = sorted(state(platform), key=lambda item: str(item["urn"]))
    return [
        (item["urn"], sorted(item.get("dependencies", ())), {key: item[key] for key in item if key not in own})
        for item in resources
        if item["type"] != "pulumi:pulumi:Stack"
    ]


def test_history_tells_who_when_what_and_which_commit(platform: Path, shop: Path, platc: Run) -> None:
    assert "nothing has been run on dev yet" in platc("history", "--env", "dev", code=3).stderr
    assert not (platform / "stacks" / "Pulumi.dev.yaml").exists(), "to look at a stack makes none"
    platc("preview", "--env", "dev")
    assert json.loads(platc("history", "--env", "dev", "--format", "json").stdout) == []
    commit(platform)  # the stack's config, which holds the salt of its encryption
    platc("up", "--env", "dev", "--yes")
    shop.write_text(SHOP.replace("acme/web:1", "acme/web:2"))
    platc("up", "--env", "dev", "--yes")
    platc("refresh", "--env", "dev", "--yes")
    blocker = platform / "rendered" / "dev" / "1-manifest" / "v1-service-shop-other.yaml"
    blocker.mkdir()
    shop.write_text(SHOP + "  other: {blueprint: web-service@1, image: acme/other:1}\n")
    blocked = blocker.with_name("v1-service-shop-shop-other.yaml")
    blocker.rename(blocked)
    platc("up", "--env", "dev", "--yes", code=3)
    blocked.rmdir()
    platc("destroy", "--env", "dev", "--yes")

    entries = history(platc)
    assert [entry["number"] for entry in entries] == [5, 4, 3, 2, 1]
    assert [entry["kind"] for entry in entries] == ["destroy", "up", "refresh", "up", "up"]
    assert [entry["result"] for entry in entries] == ["succeeded", "failed", "succeeded", "succeeded", "succeeded"]
    head = git(platform, "rev-parse", "HEAD")
    for entry in entries:
        assert entry["by"] == "Ada <ada@acme.dev>"
        assert entry["message"] == "Open the shop"
        assert entry["commit"] == head
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", entry["started"])
    assert [entry["dirty"] for entry in entries] == [True, True, True, True, False]
    assert entries[3]["changes"] == {"update": 1}
    assert entries[3]["components"] == ["shop/web"]
    assert set(entries[4]["components"]) == {"namespace", "shop/db", "shop/migrate", "shop/web"}

    text = platc("history", "--env", "dev", "-n", "4").stdout
    assert re.search(r"^2  20.*  up  succeeded  Ada <ada@acme\.dev>$", text, re.MULTILINE)
    assert f"    {head[:10]} + uncommitted changes Open the shop\n    1 update: shop/web\n" in text
    assert not re.search(r"^1  ", text, re.MULTILINE)


def test_rollback_registers_what_a_revision_registered(platform: Path, shop: Path, platc: Run) -> None:
    platc("up", "--env", "dev", "--yes")
    files, before = rendered(platform), contents(platform)
    changed = SHOP.replace("MODE: fast", "MODE: slow").replace("acme/web:1", "acme/web:2")
    shop.write_text(changed.partition("  db:")[0].replace('DATABASE_URL: "${components.db.url}", ', ""))
    platc("up", "--env", "dev", "--yes")
    assert rendered(platform) != files
    shop.write_text("broken: [")

    asked = platc("rollback", "--env", "dev", "--to", "1", code=1)
    assert 'spec.template.spec.containers[0].image: "acme/web:2" -> "acme/web:1"' in asked.stdout
    assert "StatefulSet shop-db  create" in asked.stdout
    assert "--yes" in asked.stderr
    assert rendered(platform) != files

    result = platc("rollback", "--env", "dev", "--to", "1", "--yes")
    assert "not run again" not in result.stderr
    assert rendered(platform) == files
    assert contents(platform) == before
    entry = history(platc)[0]
    assert (entry["number"], entry["kind"], entry["rolledBackTo"]) == (3, "rollback", 1)
    assert "rollback to 1" in platc("history", "--env", "dev", "-n", "1").stdout
    shop.write_text(SHOP)
    assert "no changes" in platc("preview", "--env", "dev").stdout


def test_rollback_runs_no_job_again(platform: Path, shop: Path, platc: Run) -> None:
    platc("up", "--env", "dev", "--yes")
    (first,) = [name for name in rendered(platform) if name.startswith("batch_v1-job")]
    shop.write_text(SHOP.replace("acme/migrate:1", "acme/migrate:2").replace("acme/web:1", "acme/web:2"))
    platc("up", "--env", "dev", "--yes")
    (second,) = [name for name in rendered(platform) if name.startswith("batch_v1-job")]
    assert first != second
    kept = platc("rollback", "--env", "dev", "--to", "1", "--yes")
    assert "not run again: Job shop/shop-migrate-" in kept.stderr
    assert [name for name in rendered(platform) if name.startswith("batch_v1-job")] == [second]
    deployment = rendered(platform)["apps_v1-deployment-shop-shop-web.yaml"]
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == "acme/web:1"

    shop.write_text(
        SHOP.replace("  migrate:\n    blueprint: job@1\n    image: acme/migrate:1\n    run: pre-deploy\n", "")
    )
    platc("up", "--env", "dev", "--yes")
    gone = platc("rollback", "--env", "dev", "--to", "1", "--yes")
    assert "not run again: Job shop/shop-migrate-" in gone.stderr
    assert [name for name in rendered(platform) if name.startswith("batch_v1-job")] == []


def test_rollback_renames_back_and_makes_nothing_anew(platform: Path, shop: Path, platc: Run) -> None:
    platc("up", "--env", "dev", "--yes")
    shop.write_text(
        SHOP.replace("  db:\n", "  data:\n    renamed-from: db\n").replace("components.db.url", "components.data.url")
    )
    platc("up", "--env", "dev", "--yes")
    assert any("::shop/data/stateful-set" in item["urn"] for item in state(platform))
    created = {item["urn"].rpartition("::")[2]: item["created"] for item in state(platform)}
    platc("rollback", "--env", "dev", "--to", "1", "--yes")
    after = {item["urn"].rpartition("::")[2]: item["created"] for item in state(platform)}
    assert after["shop/db"] == created["shop/data"]


def test_a_damaged_checkpoint_leaves_the_rest_of_history(platform: Path, shop: Path, platc: Run) -> None:
    platc("engine", "pulumi", "--", "stack", "init", "dev")
    assert platc("history", "--env", "dev").stdout == "nothing has been run on dev yet\n"
    assert json.loads(platc("history", "--env", "dev", "--format", "json").stdout) == []
    for number in (1, 2, 3, 4):
        shop.write_text(SHOP.replace("acme/web:1", f"acme/web:{number}"))
        platc("up", "--env", "dev", "--yes")
    folder = platform / ".platform" / "state" / ".pulumi" / "history" / "platform" / "dev"
    files = sorted(folder.glob("*.checkpoint.json"))
    files[1].write_text("{")
    numbers = [line for line in platc("history", "--env", "dev").stdout.splitlines() if "update" in line]
    assert numbers[:2] == ["    1 update: shop/web", "    1 update: components unknown"]
    assert numbers[2:3] == ["    1 update: components unknown"]
    files[1].unlink()
    records = json.loads(platc("history", "--env", "dev", "--format", "json").stdout)
    assert [(item["number"], item["components"]) for item in records] == [
        (4, ["shop/web"]), (3, None), (2, None), (1, records[-1]["components"])
    ]  # fmt: skip
    assert "shop/db" in records[-1]["components"]


def test_rollback_refuses_what_is_no_state_to_go_back_to(platform: Path, shop: Path, platc: Run) -> None:
    platc("up", "--env", "dev", "--yes")
    unknown = platc("rollback", "--env", "dev", "--to", "7", "--yes", code=1)
    assert "there is no revision 7; revisions that succeeded: 1" in unknown.stderr
    folder = platform / "rendered" / "dev"
    folder.rename(platform / "rendered" / "aside")
    folder.write_text("a file where the folder should be")
    shop.write_text(SHOP.replace("acme/web:1", "acme/web:2"))
    platc("up", "--env", "dev", "--yes", code=3)
    failed = platc("rollback", "--env", "dev", "--to", "2", "--yes", code=1)
    assert "revision 2 failed; revisions that succeeded: 1" in failed.stderr
    assert "no environment 'prod'" in platc("rollback", "--env", "prod", "--to", "1", "--yes", code=1).stderr


def test_secrets_roll_back_and_stay_encrypted(platform: Path, pulumi: Pulumi, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)
    (platform / "apps" / "shop.yaml").write_text(SPEC)
    engine = Engine(pulumi, program_with_secrets(platform))
    for value in ("first-value", "second-value"):
        engine.set_secret("shop:key", value)
        Engine(pulumi, program_with_secrets(platform)).run("up", lambda _step: None)
    then = live_resources(engine.state.deployment_of(1, reveal=True))
    program = recording(platform, "platform", "dev", then=then, now=engine.state.resources(reveal=True))
    Engine(pulumi, program).run("up", lambda _step: None)
    (secret,) = [item for item in rendered(platform).values() if item["kind"] == "Secret"]
    assert secret["data"] == {"KEY": "Zmlyc3QtdmFsdWU="}
    for file in (platform / ".platform" / "state").rglob("*.json"):
        for text in ("first-value", "second-value", "Zmlyc3QtdmFsdWU="):
            assert text not in file.read_text(), file


def test_a_backend_that_keeps_no_former_states_is_told(
    platform: Path, shop: Path, platc: Run, pulumi: Pulumi, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)
    platc("up", "--env", "dev", "--yes")
    engine = Engine(pulumi, StackAddress(platform, "platform", "dev"))
    remote = replace(engine.state, folder=None)
    assert [(revision.number, revision.kind) for revision in remote.history()] == [(1, "up")]
    with pytest.raises(EngineRunError, match="does not provide the ability to export previous deployments"):
        remote.deployment_of(1)
    locks = platform / ".platform/state/.pulumi/locks/organization/platform/dev"
    locks.mkdir(parents=True, exist_ok=True)
    (locks / "a.json").write_text("{}")
    assert remote.locks() == []
    remote.unlock([])
    assert list(locks.iterdir()) == []
    assert "platc unlock --env dev --force" in remote.locked([], "held by somebody").hint
