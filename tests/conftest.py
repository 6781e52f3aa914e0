"""What all tests share: the update switch of goldens, and small platforms on disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pulumi  # noqa: F401 - first: a plugin started in this process would put empty packages in its place
import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
DEV = 'target: {render: rendered/dev}\nnamespace: "{team}"\nbindings: {postgres: postgres@1, redis: redis@1}\n'

MakePlatform = Callable[..., Path]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write goldens anew; look at the diff before committing")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compares text with a file, byte by byte; a missing file fails unless goldens are being updated."""

    def compare(file: Path, actual: str) -> None:
        if request.config.getoption("--update"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(actual.encode())
            return
        assert file.exists(), f"{file} is missing; run `pytest --update` and look at what it writes"
        assert file.read_bytes().decode() == actual

    return compare


@pytest.fixture
def make_platform(tmp_path: Path) -> MakePlatform:
    """Writes a platform: `make_platform({"apps/web.yaml": "..."}, dev="...")` returns its root."""

    def make(files: dict[str, str], dev: str = DEV) -> Path:
        root = tmp_path / "platform"
        everything = {"Pulumi.yaml": "name: test\nruntime: python\nmain: stacks\n", "stacks/dev.yaml": dev, **files}
        for name, text in everything.items():
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return root

    return make


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A copy of this repository's own platform: specs, environments, project file."""
    root = tmp_path / "sample"
    for name in ("apps", "stacks"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "Pulumi.yaml", root)
    return root
