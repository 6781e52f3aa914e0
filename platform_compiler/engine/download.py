"""Official downloads: bounded in time, checked against the official checksums, never half-installed."""

from __future__ import annotations

import hashlib
import platform
import shutil
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Final

CONNECT_SECONDS: Final = 3.0
STALL_SECONDS: Final = 10.0
RELEASES: Final = "https://get.pulumi.com/releases/sdk"
PLUGINS: Final = "https://get.pulumi.com/releases/plugins"
_MACHINES: Final = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}

_GO_MACHINES: Final = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

Progress = Callable[[str], None]
"""Is told a line at a time what goes on."""


class UnreachableError(Exception):
    """The official place cannot be reached, or has no such file."""


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
    _unpack(archive, folder, "pulumi", "bin")


def download_plugin(name: str, version: str, folder: Path, progress: Progress, *, base: str = PLUGINS) -> None:
    """Install an official provider into `folder`; raises `UnreachableError`.

    Pulumi publishes no checksums of plugins; the transport's encryption is what vouches for them, as for its own CLI.
    """
    system, machine = platform.system().lower(), _GO_MACHINES.get(platform.machine().lower(), "")
    archive = fetch(f"{base}/pulumi-resource-{name}-v{version}-{system}-{machine}.tar.gz", progress)
    _unpack(archive, folder, ".")


def fetch(url: str, progress: Progress) -> bytes:
    """The body of `url`. Gives up when connecting takes `CONNECT_SECONDS`, or nothing comes for `STALL_SECONDS`."""
    shown = time.monotonic()
    received = bytearray()
    try:
        with urllib.request.urlopen(url, timeout=CONNECT_SECONDS) as response:  # noqa: S310 - https, or a test's loopback
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
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise UnreachableError(f"cannot reach {url}: {getattr(error, 'reason', error)}") from None
    return bytes(received)


def _unpack(archive: bytes, folder: Path, part: str, place: str = ".") -> None:
    """Put `part` of an archive at `place` below `folder`: unpacked beside it, then moved there in one step."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".unpack-") as scratch:
        file = Path(scratch) / "archive.tar.gz"
        file.write_bytes(archive)
        with tarfile.open(file) as tar:
            tar.extractall(Path(scratch) / "out", filter="data")
        staged = Path(scratch) / "out" / part
        if place != ".":
            (Path(scratch) / "staged").mkdir()
            staged = staged.rename(Path(scratch) / "staged" / place).parent
        if folder.exists():
            shutil.rmtree(folder)
        staged.rename(folder)
