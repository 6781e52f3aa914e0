"""The page on clusters: its commands, in their order, by a user without any cluster."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from platform_compiler.engine.install import Pulumi
from platform_compiler.engine.paths import cache_folder
from platform_compiler.localcluster.programs import obtain
from tests.cluster.conftest import ROOT
from tests.docs.test_docs import commands


def test_the_commands_of_the_clusters_page(sample: Path, tmp_path: Path, pulumi: Pulumi) -> None:
    obtain(lambda _line: None)
    cache = tmp_path / "cache"
    cache.mkdir()
    for name in ("pulumi", "kubernetes", "etcd", "kwok", "plugins"):
        if (cache_folder() / name).exists():
            (cache / name).symlink_to(cache_folder() / name)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "KUBECONFIG"))}
    environment = {**kept, "PLATC_CACHE": str(cache), "PATH": f"{pulumi.path.parent}{os.pathsep}{os.environ['PATH']}"}
    lines = commands((ROOT / "docs" / "clusters.md").read_text())
    assert len(lines) > 8
    platc = [sys.executable, "-c", "from platform_compiler.cli import main; main()"]
    try:
        for line in lines:
            result = subprocess.run(
                [*platc, *shlex.split(line)[1:]],
                cwd=sample,
                env=environment,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            assert result.returncode == 0, f"{line}\n{result.stdout}\n{result.stderr}"
            assert result.stdout
    finally:
        stop = [*platc, "engine", "cluster", "down", "--delete"]
        subprocess.run(stop, cwd=sample, env=environment, check=True, timeout=120)
