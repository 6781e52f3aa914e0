"""A program that outlives the command that started it.

Its process holds a lock on a file. So it is alive exactly while somebody holds the lock, whatever process got the same
number since: nothing else is ever taken for it, or ended in its place.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

POLL_SECONDS: Final = 0.02


class Process:
    """The program `name` of a cluster in `folder`: `<name>.pid` has its number and lock, `<name>.log` its output."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._file = folder / f"{name}.pid"

    def start(self, command: Sequence[str]) -> None:
        """Start it in a session of its own, where no Ctrl-C of this terminal reaches it."""
        with self._file.open("a+") as lock, self.log.open("ab") as log:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(lock.fileno(),),
                start_new_session=True,
                cwd=self.log.parent,
            )
            lock.truncate(0)
            lock.write(str(child.pid))

    @property
    def pid(self) -> int | None:
        """Its number, None when it is not running."""
        with suppress(OSError, ValueError), self._file.open("r+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(lock.read())
        return None

    def stop(self, with_signal: signal.Signals = signal.SIGTERM, *, seconds: float = 10) -> None:
        """End it; after `seconds` by force. Nothing happens when it does not run."""
        for number, patience in ((with_signal, seconds), (signal.SIGKILL, 10.0)):
            pid = self.pid
            if pid is None:
                return
            with suppress(ProcessLookupError):
                os.kill(pid, number)
            self._wait(patience)

    def _wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.pid is not None:
            time.sleep(POLL_SECONDS)
