"""Official downloads: bounded in time, checked against the official checksums, never half-installed."""

from __future__ import annotations

import hashlib
import http.client
import platform
import queue
import shutil
import tarfile
import tempfile
import threading
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

CONNECT_SECONDS: Final = 5.0
"""For all of it: the look-up of the name, every address that it has, and the first line of the answer."""
STALL_SECONDS: Final = 10.0
RELEASES: Final = "https://get.pulumi.com/releases/sdk"
PLUGINS: Final = "https://get.pulumi.com/releases/plugins"
_MACHINES: Final = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}

_GO_MACHINES: Final = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

Progress = Callable[[str], None]
"""Is told a line at a time what goes on."""
_silent: Final[set[str]] = set()
"""Servers that this process could not reach; it does not try them again."""


class UnreachableError(Exception):
    """The official place cannot be reached, or has no such file, or another one in its place."""


class ChecksumError(Exception):
    """What was downloaded is not what was published."""


def release_name(version: str) -> str:
    """`pulumi-v3.259.0-linux-x64.tar.gz`; raises `UnreachableError` for a machine without a release."""
    system = platform.system().lower()
    machine = _MACHINES.get(platform.machine().lower())
    if system not in {"linux", "darwin"} or machine is None:
        raise UnreachableError(f"there is no release for {system} on {platform.machine()}")
    return f"pulumi-v{version}-{system}-{machine}.tar.gz"


def download_release(version: str, folder: Path, progress: Progress, *, base: str = RELEASES) -> None:
    """Install the official CLI as `folder/bin/pulumi`; raises `UnreachableError` or `ChecksumError`."""
    name = release_name(version)
    checksums = fetch(f"{base}/pulumi-{version}-checksums.txt", progress).decode("utf-8", "replace")
    expected = next((line.split()[0] for line in checksums.splitlines() if line.endswith(name)), None)
    if expected is None:
        raise UnreachableError(f"the official checksums do not name {name}")
    archive = fetch(f"{base}/{name}", progress)
    if hashlib.sha256(archive).hexdigest() != expected:
        raise ChecksumError(f"{name} does not have its published checksum")
    _unpack(archive, folder, "pulumi/pulumi", "bin")


def download_plugin(name: str, version: str, folder: Path, progress: Progress, *, base: str = PLUGINS) -> None:
    """Install an official provider into `folder`; raises `UnreachableError`.

    Pulumi publishes no checksums of plugins; the transport's encryption is what vouches for them, as for its own CLI.
    """
    system, machine = platform.system().lower(), _GO_MACHINES.get(platform.machine().lower(), "")
    program = f"pulumi-resource-{name}"
    _unpack(fetch(f"{base}/{program}-v{version}-{system}-{machine}.tar.gz", progress), folder, program)


def fetch(url: str, progress: Progress) -> bytes:
    """The body of `url`. Gives up when connecting takes `CONNECT_SECONDS`, or nothing comes for `STALL_SECONDS`."""
    shown = time.monotonic()
    received = bytearray()
    try:
        with _open(url) as response:
            total = int(response.headers.get("Content-Length") or 0)
            deadline = time.monotonic() + STALL_SECONDS
            while block := response.read(1 << 16):
                received += block
                now = time.monotonic()
                if now > deadline and len(received) < 1 << 16:
                    raise UnreachableError(f"{url} answers too slowly")
                if now - shown > 5:
                    shown = now
                    progress(f"downloaded {len(received) >> 20} of {total >> 20} MiB")
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        reason = str(getattr(error, "reason", error)) or type(error).__name__
        raise UnreachableError(f"cannot reach {url}: {reason.strip()}") from None
    return bytes(received)


def _open(url: str) -> Any:
    """The answer to a request, within `CONNECT_SECONDS`.

    The request waits in a thread of its own: nothing else bounds the look-up of a name, and a socket's timeout holds
    for each address of a server anew.
    """
    server = urlsplit(url).netloc
    if server in _silent:
        raise OSError(f"{server} did not answer before")
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=lambda: answers.put(_answer(url)), daemon=True).start()
    try:
        answer = answers.get(timeout=CONNECT_SECONDS)
    except queue.Empty:
        answer = TimeoutError(f"no answer within {CONNECT_SECONDS:g} seconds")
    if isinstance(answer, Exception):
        if not isinstance(answer, urllib.error.HTTPError):
            _silent.add(server)
        raise answer
    return answer


def _answer(url: str) -> Any:
    """The answer, or the exception in its place."""
    try:
        return urllib.request.urlopen(url, timeout=CONNECT_SECONDS)  # noqa: S310 - https, or a test's loopback
    except Exception as error:  # noqa: BLE001 - raised again by the thread that asked
        return error


def _unpack(archive: bytes, folder: Path, program: str, place: str = ".") -> None:
    """Put the folder of `program` in an archive at `place` below `folder`: unpacked beside it, then moved in one step.

    Raises `UnreachableError` for what is no archive of it, such as the page that a proxy answers with.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".unpack-") as scratch:
        file = Path(scratch) / "archive.tar.gz"
        file.write_bytes(archive)
        out = Path(scratch) / "out"
        try:
            with tarfile.open(file) as tar:
                tar.extractall(out, filter="data")
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise UnreachableError(f"what was downloaded is no archive of {program}: {error}") from None
        if not (out / program).is_file():
            raise UnreachableError(f"what was downloaded holds no {program}")
        staged = (out / program).parent
        if place != ".":
            (Path(scratch) / "staged").mkdir()
            staged = staged.rename(Path(scratch) / "staged" / place).parent
        if folder.exists():
            shutil.rmtree(folder)
        staged.rename(folder)
