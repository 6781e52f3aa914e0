"""History: messages that carry who ran what, numbers of revisions, and what a run changed."""

from __future__ import annotations

import os
import pwd
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from platform_compiler.engine.history import (
    RunNote,
    changed_components,
    checkpoint_file,
    note_of,
    revisions,
    run_note,
)


@pytest.mark.parametrize("note", [RunNote("Open the shop", "Ada <ada@acme.dev>"), RunNote("Roll back", "ada", 12)])
def test_a_note_is_read_again_from_its_message(note: RunNote) -> None:
    assert note_of(note.text) == note


@pytest.mark.parametrize("message", ["", "Plain title", "Title\n\nSome text\nRolled-back-to: soon"])
def test_a_message_of_somebody_else_names_nobody(message: str) -> None:
    note = note_of(message)
    assert note == RunNote(message.partition("\n")[0], "")


def test_outside_git_the_user_of_the_system_ran_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setenv("LOGNAME", "grace")
    assert run_note(tmp_path, default="up dev") == RunNote("up dev", "grace")
    monkeypatch.setenv("PATH", "")
    assert run_note(tmp_path, default="up dev", rolled_back_to=3) == RunNote("up dev", "grace", 3)


def test_a_user_without_a_name_is_told_by_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless(uid: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(pwd, "getpwuid", nameless)
    assert run_note(tmp_path, default="up dev") == RunNote("up dev", f"uid {os.getuid()}")


def summary(message: str, kind: str = "update", version: int = 0, **environment: str) -> Any:
    return SimpleNamespace(
        version=version,
        kind=kind,
        result="succeeded",
        start_time=datetime(2026, 1, 2, 3, 4, 5),
        message=message,
        environment=environment,
        resource_changes={"same": 4, "update": 1},
    )


def test_revisions_are_numbered_by_time_or_by_the_backend() -> None:
    newest_first = [summary("b\n\nRun-by: ada\nRolled-back-to: 1"), summary("a", "refresh")]
    first, second = revisions(newest_first)
    assert (first.number, first.kind, first.note.title) == (1, "refresh", "a")
    assert (second.number, second.kind, second.note.rolled_back_to) == (2, "rollback", 1)
    assert second.started == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert second.changes == {"update": 1}
    assert [item.number for item in revisions([summary("d", version=9), summary("c", version=7)])] == [7, 9]


def test_checkpoints_are_found_by_their_place_in_time(tmp_path: Path) -> None:
    folder = tmp_path / ".pulumi" / "history" / "platform" / "dev"
    folder.mkdir(parents=True)
    for name in ("dev-20.checkpoint.json.gz", "dev-10.checkpoint.json", "dev-10.checkpoint.json.attrs"):
        (folder / name).touch()
    for name in ("dev-10.history.json", "dev-10.history.json.attrs", "dev-20.history.json.gz"):
        (folder / name).touch()
    assert checkpoint_file(tmp_path, "platform", "dev", 1) == folder / "dev-10.checkpoint.json"
    assert checkpoint_file(tmp_path, "platform", "dev", 2) == folder / "dev-20.checkpoint.json.gz"
    assert checkpoint_file(tmp_path, "platform", "dev", 0) is None
    assert checkpoint_file(tmp_path, "platform", "dev", 3) is None


def test_a_lost_checkpoint_does_not_give_its_number_to_another(tmp_path: Path) -> None:
    folder = tmp_path / ".pulumi" / "history" / "platform" / "dev"
    folder.mkdir(parents=True)
    for number in (1, 2, 3):
        (folder / f"dev-{number}.history.json").touch()
    for number in (1, 3):
        (folder / f"dev-{number}.checkpoint.json").touch()
    assert checkpoint_file(tmp_path, "platform", "dev", 2) is None
    assert checkpoint_file(tmp_path, "platform", "dev", 3) == folder / "dev-3.checkpoint.json"


def test_changed_components_are_those_whose_objects_differ() -> None:
    def deployment(**images: str) -> dict[str, Any]:
        kind = "kubernetes:apps/v1:Deployment"
        urn = f"urn:pulumi:dev::platform::platc:index:App$platc:index:Component${kind}::shop/{{}}/main"
        return {"resources": [{"urn": urn.format(n), "type": kind, "inputs": {"i": i}} for n, i in images.items()]}

    before, after = deployment(web="1", db="1", old="1"), deployment(web="2", db="1", new="1")
    assert changed_components(before, after) == ["shop/new", "shop/old", "shop/web"]
    assert changed_components({}, before) == ["shop/db", "shop/old", "shop/web"]
    assert changed_components(before, before) == []
