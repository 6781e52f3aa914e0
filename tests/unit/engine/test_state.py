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


def test_a_locked_state_is_not_edited(tmp_path: Path) -> None:
    lock = tmp_path / ".pulumi/locks/organization/platform/dev/a.json"
    lock.parent.mkdir(parents=True)
    content = {"pid": 1, "username": "ada", "hostname": socket.gethostname(), "timestamp": "2200-01-02T03:04:05Z"}
    lock.write_text(json.dumps(content))
    with pytest.raises(EngineRunError, match="locked") as told:
        state(tmp_path, FakeCommand()).release(frozenset())
    assert "ada@" in told.value.messages[0]
    assert "wait for it to end" in told.value.hint
