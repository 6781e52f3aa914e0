"""A real control plane for cluster tests, one for all of them, and a platform that targets it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from platform_compiler.cluster.client import Cluster, connect
from platform_compiler.engine.install import Pulumi, find_or_install
from platform_compiler.localcluster.cluster import CONTEXT, LocalCluster
from platform_compiler.localcluster.programs import obtain

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]
ENVIRONMENT = f"""target: {{cluster: {{context: {CONTEXT}}}}}
namespace: "{{team}}"
bindings: {{postgres: postgres@1, redis: redis@1}}
"""
SEEDED = (ROOT / "stacks" / "Pulumi.local.yaml").read_text(encoding="utf-8")
"""Pulumi's config of a stack with an empty passphrase, and a seed for generated secrets."""


@pytest.hookimpl(tryfirst=True)  # before the marks are read to spread tests over workers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests here share one control plane, so one worker runs them."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.cluster)
            item.add_marker(pytest.mark.xdist_group("cluster"))
            item.add_marker(pytest.mark.timeout(1800))


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    def tell(line: str) -> None:
        print(f"cluster: {line}", file=sys.stderr, flush=True)

    cluster = LocalCluster(tmp_path_factory.mktemp("cluster") / "c", obtain(tell), durable=False)
    try:
        cluster.up(tell)
        yield cluster
    finally:
        cluster.delete()


@pytest.fixture(scope="session")
def cluster(control_plane: LocalCluster) -> Cluster:
    return connect(str(control_plane.kubeconfig), CONTEXT, patience=30)


@pytest.fixture(scope="session")
def pulumi() -> Pulumi:
    return find_or_install(lambda line: print(f"engine: {line}", file=sys.stderr, flush=True))


@pytest.fixture
def team(request: pytest.FixtureRequest) -> str:
    """A name for a test's own namespace."""
    name: str = request.node.name.removeprefix("test_").partition("[")[0]
    return name.replace("_", "-")[:40].strip("-")


@pytest.fixture
def platform(tmp_path: Path, team: str) -> Path:
    """A platform whose stack is `local` in a project named after the test."""
    root = tmp_path / "platform"
    (root / "stacks").mkdir(parents=True)
    (root / "apps").mkdir()
    project = (ROOT / "Pulumi.yaml").read_text(encoding="utf-8")
    (root / "Pulumi.yaml").write_text(project.replace("name: platform", f"name: {team}"), encoding="utf-8")
    shutil.copy(ROOT / "stacks" / "__main__.py", root / "stacks")
    (root / "stacks" / "local.yaml").write_text(ENVIRONMENT, encoding="utf-8")
    (root / "stacks" / "Pulumi.local.yaml").write_text(SEEDED, encoding="utf-8")
    return root


@pytest.fixture
def variables(control_plane: LocalCluster) -> dict[str, str]:
    """The environment of a user whose kubeconfig names the test's cluster."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
    return {**kept, "KUBECONFIG": str(control_plane.kubeconfig), "PLATC_WAIT_SECONDS": "60"}


@pytest.fixture
def platc(platform: Path, variables: dict[str, str], pulumi: Pulumi) -> Run:
    """Runs `platc` as a user would, in the platform's folder; `code` is the expected exit code."""
    assert pulumi.path.exists()

    def run(*arguments: str, code: int = 0, **more: str) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            command(*arguments),
            cwd=platform,
            env={**variables, **more},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert result.returncode == code, f"{arguments}: {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result

    return run


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from platform_compiler.cli import main; main()", *arguments]


def state(platform: Path) -> dict[str, Any]:
    """The stack's deployment as the engine has stored it."""
    (file,) = (platform / ".platform" / "state" / ".pulumi" / "stacks").glob("*/local.json")
    latest: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["checkpoint"]["latest"]
    return latest
