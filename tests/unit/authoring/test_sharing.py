"""The sample package: built, installed into a folder, found by its entry point, and used by a platform."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "examples" / "acme-blueprints"
PLATC = str(Path(sys.executable).with_name("platc"))
SPEC = "app: shop\nteam: store\nblueprint: memcached@1\n"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the package is installed into; nothing is fetched, and this environment stays as it is."""
    folder = tmp_path_factory.mktemp("installed")
    source = shutil.copytree(PACKAGE, folder / "source")
    uv = shutil.which("uv") or str(ROOT / "build" / "uv" / "bin" / "uv")
    options = ["--quiet", "--offline", "--no-deps", "--no-build-isolation", "--python", sys.executable]
    target = folder / "site"
    subprocess.run([uv, "pip", "install", *options, "--target", str(target), str(source)], check=True, timeout=100)
    return target


@pytest.fixture
def run(installed: Path) -> Run:
    """Runs a command in a platform that has the package."""

    def run_in(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
        variables = {**os.environ, "PYTHONPATH": str(installed)}
        return subprocess.run(
            command, cwd=root, env=variables, capture_output=True, text=True, timeout=100, check=False
        )

    return run_in


def test_a_platform_uses_the_package(run: Run, make_platform: Callable[..., Path]) -> None:
    root = make_platform({"apps/shop.yaml": SPEC})
    compiled = run(root, PLATC, "compile", "--env", "dev")
    assert compiled.returncode == 0, compiled.stderr
    assert "image: memcached:1.6-alpine" in compiled.stdout
    listed = run(root, PLATC, "blueprint", "list")
    assert "memcached@1          One memcached server" in listed.stdout
    tested = run(root, PLATC, "blueprint", "test", "memcached")
    assert tested.stdout.startswith("memcached@1 basic: fine, "), tested.stdout + tested.stderr


def test_the_package_is_not_found_where_it_is_not_installed(make_platform: Callable[..., Path]) -> None:
    root = make_platform({"apps/shop.yaml": SPEC})
    result = subprocess.run([PLATC, "check"], cwd=root, capture_output=True, text=True, timeout=100, check=False)
    assert "PC301 unknown-blueprint: no blueprint 'memcached'" in result.stderr


def test_a_platform_that_claims_the_same_name_is_told_both(run: Run, make_platform: Callable[..., Path]) -> None:
    text = (PACKAGE / "acme_blueprints" / "memcached.py").read_text()
    result = run(make_platform({"apps/shop.yaml": SPEC, "blueprints/memcached.py": text}), PLATC, "check")
    assert result.returncode == 1
    assert (
        "PC304 blueprint-claimed-twice: memcached@1 is claimed by acme_blueprints.memcached:Memcached and by "
        "blueprints/memcached.py:Memcached" in result.stderr
    )


def test_the_package_passes_its_own_tests(run: Run, tmp_path: Path) -> None:
    source = shutil.copytree(PACKAGE, tmp_path / "source")
    result = run(source, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
    assert "4 passed" in result.stdout, result.stdout + result.stderr
    tested = run(source, PLATC, "blueprint", "test", "memcached")
    assert tested.returncode == 0, tested.stdout + tested.stderr
