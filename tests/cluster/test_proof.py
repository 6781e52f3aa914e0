"""The sample platform on a real control plane: Online Boutique and the voting app, from nothing and back to it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from platform_compiler.cluster.client import Cluster
from platform_compiler.localcluster.cluster import LocalCluster
from tests.cluster.conftest import ROOT, Run, state

FRONTEND = "apps/boutique/frontend.yaml"


@pytest.fixture
def boutique(platform: Path) -> Path:
    for name in ("apps", "stacks"):
        shutil.copytree(ROOT / name, platform / name, dirs_exist_ok=True)
    return platform


def test_boutique_and_voting(boutique: Path, platc: Run, cluster: Cluster, control_plane: LocalCluster) -> None:
    del control_plane
    preview = platc("preview", "--env", "local")
    assert "+  Deployment frontend  create" in preview.stdout
    assert cluster.get("v1", "Namespace", "", "boutique") is None, "a preview changes nothing"

    platc("up", "--env", "local", "--yes")
    statuses = json.loads(platc("status", "--env", "local", "--format", "json").stdout)
    assert {item["status"] for item in statuses} == {"healthy"}
    assert len(statuses) == 17
    for name in ("boutique", "voting"):
        namespace = cluster.get("v1", "Namespace", "", name)
        assert namespace is not None
        assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
        pods = cluster.list("v1", "Pod", name)
        assert pods
        assert all(pod["status"]["phase"] == "Running" for pod in pods)
    assert "no changes" in platc("preview", "--env", "local").stdout
    assert "no drift" in platc("drift", "--env", "local").stdout

    _change(boutique, platc, cluster)
    _drift(platc, cluster)
    _destroy(boutique, platc, cluster)


def _change(boutique: Path, platc: Run, cluster: Cluster) -> None:
    spec = boutique / FRONTEND
    spec.write_text(spec.read_text().replace("frontend:v0.10.6", "frontend:v0.10.7"))
    shown = platc("preview", "--env", "local").stdout
    assert 'containers[0].image: "us-central1-docker' in shown
    assert f"{FRONTEND}:" in shown
    platc("up", "--env", "local", "--yes")
    assert _image(cluster).endswith(":v0.10.7")
    platc("rollback", "--env", "local", "--to", "1", "--yes")
    assert _image(cluster).endswith(":v0.10.6")
    platc("up", "--env", "local", "--yes")
    assert _image(cluster).endswith(":v0.10.7")


def _image(cluster: Cluster) -> str:
    """The frontend's image, once its rollout has been observed."""
    live = cluster.get("apps/v1", "Deployment", "boutique", "frontend")
    assert live is not None
    assert live["status"]["observedGeneration"] == live["metadata"]["generation"]
    image: str = live["spec"]["template"]["spec"]["containers"][0]["image"]
    return image


def _drift(platc: Run, cluster: Cluster) -> None:
    live = cluster.get("apps/v1", "Deployment", "boutique", "cartservice")
    assert live is not None
    cluster.patch(live, {"spec": {"replicas": 4}}, manager="somebody")
    service = cluster.get("v1", "Service", "boutique", "adservice")
    assert service is not None
    cluster.delete(service, propagation="Background")
    shown = platc("drift", "--env", "local", code=2).stdout
    assert "spec.replicas: 1 -> 4" in shown
    assert "-  Service adservice" in shown
    assert "Service adservice" in platc("status", "--env", "local", "adservice", code=2).stdout
    platc("refresh", "--env", "local", "--yes")
    assert "no drift" in platc("drift", "--env", "local").stdout
    refused = platc("up", "--env", "local", "--yes", code=3).stderr
    assert 'spec.replicas: conflict with "somebody"' in refused
    assert "apps/boutique/cartservice.yaml:3: cartservice/cartservice/deployment" in refused
    platc("up", "--env", "local", "--yes", "--force-conflicts")
    mended = cluster.get("apps/v1", "Deployment", "boutique", "cartservice")
    assert mended is not None
    assert mended["spec"]["replicas"] == 1
    assert cluster.get("v1", "Service", "boutique", "adservice") is not None
    platc("status", "--env", "local")


def _destroy(boutique: Path, platc: Run, cluster: Cluster) -> None:
    platc("destroy", "--env", "local", "--yes")
    assert state(boutique).get("resources", []) == []
    for name in ("boutique", "voting"):
        assert cluster.list("apps/v1", "Deployment", name) == []
        assert cluster.list("v1", "Pod", name) == []
        assert cluster.get("v1", "Namespace", "", name) is not None, "namespaces are kept: they hold retained volumes"
    (volume,) = cluster.list("v1", "PersistentVolumeClaim", "voting")
    assert volume["status"]["phase"] == "Bound"
