"""A second process beside this one, which does a part of the work and sends what comes of it as plain data.

It is forked, so it knows all that this process knows at that moment, and costs a millisecond. It only ever helps: a
message that does not come, because the child found a fault or died, means that this process does the work itself, and
tells what there is to tell. Whatever the child raises is dropped with it.
"""

from __future__ import annotations

import marshal
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, NoReturn

PIPE_BYTES: Final = 1024 * 1024
"""What the child may send before anybody takes it, where the system can hold so much."""
Send = Callable[[Any], None]


class Second:
    """The child, as its parent sees it: messages come in the order in which they were sent."""

    def __init__(self, child: int, pipe: int) -> None:
        self.child = child
        self._pipe = pipe

    def has_sent(self) -> bool:
        """Whether a message can be received without waiting for it."""
        import select  # noqa: PLC0415 - only for many specs

        return bool(select.select([self._pipe], [], [], 0)[0])

    def receive(self) -> Any:
        """The next message; None when none will come."""
        size = self._read(4)
        data = self._read(int.from_bytes(size, "little")) if size else b""
        return marshal.loads(data) if data else None  # noqa: S302 - from our own child

    def _read(self, size: int) -> bytes:
        """So many bytes, or none when the child has ended before."""
        parts = []
        while size:
            part = os.read(self._pipe, size)
            if not part:
                return b""
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def end(self) -> None:
        """Take no more of it, and wait until it is gone: the next thing that it sends ends it."""
        os.close(self._pipe)
        with suppress(ChildProcessError):  # where SIGCHLD is ignored, nobody waits for children
            os.waitpid(self.child, 0)


def start(work: Callable[[Send], None]) -> Second | None:
    """Run `work` in a child; None where there can be none, or none beside this process, or where other threads are."""
    if not hasattr(os, "fork") or processors() < 2 or threading.active_count() > 1:
        return None
    try:
        receiver, sender = os.pipe()
    except OSError:
        return None
    _widen(sender)
    try:
        child = os.fork()
    except OSError:
        os.close(receiver)
        os.close(sender)
        return None
    if child == 0:
        os.close(receiver)
        _work_and_exit(work, sender)
    os.close(sender)
    return Second(child, receiver)


def processors() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _widen(pipe: int) -> None:
    """Let the pipe hold more, where that can be said (Linux)."""
    with suppress(ImportError, AttributeError, OSError):
        import fcntl  # noqa: PLC0415 - not everywhere

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _work_and_exit(work: Callable[[Send], None], pipe: int) -> NoReturn:
    try:
        work(lambda message: _send(pipe, message))
    finally:
        os._exit(0)  # whatever happened: the parent sees that no more comes, and goes on alone


def _send(pipe: int, message: Any) -> None:
    data = marshal.dumps(message)
    data = len(data).to_bytes(4, "little") + data
    while data:
        data = data[os.write(pipe, data) :]
