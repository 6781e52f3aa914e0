"""What must survive or stay steady over the life of an app: volumes, replicas, revisions; and what blueprints make."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from platform_compiler.cluster.client import Cluster
from platform_compiler.compiler import compile_stack
from platform_compiler.graph.resource import Resource
from platform_compiler.provider.backend import Operation
from platform_compiler.provider.cluster import ClusterBackend
from tests.cluster.conftest import ROOT, Run, command

WEB = "  web: {{blueprint: web-service@1, image: example.com/web:{version}, port: 8080, replicas: {replicas}}}\n"
DB = "  db: {{blueprint: postgres, storage: 1Gi}}\n"
CASES = sorted(path.name for path in (ROOT / "tests" / "cases" / "compile").iterdir() if path.is_dir())


def write(platform: Path, team: str, body: str, **values: object) -> None:
    text = f"app: shop\nteam: {team}\ncomponents:\n{body}"
    (platform / "apps" / "shop.yaml").write_text(text.format(**values))


def replicas(cluster: Cluster, team: str) -> int:
    live = cluster.get("apps/v1", "Deployment", team, "shop-web")
    assert live is not None
    number: int = live["spec"]["replicas"]
    return number


def test_a_volume_outlives_component_app_and_stack(platform: Path, team: str, platc: Run, cluster: Cluster) -> None:
    def volume() -> str:
        (found,) = cluster.list("v1", "PersistentVolumeClaim", team)
        assert found["status"]["phase"] == "Bound"
        uid: str = found["metadata"]["uid"]
        return uid

    write(platform, team, WEB + DB, version=1, replicas=1)
    platc("up", "--env", "local", "--yes")
    first = volume()
    write(platform, team, WEB, version=1, replicas=1)
    platc("up", "--env", "local", "--yes")
    assert cluster.list("apps/v1", "StatefulSet", team) == []
    assert volume() == first, "without its component"
    write(platform, team, WEB + DB, version=1, replicas=1)
    platc("up", "--env", "local", "--yes")
    assert volume() == first, "the component comes back to it"
    (platform / "apps" / "shop.yaml").unlink()
    (platform / "apps" / "other.yaml").write_text(f"app: other\nteam: {team}\nblueprint: worker@1\nimage: a/b:1\n")
    platc("up", "--env", "local", "--yes")
    assert volume() == first, "without its app"
    platc("destroy", "--env", "local", "--yes")
    assert volume() == first, "without its stack"


def test_an_autoscaler_takes_over_and_gives_back(platform: Path, team: str, platc: Run, cluster: Cluster) -> None:
    """From fixed replicas to an autoscaler and back, by specs alone, with somebody watching all the time."""
    write(platform, team, WEB, version=1, replicas=3)
    platc("up", "--env", "local", "--yes")
    seen: list[int] = []
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            seen.append(replicas(cluster, team))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        write(platform, team, WEB, version=1, replicas="{min: 3, max: 6}")
        platc("up", "--env", "local", "--yes")
        assert replicas(cluster, team) == 3
        (scaler,) = cluster.list("autoscaling/v2", "HorizontalPodAutoscaler", team)
        scale = f"/apis/apps/v1/namespaces/{team}/deployments/shop-web/scale"
        body = {
            "apiVersion": "autoscaling/v1",
            "kind": "Scale",
            "metadata": {"name": scaler["spec"]["scaleTargetRef"]["name"], "namespace": team},
            "spec": {"replicas": 5},
        }
        cluster._json("PUT", scale, {"fieldManager": "kube-controller-manager"}, body=body)
        write(platform, team, WEB, version=2, replicas="{min: 3, max: 6}")
        platc("up", "--env", "local", "--yes")
        assert replicas(cluster, team) == 5, "a rollout leaves the autoscaler's number"
        assert "no drift" in platc("drift", "--env", "local").stdout
        write(platform, team, WEB, version=2, replicas=5)
        platc("up", "--env", "local", "--yes", "--force-conflicts")
        assert replicas(cluster, team) == 5
        assert cluster.list("autoscaling/v2", "HorizontalPodAutoscaler", team) == []
    finally:
        done.set()
        watcher.join(timeout=30)
    assert min(seen) == 3
    platc("destroy", "--env", "local", "--yes")


def test_rollback(platform: Path, team: str, platc: Run, cluster: Cluster) -> None:
    def image() -> str:
        live = cluster.get("apps/v1", "Deployment", team, "shop-web")
        assert live is not None
        found: str = live["spec"]["template"]["spec"]["containers"][0]["image"]
        return found

    for version in (1, 2):
        write(platform, team, WEB, version=version, replicas=1)
        platc("up", "--env", "local", "--yes")
    history = platc("history", "--env", "local").stdout
    assert re.search(r"^\s*2\b", history, re.MULTILINE)
    platc("rollback", "--env", "local", "--to", "1", "--yes")
    assert image() == "example.com/web:1"
    assert "healthy" in platc("status", "--env", "local").stdout
    assert "example.com/web:2" in platc("preview", "--env", "local").stdout, "the spec still says so"
    platc("up", "--env", "local", "--yes")
    assert image() == "example.com/web:2"
    platc("destroy", "--env", "local", "--yes")


def test_logs_are_followed(platform: Path, team: str, platc: Run, variables: dict[str, str]) -> None:
    write(platform, team, WEB, version=1, replicas=1)
    platc("up", "--env", "local", "--yes")
    arguments = command("logs", "--env", "local", "shop.web", "--follow")
    with subprocess.Popen(arguments, cwd=platform, env=variables, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.terminate()
    assert "a simulated container" in line


def test_two_runs_at_once(platform: Path, team: str, platc: Run, variables: dict[str, str]) -> None:
    write(platform, team, WEB, version=1, replicas=1)
    platc("preview", "--env", "local")
    arguments = command("up", "--env", "local", "--yes")
    both = [
        subprocess.Popen(arguments, cwd=platform, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    told = [process.communicate(timeout=120)[1].decode() for process in both]
    codes = sorted(process.returncode for process in both)
    assert codes[0] == 0, told
    if codes != [0, 0]:  # they may also have come one after the other
        assert codes == [0, 3]
        assert any("locked" in text or "another" in text for text in told)
    assert "no changes" in platc("preview", "--env", "local").stdout
    platc("destroy", "--env", "local", "--yes")


@pytest.fixture
def namespaces(cluster: Cluster) -> Iterator[set[str]]:
    made: set[str] = set()
    yield made
    for name in made:
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        cluster.delete(namespace, propagation="Background")
        while cluster.get("v1", "Namespace", "", name):
            time.sleep(0.1)


@pytest.mark.parametrize("case", CASES)
def test_what_blueprints_make_passes_a_dry_run(case: str, cluster: Cluster, namespaces: set[str]) -> None:
    """Every object of every compile case is one that the API server takes, with its strict validation of fields."""
    folder = ROOT / "tests" / "cases" / "compile" / case
    backend = ClusterBackend(cluster)
    tried = 0
    for file in sorted((folder / "stacks").glob("[!P]*.yaml")):
        compiled = compile_stack(folder, file.stem)
        for resource in sorted(compiled.resources, key=lambda item: item.kind != "Namespace"):
            if resource.kind == "Namespace":
                cluster.apply(resource.manifest, manager="dry-run", force=True)
                namespaces.add(resource.name)
                continue
            manifest = _with_secrets(resource)
            if not cluster.knows(resource.api_version, resource.kind):
                continue
            urn = f"urn:pulumi:local::cases::kubernetes:{resource.api_version}:{resource.kind}::{resource.id}"
            operation = Operation(urn, _nothing, threading.Event(), field_manager="dry-run", preview=True)
            backend.create(manifest, operation)
            tried += 1
    assert tried > 3


def _nothing(message: str, *, warning: bool = False) -> None:
    assert not warning, message


def _with_secrets(resource: Resource) -> dict[str, object]:
    if resource.kind != "Secret":
        return resource.manifest
    return {**resource.manifest, "stringData": dict.fromkeys(resource.manifest.get("stringData", {}), "a secret")}
