"""Locks: who holds one, and whether a process is the one that wrote it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from platform_compiler.engine import locks
from platform_compiler.engine.locks import Lock, age_text, elapsed, process_start, read_locks

NOW = datetime.now(UTC)


def lock(pid: int, *, host: str = "", since: datetime = NOW) -> Lock:
    return Lock(Path("a.json"), pid, "ada", host or socket.gethostname(), since)


def test_locks_of_one_stack_are_read_as_the_engine_writes_them(tmp_path: Path) -> None:
    folder = tmp_path / ".pulumi" / "locks" / "organization" / "platform"
    for stack, times in {"dev": ("12:00:02.123456789Z", "12:00:01+00:00"), "prod": ("12:00:00Z",)}.items():
        (folder / stack).mkdir(parents=True)
        for number, time in enumerate(times):
            content = {"pid": number, "username": "ada", "hostname": "far", "timestamp": f"2026-01-02T{time}"}
            (folder / stack / f"{number}.json").write_text(json.dumps(content))
    found = read_locks(tmp_path, "platform", "dev")
    assert [item.pid for item in found] == [1, 0]
    assert found[1].since == datetime(2026, 1, 2, 12, 0, 2, tzinfo=UTC)
    assert read_locks(tmp_path, "platform", "staging") == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{}",
        "[]",
        '{"pid": 1, "username": "ada", "hostname": "", "timestamp": "2026-01-02T03:04:05Z"}',
        '{"pid": 1, "username": "ada", "hostname": "far", "timestamp": "2026-01-02T03:04:05"}',
        '{"pid": null, "username": "ada", "hostname": "far", "timestamp": "2026-01-02T03:04:05Z"}',
    ],
)
def test_a_file_that_cannot_be_read_is_a_lock_of_somebody(tmp_path: Path, text: str) -> None:
    file = tmp_path / ".pulumi" / "locks" / "organization" / "platform" / "dev" / "a.json"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    (found,) = read_locks(tmp_path, "platform", "dev")
    assert (found.file, found.host, found.owner) == (file, "", "unknown")
    told = found.describe(found.since + timedelta(minutes=3))
    assert told == f"somebody, for 3 minutes; who that is cannot be read from {file}"


def test_an_owner_is_alive_dead_or_out_of_sight() -> None:
    assert lock(os.getpid()).owner == "alive"
    assert lock(os.getpid(), host="far-away").owner == "unknown"
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    assert lock(ended.pid).owner == "dead"


@pytest.fixture(params=["proc", "ps"])
def source(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where processes are looked up; both, where there are both."""
    if request.param == "ps":
        if shutil.which("ps") is None:
            pytest.skip("there is no ps here")
        monkeypatch.setattr(locks, "PROC", tmp_path)
    elif not locks.PROC.is_dir():
        pytest.skip("there is no /proc here")


@pytest.mark.usefixtures("source")
def test_a_process_is_as_old_as_it_is() -> None:
    before = datetime.now(UTC)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        started = process_start(process.pid)
        assert started is not None
        assert abs(started - before) < timedelta(seconds=4)
        process.communicate(b"\n")
    assert process_start(process.pid) is None


def test_where_no_process_can_be_seen_the_owner_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "PROC", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert lock(os.getpid()).owner == "unknown"
    assert "cannot be seen from this host" in lock(os.getpid()).describe(NOW)


def test_a_process_younger_than_the_lock_only_reuses_its_pid() -> None:
    assert lock(os.getpid(), since=NOW - timedelta(days=3000)).owner == "dead"


@pytest.mark.usefixtures("source")
def test_a_process_that_nobody_has_collected_is_dead() -> None:
    with subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.read() == b""
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert process_start(process.pid) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("00:07", 7),
        ("03:07", 187),
        ("02:03:07", 7387),
        ("1-02:03:07", 93787),
        ("10-00:00:00", 864000),
        ("213503982334601-07:00:15", 0),
    ],
)
def test_elapsed_time_of_ps(text: str, seconds: int) -> None:
    assert elapsed(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0 seconds"), (1, "1 second"), (59, "59 seconds"), (60, "1 minute"), (7300, "2 hours"), (200000, "2 days")],
)
def test_an_age_is_told_in_its_largest_whole_unit(seconds: int, text: str) -> None:
    assert age_text(timedelta(seconds=seconds)) == text


def test_a_lock_is_described_with_owner_age_and_life() -> None:
    text = lock(7, host="far-away", since=NOW - timedelta(minutes=3)).describe(NOW)
    assert text == "ada@far-away (pid 7), for 3 minutes; whether that process is running cannot be seen from this host"
