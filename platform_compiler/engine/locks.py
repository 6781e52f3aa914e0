"""Locks of a stack in a folder of state: who holds one, since when, and whether the holder is alive.

The engine writes `.pulumi/locks/organization/<project>/<stack>/<id>.json` with pid, user, host and time, and removes it
when it ends; what a killed engine leaves there stops every later run (source: Pulumi, `pkg/backend/diy/lock.go`). So
does a file that is no lock at all, as a full disk leaves one: it counts as a lock whose owner nobody knows.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

Owner = Literal["alive", "dead", "unknown"]
SLACK: Final = timedelta(seconds=5)
"""`ps` counts whole seconds, and clocks are adjusted while processes run."""
CENTURY_DAYS: Final = 36500
PROC: Final = Path("/proc")


class UnseenError(Exception):
    """This host does not tell of its processes."""


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock file; `host` is empty where the file cannot be read, and its age then that of the file."""

    file: Path
    pid: int
    user: str
    host: str
    since: datetime

    @property
    def owner(self) -> Owner:
        """Whether the holder lives; unknown on another host. A process younger than the lock only reuses its pid."""
        if self.host != socket.gethostname():
            return "unknown"
        try:
            started = process_start(self.pid)
        except UnseenError:
            return "unknown"
        return "alive" if started and started <= self.since + SLACK else "dead"

    def describe(self, now: datetime) -> str:
        """`ada@laptop (pid 42), for 3 minutes; that process is dead`."""
        words = {
            "alive": "that process is running",
            "dead": "that process is dead",
            "unknown": "whether that process is running cannot be seen from this host",
        }
        if not self.host:
            return f"somebody, for {age_text(now - self.since)}; who that is cannot be read from {self.file}"
        return f"{self.user}@{self.host} (pid {self.pid}), for {age_text(now - self.since)}; {words[self.owner]}"


def read_locks(state: Path, project: str, stack: str) -> list[Lock]:
    """The locks of a stack below a folder of state, oldest first; one that ends while it is read is left out."""
    folder = state / ".pulumi" / "locks" / "organization" / project / stack
    locks = [lock for file in folder.glob("*.json") if (lock := _read(file))]
    return sorted(locks, key=lambda lock: lock.since)


def _read(file: Path) -> Lock | None:
    """The lock in a file, None where that is gone by now."""
    try:
        return _lock(file, json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError):
        return _unreadable(file)


def _lock(file: Path, data: Any) -> Lock:
    since = datetime.fromisoformat(re.sub(r"\.\d+", "", data["timestamp"]))
    if not data["hostname"] or since.tzinfo is None:
        raise ValueError
    return Lock(file, int(data["pid"]), data["username"], data["hostname"], since)


def _unreadable(file: Path) -> Lock | None:
    try:
        changed = file.stat().st_mtime
    except FileNotFoundError:
        return None
    return Lock(file, 0, "", "", datetime.fromtimestamp(changed, UTC))


def process_start(pid: int) -> datetime | None:
    """When a process of this host started; None when it is not there, or only waits to be collected.

    Raises `UnseenError` where neither `/proc` nor `ps` is there.
    """
    return _start_in_proc(pid) if (PROC / "self" / "stat").exists() else _start_in_ps(pid)


def _start_in_proc(pid: int) -> datetime | None:
    """Source: `proc(5)`; the program's name, in brackets, may hold anything."""
    try:
        fields = (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    except OSError:
        raise UnseenError from None
    if fields[0] in "ZX":
        return None
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return datetime.now(UTC) - timedelta(seconds=age)


def _start_in_ps(pid: int) -> datetime | None:
    command = ["ps", "-o", "stat=,etime=", "-p", str(pid)]
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        shown = subprocess.run(command, capture_output=True, text=True, check=False, env=environment).stdout.split()
    except OSError:
        raise UnseenError from None
    if len(shown) != 2 or shown[0].startswith("Z"):
        return None
    return datetime.now(UTC) - elapsed(shown[1])


def elapsed(text: str) -> timedelta:
    """What `ps` writes as `[[days-]hours:]minutes:seconds`; it counts a process's first moment backwards, past zero."""
    days, _, rest = text.rpartition("-")
    if int(days or 0) > CENTURY_DAYS:
        return timedelta()
    seconds = 0
    for part in rest.split(":"):
        seconds = seconds * 60 + int(part)
    return timedelta(days=int(days or 0), seconds=seconds)


def age_text(age: timedelta) -> str:
    """`3 minutes`: the largest whole unit."""
    seconds = max(0, int(age.total_seconds()))
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            number = seconds // size
            return f"{number} {unit}{'s' if number > 1 else ''}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"
