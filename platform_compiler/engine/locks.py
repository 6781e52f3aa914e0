"""Locks of a stack in a folder of state: who holds one, since when, and whether the holder is alive.

The engine writes `.pulumi/locks/organization/<project>/<stack>/<id>.json` with pid, user, host and time, and removes it
when it ends; what a killed engine leaves there stops every later run (source: Pulumi, `pkg/backend/diy/lock.go`).
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

Owner = Literal["alive", "dead", "unknown"]
SLACK: Final = timedelta(seconds=5)
"""`ps` counts whole seconds, and clocks are adjusted while processes run."""


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock file."""

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
        started = process_start(self.pid)
        return "alive" if started and started <= self.since + SLACK else "dead"

    def describe(self, now: datetime) -> str:
        """`ada@laptop (pid 42), for 3 minutes; that process is dead`."""
        words = {
            "alive": "that process is running",
            "dead": "that process is dead",
            "unknown": "whether that process is running cannot be seen from this host",
        }
        return f"{self.user}@{self.host} (pid {self.pid}), for {age_text(now - self.since)}; {words[self.owner]}"


def read_locks(state: Path, project: str, stack: str) -> list[Lock]:
    """The locks of a stack below a folder of state, oldest first; one that ends while it is read is left out."""
    locks = []
    for file in (state / ".pulumi" / "locks" / "organization" / project / stack).glob("*.json"):
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            continue
        since = datetime.fromisoformat(re.sub(r"\.\d+", "", data["timestamp"]))
        locks.append(Lock(file, data["pid"], data["username"], data["hostname"], since))
    return sorted(locks, key=lambda lock: lock.since)


def process_start(pid: int) -> datetime | None:
    """When a process of this host started; None when it is not there, or only waits to be collected."""
    command = ["ps", "-o", "stat=,etime=", "-p", str(pid)]
    environment = {**os.environ, "LC_ALL": "C"}
    shown = subprocess.run(command, capture_output=True, text=True, check=False, env=environment).stdout.split()
    if len(shown) != 2 or shown[0].startswith("Z"):
        return None
    return datetime.now(UTC) - elapsed(shown[1])


def elapsed(text: str) -> timedelta:
    """What `ps` writes as `[[days-]hours:]minutes:seconds`."""
    days, _, rest = text.rpartition("-")
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
