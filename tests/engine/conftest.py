"""The engine for engine tests: obtained once, which may take minutes on a machine without one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from platform_compiler.engine.install import Pulumi, find_or_install

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def pulumi() -> Pulumi:
    return find_or_install(lambda line: print(f"engine: {line}", file=sys.stderr, flush=True))


@pytest.fixture
def platform(tmp_path: Path) -> Path:
    """A platform with the sample's project file and programs, and no apps yet."""
    root = tmp_path / "platform"
    (root / "stacks").mkdir(parents=True)
    (root / "apps").mkdir()
    shutil.copy(ROOT / "Pulumi.yaml", root)
    shutil.copy(ROOT / "stacks" / "__main__.py", root / "stacks")
    (root / "stacks" / "dev.yaml").write_text("target: {render: rendered/dev}\nbindings: {postgres: postgres@1}\n")
    return root


@pytest.fixture
def platc(platform: Path, pulumi: Pulumi) -> Run:
    """Runs `platc` as a user would, in the platform's folder."""
    assert pulumi.path.exists()

    def run(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from platform_compiler.cli import main; main()", *arguments]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
        result = subprocess.run(
            command, cwd=platform, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert result.returncode == code, f"{arguments}\n{result.stdout}\n{result.stderr}"
        return result

    return run
