"""Runs that are stopped, killed or meet each other: the state stays clean, or the next run clears it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.engine.test_stack import rendered, shop, state

__all__ = ["shop"]
Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]
OBJECTS = 97
"""Objects that the sample's dev environment renders."""


@pytest.fixture
def boutique(platform: Path) -> Path:
    """The sample's apps, so many that a run can be met in the middle."""
    for folder in ("apps", "stacks"):
        shutil.copytree(ROOT / folder, platform / folder, dirs_exist_ok=True)
    return platform


@contextmanager
def running_up(platform: Path) -> Iterator[subprocess.Popen[str]]:
    """An `up` that has made its first object."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
    command = [sys.executable, "-c", "from platform_compiler.cli import main; main()", "up", "--env", "dev", "--yes"]
    with subprocess.Popen(
        command, cwd=platform, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("  [1]"):
                break
        yield process


def locks(platform: Path) -> list[Path]:
    return list((platform / ".platform" / "state" / ".pulumi" / "locks").rglob("*.json"))


def lock(platform: Path, *, pid: int, host: str, since: datetime) -> Path:
    """A lock as the engine writes it."""
    file = platform / ".platform/state/.pulumi/locks/organization/platform/dev/0a1b.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {"pid": pid, "username": "ada", "hostname": host, "timestamp": since.isoformat()}
    file.write_text(json.dumps(content))
    return file


def deployment(platform: Path) -> dict[str, Any]:
    file = platform / ".platform" / "state" / ".pulumi" / "stacks" / "platform" / "dev.json"
    latest: dict[str, Any] = json.loads(file.read_text())["checkpoint"]["latest"]
    return latest


def converges(platform: Path, platc: Run) -> None:
    """A rerun brings everything, leaves nothing pending, and has nothing left to do."""
    platc("up", "--env", "dev", "--yes")
    assert len(rendered(platform)) == OBJECTS
    assert "pending_operations" not in deployment(platform)
    urns = [item["urn"] for item in state(platform)]
    assert len(urns) == len(set(urns))
    assert "no changes" in platc("preview", "--env", "dev").stdout
    assert locks(platform) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_finishes_the_steps_at_hand(boutique: Path, platc: Run, number: int) -> None:
    with running_up(boutique) as process:
        process.send_signal(number)
        _, told = process.communicate(timeout=120)
    assert process.returncode == 3, told
    assert told.splitlines()[-1] == (
        "error: stopped: the steps at hand are finished and state is clean; run the command again to go on"
    )
    assert "Traceback" not in told
    assert locks(boutique) == []
    assert "pending_operations" not in deployment(boutique)
    assert {item["kind"] for item in rendered(boutique).values()} >= {"Namespace"}
    assert len(rendered(boutique)) < OBJECTS
    converges(boutique, platc)


def test_a_second_signal_kills_and_the_next_run_clears(boutique: Path, platc: Run) -> None:
    with running_up(boutique) as process:
        assert process.stderr is not None
        (engine,) = children(process.pid)
        os.kill(engine, signal.SIGSTOP)  # an engine that does not answer
        process.send_signal(signal.SIGINT)
        told = next(line for line in process.stderr if line.startswith("stopping"))
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=120)
    assert "once more kills it" in told
    assert process.returncode == 3
    assert "killed: steps may be unfinished; run the command again to clear them" in rest
    converges(boutique, platc)


@pytest.mark.parametrize("who", ["engine", "platc"])
def test_after_a_kill_the_lock_is_told_and_a_rerun_converges(boutique: Path, platc: Run, who: str) -> None:
    with running_up(boutique) as process:
        (engine,) = children(process.pid)
        os.kill(process.pid if who == "platc" else engine, signal.SIGKILL)
        process.communicate(timeout=120)
    refused = platc("up", "--env", "dev", "--yes", code=3).stderr
    assert f"locked by {user()}@{socket.gethostname()} (pid {engine}), for " in refused
    assert "error: up failed: the stack is locked\n" in refused
    assert "that process is dead" in refused
    assert "hint: run `platc unlock --env dev`, then this command again" in refused
    assert "dev is unlocked" in platc("unlock", "--env", "dev").stdout
    converges(boutique, platc)


def test_a_killed_provider_leaves_a_state_that_a_rerun_completes(boutique: Path, platc: Run) -> None:
    with running_up(boutique) as process:
        (engine,) = children(process.pid)
        for plugin in children(engine):
            os.kill(plugin, signal.SIGKILL)
        _, told = process.communicate(timeout=120)
    assert process.returncode == 3, told
    converges(boutique, platc)


def test_of_two_runs_at_once_one_wins(boutique: Path, platc: Run) -> None:
    with running_up(boutique) as process:
        (engine,) = children(process.pid)
        os.kill(engine, signal.SIGSTOP)  # so that it cannot have ended before the other one starts
        second = platc("up", "--env", "dev", "--yes", code=3).stderr
        os.kill(engine, signal.SIGCONT)
        _, told = process.communicate(timeout=120)
    assert process.returncode == 0, told
    assert f"(pid {engine})" in second
    assert "that process is running" in second
    assert "hint: wait for it to end" in second
    converges(boutique, platc)


def test_unlock_takes_a_lock_of_a_live_or_a_far_process_only_by_force(platform: Path, shop: Path, platc: Run) -> None:
    platc("up", "--env", "dev", "--yes")
    assert "dev is not locked" in platc("unlock", "--env", "dev").stdout
    now = datetime.now(UTC)
    file = lock(platform, pid=os.getpid(), host=socket.gethostname(), since=now)
    for command in ("up", "refresh", "destroy"):
        assert "that process is running" in platc(command, "--env", "dev", "--yes", code=3).stderr
    assert "nothing is unlocked" in platc("unlock", "--env", "dev", code=3).stderr
    lock(platform, pid=1, host="far-away", since=now)
    told = platc("up", "--env", "dev", "--yes", code=3).stderr
    assert "cannot be seen from this host" in told
    assert "`platc unlock --env dev --force`" in told
    assert "nothing is unlocked" in platc("unlock", "--env", "dev", code=3).stderr
    assert file.exists()
    assert "ada@far-away (pid 1)" in platc("unlock", "--env", "dev", "--force").stdout
    assert not file.exists()
    lock(platform, pid=os.getpid(), host=socket.gethostname(), since=datetime(2020, 1, 1, tzinfo=UTC))
    assert "that process is dead" in platc("unlock", "--env", "dev").stdout, "the pid is used by a younger process"


@pytest.mark.parametrize("text", ["", "{}", "[]"])
def test_a_lock_that_cannot_be_read_is_told_and_taken_by_force(
    platform: Path, shop: Path, platc: Run, text: str
) -> None:
    platc("up", "--env", "dev", "--yes")
    file = lock(platform, pid=1, host="far-away", since=datetime.now(UTC))
    file.write_text(text)
    told = platc("up", "--env", "dev", "--yes", code=3).stderr
    assert "the stack is locked\nlocked by somebody, for " in told
    assert f"cannot be read from {file}" in told
    assert "`platc unlock --env dev --force`" in told
    assert "nothing is unlocked" in platc("unlock", "--env", "dev", code=3).stderr
    assert "dev is unlocked" in platc("unlock", "--env", "dev", "--force").stdout
    platc("up", "--env", "dev", "--yes")


def make_pending(platform: Path, name: str) -> None:
    """Bring state to where a kill in the middle of a creation leaves it."""
    file = platform / ".platform" / "state" / ".pulumi" / "stacks" / "platform" / "dev.json"
    data = json.loads(file.read_text())
    latest = data["checkpoint"]["latest"]
    (resource,) = [item for item in latest["resources"] if item["urn"].endswith(f"::{name}")]
    latest["resources"].remove(resource)
    unfinished = {key: value for key, value in resource.items() if key not in {"id", "outputs", "created", "modified"}}
    latest["pending_operations"] = [{"resource": unfinished, "type": "creating"}]
    file.write_text(json.dumps(data))


@pytest.mark.parametrize("exists", [True, False])
def test_what_a_killed_run_may_have_made_is_found_or_forgotten(
    platform: Path, shop: Path, platc: Run, exists: bool
) -> None:
    platc("up", "--env", "dev", "--yes")
    service = platform / "rendered" / "dev" / "1-manifest" / "v1-service-shop-shop-web.yaml"
    make_pending(platform, "shop/web/service")
    if not exists:
        service.unlink()
    result = platc("up", "--env", "dev", "--yes")
    assert "the steps that it left unfinished are cleared" in result.stderr
    assert ("1 create" in result.stdout) is not exists
    assert service.exists()
    assert "pending_operations" not in deployment(platform)
    assert "no changes" in platc("preview", "--env", "dev").stdout


def test_what_a_killed_run_made_is_deleted_when_no_spec_wants_it_any_more(
    platform: Path, shop: Path, platc: Run
) -> None:
    (platform / "apps" / "other.yaml").write_text("app: other\nteam: shop\nblueprint: worker@1\nimage: acme/other:1\n")
    platc("up", "--env", "dev", "--yes")
    make_pending(platform, "other/other/deployment")
    (platform / "apps" / "other.yaml").unlink()
    platc("up", "--env", "dev", "--yes")
    assert [name for name in rendered(platform) if "other" in name] == []
    assert "pending_operations" not in deployment(platform)


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    shown = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [line.split() for line in shown.splitlines()]
    return [int(child) for child, parent in pairs if int(parent) == pid]


def user() -> str:
    return subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()


def test_destroy_of_an_app_takes_what_a_killed_run_may_have_made(platform: Path, shop: Path, platc: Run) -> None:
    (platform / "apps" / "other.yaml").write_text("app: other\nteam: shop\nblueprint: worker@1\nimage: acme/other:1\n")
    platc("up", "--env", "dev", "--yes")
    make_pending(platform, "other/other/deployment")
    assert "  - Deployment shop/other\n" in platc("destroy", "--env", "dev", "--yes", "other").stdout
    assert [name for name in rendered(platform) if "other" in name] == []
    assert "pending_operations" not in deployment(platform)


def test_a_broken_state_is_put_back_by_a_run_that_changes_it_only(platform: Path, shop: Path, platc: Run) -> None:
    platc("up", "--env", "dev", "--yes")
    file = platform / ".platform" / "state" / ".pulumi" / "stacks" / "platform" / "dev.json"
    whole = file.read_bytes()
    file.write_bytes(whole[:5000])
    before = sorted(item.name for item in file.parent.iterdir())
    assert "up  succeeded" in platc("history", "--env", "dev").stdout
    assert "dev is not locked" in platc("unlock", "--env", "dev").stdout
    for command in (("preview",), ("drift",), ("plan",), ("destroy", "--yes"), ("rollback", "--to", "1", "--yes")):
        told = platc(*command, "--env", "dev", code=3).stderr
        assert "dev.json" in told
        assert "hint: `platc refresh --env dev` goes on from the newest whole copy, " in told
    assert sorted(item.name for item in file.parent.iterdir()) == before
    told = platc("refresh", "--env", "dev", "--yes").stderr
    assert "the state could not be read and is kept as dev.broken; going on from dev.json.bak" in told
    platc("up", "--env", "dev", "--yes")
    assert "no changes" in platc("preview", "--env", "dev").stdout

    for copy in file.parent.glob("dev.*"):
        copy.unlink()
    file.write_text("{}")
    for command in (("preview",), ("up", "--yes")):
        told = platc(*command, "--env", "dev", code=3).stderr
        assert "the state cannot be read" in told
        assert "dev.json.bak is a whole copy" in told
    assert file.read_text() == "{}"
