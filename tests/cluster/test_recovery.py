"""Killed at any moment, a rerun converges: the cluster is the compiled set, state is the cluster, nothing twice.

A proxy in front of the API server kills the whole run just before or after a request; a watch on the state's folder
kills it when the engine begins or has finished a write. Every moment of a first `up` and of a changing one is tried.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from platform_compiler.cluster.client import Cluster
from platform_compiler.emit.urns import MARK
from platform_compiler.engine.install import Pulumi
from platform_compiler.localcluster.cluster import LocalCluster
from tests.cluster.conftest import Run, command, state
from tests.cluster.proxy import Moment, Proxy

KINDS = (
    ("v1", "ConfigMap"), ("v1", "ServiceAccount"), ("v1", "Service"), ("v1", "PersistentVolumeClaim"),
    ("apps/v1", "Deployment"), ("batch/v1", "Job"), ("networking.k8s.io/v1", "NetworkPolicy"),
)  # fmt: skip
SPEC = """app: {team}
team: {team}
components:
  web: {{blueprint: worker@1, image: example.com/web:{version}, env: {{VERSION: "{version}"}}}}
"""
WRITES = frozenset({"PATCH", "DELETE", "POST"})


@dataclass
class Scene:
    """A platform, the ways to run and kill `platc up` on it, and what must hold after a rerun."""

    platform: Path
    team: str
    platc: Run
    proxy: Proxy
    variables: dict[str, str]
    cluster: Cluster
    session: int | None = None
    """Of the last run that `start` has started."""

    def write(self, version: int) -> None:
        (self.platform / "apps" / "web.yaml").write_text(SPEC.format(team=self.team, version=version))

    def start(self) -> subprocess.Popen[bytes]:
        """`platc up` through the proxy, in a process group of its own."""
        process = subprocess.Popen(
            command("up", "--env", "local", "--yes"),
            cwd=self.platform,
            env={**self.variables, "KUBECONFIG": str(self.proxy.kubeconfig)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.session = process.pid
        return process

    def wait_for_the_end(self) -> None:
        """Of everything that the last run has started: an engine whose `platc` is killed ends a moment later."""
        if self.session is None:
            return
        deadline = time.monotonic() + 30
        while _pids(self.session, "") and time.monotonic() < deadline:
            time.sleep(0.02)
        assert _pids(self.session, "") == [], "nothing is left running"

    def converge(self) -> None:
        """A rerun is fine, and afterwards cluster, state and compile say the same."""
        self.wait_for_the_end()
        if list((self.platform / ".platform" / "state" / ".pulumi" / "stacks").glob("*/local.json")):
            self.platc("unlock", "--env", "local")
        self.platc("up", "--env", "local", "--yes")
        compiled = json.loads(self.platc("compile", "--env", "local", "--format", "json").stdout)
        wanted = {(item["kind"], item["metadata"]["name"]) for item in compiled if item["kind"] != "Namespace"}
        found = [(kind, item) for version, kind in KINDS for item in self.cluster.list(version, kind, self.team)]
        ours = {(kind, item["metadata"]["name"]) for kind, item in found if MARK in _annotations(item)}
        assert ours == wanted, "the cluster is the compiled set"
        latest = state(self.platform)
        assert not latest.get("pending_operations")
        stored = [item["outputs"] for item in latest["resources"] if item["type"].startswith("kubernetes:")]
        names = [(item["kind"], item["metadata"]["name"]) for item in stored if item["kind"] != "Namespace"]
        assert sorted(names) == sorted(wanted), "state is the cluster, and nothing is in it twice"
        uids = {item["metadata"]["uid"] for _, item in found}
        assert {item["metadata"]["uid"] for item in stored if item["kind"] != "Namespace"} <= uids


def _annotations(item: dict[str, Any]) -> dict[str, str]:
    annotations: dict[str, str] = item["metadata"].get("annotations") or {}
    return annotations


@pytest.fixture
def scene(
    platform: Path,
    team: str,
    platc: Run,
    variables: dict[str, str],
    cluster: Cluster,
    control_plane: LocalCluster,
    tmp_path: Path,
    pulumi: Pulumi,
) -> Iterator[Scene]:
    del pulumi
    proxy = Proxy(control_plane.kubeconfig, tmp_path)
    yield Scene(platform, team, platc, proxy, variables, cluster)
    proxy.close()


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """End the CLI, the engine and the provider at once, as a machine that goes down does."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


@dataclass
class KillAtRequest:
    """A proxy's hook that kills the run at the `number`th writing request; counts them all."""

    kill: Callable[[], None]
    number: int
    moment: Moment
    seen: int = 0
    fired: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, moment: Moment, method: str, _path: str) -> None:
        if method not in WRITES or moment != self.moment:
            return
        with self.lock:
            self.seen += 1
            if self.seen == self.number and not self.fired:
                self.fired = True
                self.kill()


def run_killed_at_request(scene: Scene, number: int, moment: Moment) -> bool:
    """Run `up` and kill it at a request; False when it had ended before."""
    started = threading.Event()
    processes: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        started.wait(10)
        kill_group(processes[0])

    hook = KillAtRequest(kill, number, moment)
    scene.proxy.hook = hook
    processes.append(scene.start())
    started.set()
    code = processes[0].wait(timeout=120)
    scene.proxy.hook = lambda *_: None
    assert hook.fired == (code != 0), f"it ended with {code}"
    return hook.fired


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_at_every_request(scene: Scene, moment: Moment) -> None:
    """Of a first `up`, then of one that changes the config, so that objects are created, updated and deleted."""
    number, version = 1, 1
    while True:
        scene.write(version)
        if not run_killed_at_request(scene, number, moment):
            break
        scene.converge()
        number, version = number + 1, version + 1
    assert number > 3, "there were too few requests to mean anything"
    scene.converge()
    scene.platc("destroy", "--env", "local", "--yes")


def test_killed_at_every_write_of_state(scene: Scene) -> None:
    folder = scene.platform / ".platform" / "state"
    number, version = 1, 1
    while True:
        scene.write(version)
        process = scene.start()
        killed = _kill_at_write(process, folder, number)
        process.wait(timeout=120)
        if not killed:
            break
        scene.converge()
        number, version = number + 1, version + 1
    assert number > 5, "there were too few writes to mean anything"
    scene.converge()
    scene.platc("destroy", "--env", "local", "--yes")


def _kill_at_write(process: subprocess.Popen[bytes], folder: Path, number: int) -> bool:
    """Kill the run when a file of the state has changed for the `number`th time; False when it ended before."""
    seen, changes = _files(folder), 0
    while process.poll() is None:
        now = _files(folder)
        if now != seen:
            changes, seen = changes + 1, now
            if changes == number:
                kill_group(process)
                return True
    return False


def _files(folder: Path) -> frozenset[tuple[str, int, int]]:
    found = set()
    with suppress(OSError):
        for parent, _, names in os.walk(folder / ".pulumi"):
            for name in names:
                with suppress(OSError):
                    status = os.stat(os.path.join(parent, name))
                    found.add((name, status.st_mtime_ns, status.st_size))
    return frozenset(found)


@pytest.mark.parametrize("victim", ["pulumi-resource-kubernetes", "pulumi", "platc"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["kill", "term"])
def test_one_process_ends(scene: Scene, victim: str, number: signal.Signals) -> None:
    """The provider, the engine or the CLI alone; the others come to an end by themselves."""
    scene.write(1)
    reached, go_on = threading.Event(), threading.Event()

    def hook(moment: Moment, method: str, _path: str) -> None:
        if (moment, method) == ("after", "PATCH"):
            reached.set()
            go_on.wait(5)

    scene.proxy.hook = hook
    process = scene.start()
    assert reached.wait(60)
    for pid in _pids(process.pid, victim):
        os.kill(pid, number)
    go_on.set()
    process.wait(timeout=120)
    scene.wait_for_the_end()
    scene.proxy.hook = lambda *_: None
    scene.converge()
    scene.platc("destroy", "--env", "local", "--yes")


def _pids(session: int, name: str) -> list[int]:
    """Processes of a session by the program they run; all of them without a name."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            if os.getsid(int(entry.name)) == session:
                words = (entry / "cmdline").read_bytes().decode().split("\0")
                if not words[0]:
                    continue
                if _program(words) == name or not name:
                    found.append(int(entry.name))
    return found


def _program(words: list[str]) -> str:
    if "platform_compiler.provider" in words:
        return "pulumi-resource-kubernetes"
    if Path(words[0]).name == "pulumi":
        return "pulumi"
    return "platc" if any("platform_compiler.cli" in word for word in words) else ""


@pytest.mark.parametrize("kilobytes", [20])
def test_disk_full_at_the_state(scene: Scene, kilobytes: int) -> None:
    """No file may grow beyond a limit, as on a full disk. The engine tries again and again, until it is told to end."""
    scene.write(1)
    limited = ["sh", "-c", f'ulimit -f {2 * kilobytes} && exec "$@"', "sh"]  # in blocks of 512 bytes
    with subprocess.Popen(
        [*limited, *command("up", "--env", "local", "--yes")],
        cwd=scene.platform,
        env=scene.variables,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=15)
        process.terminate()
        told = process.communicate(timeout=60)[1]
    assert process.returncode == 3, told
    assert "Traceback" not in told
    assert "steps may be unfinished" in told
    scene.converge()
    scene.platc("destroy", "--env", "local", "--yes")


KILLS = int(os.environ.get("PLATC_KILLS", "3"))
"""How many spread moments are tried; `make soak` tries a hundred."""


def test_killed_at_spread_moments(scene: Scene) -> None:
    scene.write(1)
    began = time.monotonic()
    assert scene.start().wait(timeout=120) == 0
    length = time.monotonic() - began
    for number in range(KILLS):
        scene.write(number + 2)
        process = scene.start()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=length * (number + 0.5) / KILLS)
        kill_group(process)
        process.wait(timeout=60)
        scene.converge()
    scene.platc("destroy", "--env", "local", "--yes")


def test_the_control_plane_goes_and_comes_back(scene: Scene, control_plane: LocalCluster) -> None:
    """While `up` waits: the API server is killed and started again, then etcd."""
    scene.write(1)
    once = threading.Event()

    def outage(moment: Moment, method: str, _path: str) -> None:
        if (moment, method) == ("after", "PATCH") and not once.is_set():
            once.set()
            for name in ("kube-apiserver", "etcd"):
                control_plane.stop(name, signal.SIGKILL)
                time.sleep(1)
                control_plane.start(name)
                control_plane.wait_ready()

    scene.variables["KUBECONFIG"] = str(control_plane.kubeconfig)
    scene.proxy.hook = outage
    process = scene.start()
    assert process.wait(timeout=200) == 0
    assert once.is_set()
    scene.proxy.hook = lambda *_: None
    scene.converge()
    scene.platc("destroy", "--env", "local", "--yes")
