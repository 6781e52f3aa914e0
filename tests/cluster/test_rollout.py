"""Waits and explanations: every usual cause of a failed rollout, as `platc up` tells it, on a real control plane."""

from __future__ import annotations

from pathlib import Path

import pytest

from platform_compiler.cluster.client import Cluster
from tests.cluster.conftest import Run, state

WEB = """app: web
team: {team}
components:
  web:
    blueprint: web-service@1
    image: {image}
    port: 8080
"""
JOB = """app: web
team: {team}
components:
  migrate: {{blueprint: job@1, image: {image}, command: [migrate], retries: 0}}
"""


def write(platform: Path, team: str, image: str, spec: str = WEB) -> None:
    (platform / "apps" / "web.yaml").write_text(spec.format(team=team, image=image))


@pytest.mark.parametrize(
    ("image", "told"),
    [
        (
            "example.com/simulate/crash-loop:1",
            ["container web ends again and again", "exit code 1", "| fatal: it was told to crash"],
        ),
        ("example.com/simulate/image-pull:1", ["example.com/simulate/image-pull:1", "hint: "]),
        ("example.com/simulate/not-ready:1", ["Readiness probe failed", "503", "hint: "]),
    ],
    ids=["crash-loop", "image-pull", "not-ready"],
)
def test_failed_rollout(
    image: str, told: list[str], platform: Path, team: str, platc: Run, request: pytest.FixtureRequest
) -> None:
    team = f"{team}-{request.node.callspec.id}"
    write(platform, team, image)
    failed = platc("up", "--env", "local", "--yes", code=3, PLATC_WAIT_SECONDS="5").stderr
    assert f"apps/web.yaml:4: web/web/deployment (Deployment {team}/web): it is not ready after 5 s" in failed
    for text in told:
        assert text in failed
    assert "last events:" in failed
    (kept,) = [item for item in state(platform)["resources"] if item["urn"].endswith("web/web/deployment")]
    assert kept["initErrors"], "what is there but not ready stays in state"

    write(platform, team, "example.com/web:2")
    platc("up", "--env", "local", "--yes")
    assert "healthy" in platc("status", "--env", "local").stdout
    assert "no changes" in platc("preview", "--env", "local").stdout


def test_failed_job(platform: Path, team: str, platc: Run) -> None:
    write(platform, team, "example.com/simulate/fail:1", JOB)
    failed = platc("up", "--env", "local", "--yes", code=3).stderr
    assert "web/migrate/job" in failed
    assert "it has failed" in failed
    assert "exit code 3" in failed
    write(platform, team, "example.com/migrate:2", JOB)
    platc("up", "--env", "local", "--yes")


def test_unschedulable(platform: Path, team: str, platc: Run) -> None:
    size = "sizes: {huge: {requests: {cpu: '999', memory: 1Gi}, limits: {cpu: '999', memory: 1Gi}}}\nsize: huge\n"
    environment = platform / "stacks" / "local.yaml"
    environment.write_text(environment.read_text() + size)
    write(platform, team, "example.com/web:1")
    failed = platc("up", "--env", "local", "--yes", code=3, PLATC_WAIT_SECONDS="4").stderr
    assert "Insufficient cpu" in failed
    assert "hint: " in failed


def test_quota(platform: Path, team: str, platc: Run, cluster: Cluster) -> None:
    write(platform, team, "example.com/web:1")
    platc("up", "--env", "local", "--yes")
    quota = {"hard": {"requests.cpu": "150m"}}
    meta = {"name": "small", "namespace": team}
    cluster.apply({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta, "spec": quota}, manager="test")
    write(platform, team, "example.com/web:2")
    failed = platc("up", "--env", "local", "--yes", code=3, PLATC_WAIT_SECONDS="5").stderr
    assert "exceeded quota: small" in failed
    assert "hint: " in failed


def test_missing_secret_is_told_before_anything_happens(platform: Path, team: str, platc: Run) -> None:
    spec = WEB + "    env: {{KEY: '${{secrets.api-key}}'}}\n"
    write(platform, team, "example.com/web:1", spec)
    told = platc("up", "--env", "local", "--yes", code=1).stderr
    assert "apps/web.yaml:8:" in told
    assert "web:api-key" in told


def test_day_two(platform: Path, team: str, platc: Run, cluster: Cluster) -> None:
    write(platform, team, "example.com/web:1")
    assert "missing" in platc("status", "--env", "local", code=2).stdout
    platc("up", "--env", "local", "--yes")
    (before,) = cluster.list("v1", "Pod", team)
    logs = platc("logs", "--env", "local", "web.web", "-n", "1").stdout
    assert logs == f"{before['metadata']['name']} web  fatal: it was told to crash\n"
    events = platc("events", "--env", "local", "web").stdout
    assert "Scaled up replica set" in events
    assert f"Pod {before['metadata']['name']}: Scheduled" in events
    assert f"Deployment {team}/web restarts" in platc("restart", "--env", "local", "web").stdout
    platc("status", "--env", "local", "--watch")
    pods = [pod for pod in cluster.list("v1", "Pod", team) if not pod["metadata"].get("deletionTimestamp")]
    assert before["metadata"]["name"] not in [pod["metadata"]["name"] for pod in pods]
    assert "no drift" in platc("drift", "--env", "local").stdout
    assert "no changes" in platc("preview", "--env", "local").stdout
    wrong = platc("logs", "--env", "local", "web.wep", code=1).stderr
    assert "has no component 'wep'" in wrong
