"""The code's own checks: lint, format, types, import contracts, and what must never be committed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

BIN = Path(sys.executable).parent
FORBIDDEN = re.compile(
    "|".join(["/wo" + "rk/", "/tmp/b" + "ash", r"py" + r"pi\.org", r"npm" + r"js\.", r"proxy\.go" + "lang"])
)


@pytest.mark.parametrize(
    "command",
    [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"], ["lint-imports"]],
    ids=["lint", "format", "types", "imports"],
)
@pytest.mark.timeout(600)
def test_check(command: list[str]) -> None:
    result = subprocess.run([BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_no_file_names_a_registry_or_a_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    found: list[str] = []
    for name in filter(None, listed):
        text = (ROOT / name).read_text(encoding="utf-8", errors="replace") if (ROOT / name).is_file() else ""
        found.extend(f"{name}: {match.group()}" for match in FORBIDDEN.finditer(text))
    assert found == []
