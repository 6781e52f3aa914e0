"""Edits of a state: never while another run works on it, nor over what another run has written."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from platform_compiler.engine.errors import EngineRunError
from platform_compiler.engine.state import State

OLD = {"version": 3, "deployment": {"resources": [{"urn": "a", "protect": True}, {"urn": "b", "protect": True}]}}
NEW = {"version": 3, "deployment": {"resources": []}}


class FakeCommand:
    """Answers each export with the next of `exports`, and remembers what is imported."""

    def __init__(self, *exports: Any) -> None:
        self.exports: Iterator[Any] = iter(exports)
        self.imported: list[Any] = []

    def run(self, args: list[str], cwd: str, variables: dict[str, str]) -> Any:
        assert (cwd, variables) == (".", {})
        if args[:2] == ["stack", "import"]:
            self.imported.append(json.loads(Path(args[3]).read_text()))
            return SimpleNamespace(stdout="")
        assert args == ["stack", "export", "--stack", "organization/platform/dev"]
        return SimpleNamespace(stdout=json.dumps(next(self.exports)))


def state(folder: Path, command: FakeCommand) -> State:
    stack = SimpleNamespace(name="dev", workspace=SimpleNamespace(work_dir=".", env_vars={}))
    return State(stack, "platform", command, folder)  # type: ignore[arg-type]


def test_an_edit_is_imported_with_the_rest_as_it_was(tmp_path: Path) -> None:
    command = FakeCommand(OLD, OLD)
    state(tmp_path, command).release(frozenset({"a"}))
    assert command.imported == [
        {"version": 3, "deployment": {"resources": [{"urn": "a"}, {"urn": "b", "protect": True}]}}
    ]


def test_no_edit_imports_nothing(tmp_path: Path) -> None:
    command = FakeCommand(OLD)
    state(tmp_path, command).edit(lambda _deployment: None)
    assert command.imported == []


def test_what_another_run_has_written_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    command = FakeCommand(OLD, NEW)
    with pytest.raises(EngineRunError, match="another run is changing this stack"):
        state(tmp_path, command).release(frozenset({"a"}))
    assert command.imported == []


@pytest.fixture
def cut(tmp_path: Path) -> Path:
    """A file of state that ends in the middle."""
    file = tmp_path / ".pulumi" / "stacks" / "platform" / "dev.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"version": 3, "check')
    return file


def test_a_state_that_cannot_be_read_is_told_and_stays(tmp_path: Path, cut: Path) -> None:
    broken = state(tmp_path, FakeCommand())
    for look in (broken.require_whole, broken.mend, broken.resources, lambda: broken.release(frozenset())):
        with pytest.raises(EngineRunError, match=r"the state cannot be read: .*dev\.json is cut short") as told:
            look()
        assert "is a whole copy: put one from a backup of yours in its place" in told.value.hint
    assert [item.name for item in cut.parent.iterdir()] == ["dev.json"]


def test_only_a_run_that_changes_it_puts_a_state_back(tmp_path: Path, cut: Path) -> None:
    good = cut.with_suffix(".last-good")
    good.write_text('{"checkpoint": {}}')
    broken = state(tmp_path, FakeCommand())
    with pytest.raises(EngineRunError) as told:
        broken.resources()
    assert told.value.hint == f"`platc refresh --env dev` goes on from the newest whole copy, {good}"
    assert not cut.with_suffix(".broken").exists()
    lock = lock_file(tmp_path)
    with pytest.raises(EngineRunError, match="the stack is locked"):
        broken.mend()
    lock.unlink()
    assert broken.mend()
    assert cut.read_text() == good.read_text()


@pytest.mark.parametrize("text", ["", "{}", '{"checkpoint": {"latest": {"resources": [{}]}}}'])
def test_a_damaged_former_state_is_told(tmp_path: Path, text: str) -> None:
    folder = tmp_path / ".pulumi" / "history" / "platform" / "dev"
    folder.mkdir(parents=True)
    (folder / "dev-1.history.json").touch()
    with pytest.raises(EngineRunError, match="no checkpoint of revision 1"):
        state(tmp_path, FakeCommand()).deployment_of(1)
    (folder / "dev-1.checkpoint.json").write_text(text)
    with pytest.raises(EngineRunError, match=r"dev-1\.checkpoint\.json is cut short or damaged"):
        state(tmp_path, FakeCommand()).deployment_of(1)


def lock_file(folder: Path) -> Path:
    """A lock of a process that lives."""
    lock = folder / ".pulumi/locks/organization/platform/dev/a.json"
    lock.parent.mkdir(parents=True)
    content = {"pid": 1, "username": "ada", "hostname": socket.gethostname(), "timestamp": "2200-01-02T03:04:05Z"}
    lock.write_text(json.dumps(content))
    return lock


def test_a_locked_state_is_not_edited(tmp_path: Path) -> None:
    lock_file(tmp_path)
    with pytest.raises(EngineRunError, match="locked") as told:
        state(tmp_path, FakeCommand()).release(frozenset())
    assert "ada@" in told.value.messages[0]
    assert "wait for it to end" in told.value.hint
