"""One control plane in one folder: its ports, certificates, data and processes.

The folder holds everything, so that a cluster that was stopped, or whose machine was, goes on where it was.
Source: the reference pages of the four Kubernetes programs, etcd's configuration options, kwok's options.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import yaml

from platform_compiler.engine.download import Progress
from platform_compiler.localcluster.certificates import write_certificates
from platform_compiler.localcluster.process import Process
from platform_compiler.localcluster.programs import KUBERNETES_VERSION, Programs

CONTEXT: Final = "platc-local"
"""The kubeconfig's context, which environments name as their target."""
ORDER: Final = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")
READY_SECONDS: Final = 120.0
POLL_SECONDS: Final = 0.05
SERVICE_RANGE: Final = "10.96.0.0/16"
NODES: Final = 2
STORAGE_CLASS: Final = "kwok-volume"
"""The class whose volumes kwok pretends to provide."""
_SIMULATED: Final = Path(__file__).parent / "simulated.yaml"


class LocalClusterError(Exception):
    """The control plane did not come up; the text names the program and the end of its log."""


class LocalCluster:
    """A control plane in `folder`. `durable` is off in tests: etcd then does not wait for the disk."""

    def __init__(self, folder: Path, programs: Programs, *, durable: bool = True) -> None:
        self.folder = folder
        self._programs = programs
        self._durable = durable
        self._processes = {name: Process(folder, name) for name in ORDER}
        self._started: set[str] = set()

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig; readable by its owner only."""
        return self.folder / "admin.kubeconfig"

    @property
    def server(self) -> str:
        """The API server's address."""
        return f"https://127.0.0.1:{self._ports['kube-apiserver']}"

    @property
    def kubectl(self) -> list[str]:
        """The command to talk to this cluster by hand."""
        return [self._programs.path("kubectl"), "--kubeconfig", str(self.kubeconfig)]

    def running(self) -> dict[str, int | None]:
        """The process number of each program, None where it does not run."""
        return {name: process.pid for name, process in self._processes.items()}

    def up(self, progress: Progress) -> None:
        """Start what does not run, wait until nodes are Ready; raises `LocalClusterError`. Twice is fine."""
        if not (self.folder / "ports.json").is_file():
            self._prepare()
        for name in ORDER[:2]:
            self.start(name)
        progress(f"starting Kubernetes {KUBERNETES_VERSION}")
        self.wait_ready()
        for name in ORDER[2:]:
            self.start(name)
        self._furnish()
        progress("waiting for the nodes")
        self._wait("kwok", self._nodes_ready)

    def down(self) -> None:
        """Stop every program, dependents first; the data stays."""
        for name in reversed(ORDER):
            self.stop(name)

    def delete(self) -> None:
        """Stop every program and remove the folder."""
        self.down()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, name: str) -> None:
        """Start one program; nothing happens when it runs."""
        if self._processes[name].pid is None:
            self._processes[name].start([self._programs.path(name), *self._flags()[name]])
            self._started.add(name)

    def stop(self, name: str, with_signal: signal.Signals = signal.SIGTERM) -> None:
        """End one program."""
        self._started.discard(name)
        self._processes[name].stop(with_signal)

    def wait_ready(self) -> None:
        """Wait until the API server says that it is ready; raises `LocalClusterError`."""
        self._wait("kube-apiserver", lambda: self._kubectl("get", "--raw", "/readyz") == "ok")

    @property
    def _ports(self) -> dict[str, int]:
        ports: dict[str, int] = json.loads((self.folder / "ports.json").read_text(encoding="utf-8"))
        return ports

    def _prepare(self) -> None:
        """Everything that a first start needs; what a broken try left behind goes."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, mode=0o700)
        write_certificates(self._pki)
        ports = dict(zip(("etcd", "etcd-peer", *ORDER[1:]), free_ports(len(ORDER) + 1), strict=True))
        for user, name in (("admin", "admin"), *((name, name) for name in ORDER[2:])):
            _write_private(self.folder / f"{name}.kubeconfig", self._kubeconfig(user, ports["kube-apiserver"]))
        documents = [file.read_text(encoding="utf-8") for file in (*self._programs.stages(), _SIMULATED)]
        text = "\n---\n".join(documents).replace("@LOGS@", str(self.folder / "container.log"))
        (self.folder / "kwok.yaml").write_text(text, encoding="utf-8")
        (self.folder / "container.log").write_text(CONTAINER_LOG, encoding="utf-8")
        (self.folder / "ports.json").write_text(json.dumps(ports), encoding="utf-8")

    @property
    def _pki(self) -> Path:
        return self.folder / "pki"

    def _pem(self, name: str) -> str:
        return str(self._pki / name)

    def _kubeconfig(self, user: str, port: int) -> str:
        server = {"server": f"https://127.0.0.1:{port}", "certificate-authority": self._pem("ca.crt")}
        client = {"client-certificate": self._pem(f"{user}.crt"), "client-key": self._pem(f"{user}.key")}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": CONTEXT,
            "clusters": [{"name": CONTEXT, "cluster": server}],
            "users": [{"name": CONTEXT, "user": client}],
            "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT}}],
        }
        return yaml.safe_dump(config, sort_keys=False)

    def _flags(self) -> dict[str, list[str]]:
        ports, pem = self._ports, self._pem
        etcd, peer = (f"https://127.0.0.1:{ports[name]}" for name in ("etcd", "etcd-peer"))
        server = [f"--cert-file={pem('server.crt')}", f"--key-file={pem('server.key')}"]
        trust = [f"--trusted-ca-file={pem('ca.crt')}", "--client-cert-auth"]
        quick = [] if self._durable else ["--unsafe-no-fsync"]
        controllers = [
            f"--kubeconfig={self.folder / 'kube-controller-manager.kubeconfig'}",
            f"--service-account-private-key-file={pem('service-account.key')}",
            f"--root-ca-file={pem('ca.crt')}",
            "--use-service-account-credentials",
            "--controllers=*,-nodeipam,-cloud-node-lifecycle,-service-lb-controller,-node-route-controller",
            "--terminated-pod-gc-threshold=100",
        ]
        return {
            "etcd": [
                f"--data-dir={self.folder / 'etcd'}", *quick,
                f"--listen-client-urls={etcd}", f"--advertise-client-urls={etcd}", *server, *trust,
                f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}",
                f"--initial-cluster=default={peer}",
                f"--peer-cert-file={pem('server.crt')}", f"--peer-key-file={pem('server.key')}",
                f"--peer-trusted-ca-file={pem('ca.crt')}", "--peer-client-cert-auth",
            ],
            "kube-apiserver": [
                "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
                f"--secure-port={ports['kube-apiserver']}",
                f"--etcd-servers={etcd}", f"--etcd-cafile={pem('ca.crt')}",
                f"--etcd-certfile={pem('etcd-client.crt')}", f"--etcd-keyfile={pem('etcd-client.key')}",
                f"--client-ca-file={pem('ca.crt')}",
                f"--tls-cert-file={pem('server.crt')}", f"--tls-private-key-file={pem('server.key')}",
                f"--service-account-key-file={pem('service-account.key')}",
                f"--service-account-signing-key-file={pem('service-account.key')}",
                "--service-account-issuer=https://kubernetes.default.svc",
                f"--service-cluster-ip-range={SERVICE_RANGE}",
                "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
                "--kubelet-preferred-address-types=InternalIP",
                f"--kubelet-client-certificate={pem('kubelet-client.crt')}",
                f"--kubelet-client-key={pem('kubelet-client.key')}",
                f"--kubelet-certificate-authority={pem('ca.crt')}",
                "--endpoint-reconciler-type=none",
            ],
            "kube-controller-manager": [
                *controllers, "--bind-address=127.0.0.1", f"--secure-port={ports['kube-controller-manager']}",
                "--leader-elect=false",
            ],
            "kube-scheduler": [
                f"--kubeconfig={self.folder / 'kube-scheduler.kubeconfig'}", "--bind-address=127.0.0.1",
                f"--secure-port={ports['kube-scheduler']}", "--leader-elect=false",
            ],
            "kwok": [
                f"--kubeconfig={self.folder / 'kwok.kubeconfig'}", f"--config={self.folder / 'kwok.yaml'}",
                "--manage-all-nodes", "--node-lease-duration-seconds=40", "--node-ip=127.0.0.1",
                f"--node-port={ports['kwok']}", f"--server-address=127.0.0.1:{ports['kwok']}",
                f"--tls-cert-file={pem('server.crt')}", f"--tls-private-key-file={pem('server.key')}",
            ],
        }  # fmt: skip

    def _furnish(self) -> None:
        """Nodes and a default class of storage; as often as one likes."""
        nodes = [_node(f"node-{number}") for number in range(1, NODES + 1)]
        documents = yaml.safe_dump_all([*nodes, _storage_class()])
        self._kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", text=documents, check=True)

    def _nodes_ready(self) -> bool:
        path = "jsonpath={.items[*].status.conditions[?(@.type=='Ready')].status}"
        states = self._kubectl("get", "nodes", "-o", path).split()
        return len(states) == NODES and set(states) == {"True"} and bool(self._default_account())

    def _default_account(self) -> str:
        """The account that pods of the namespace `default` get; controllers make it a moment after they start."""
        return self._kubectl("get", "serviceaccount", "default", "-o", "name")

    def _kubectl(self, *arguments: str, text: str = "", check: bool = False) -> str:
        command = [*self.kubectl, "--request-timeout=10s", *arguments]
        result = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False)
        if check and result.returncode != 0:
            raise LocalClusterError(f"kubectl {arguments[0]} failed: {result.stderr.strip()}")
        return result.stdout if result.returncode == 0 else ""

    def _wait(self, name: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not ready():
            dead = next((other for other in self._started if self._processes[other].pid is None), None)
            if dead or time.monotonic() > deadline:
                raise LocalClusterError(self._story(dead or name, ended=dead is not None))
            time.sleep(POLL_SECONDS)

    def _story(self, name: str, *, ended: bool) -> str:
        log = self._processes[name].log
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:] if log.exists() else []
        what = "has ended" if ended else f"is not ready after {READY_SECONDS:.0f} s"
        return "\n".join([f"{name} {what}; the end of {log}:", *(f"  {line[:300]}" for line in lines)])


CONTAINER_LOG: Final = """\
2026-01-01T00:00:00.000000000Z stdout F a simulated container: no image runs on these nodes
2026-01-01T00:00:01.000000000Z stderr F fatal: it was told to crash
"""
"""What every simulated container says, in the form of the container runtime interface's log files."""


def free_ports(number: int) -> list[int]:
    """Ports of the loopback that nobody listens on now."""
    with ExitStack() as stack:
        return list(_bound(number, stack))


def _bound(number: int, stack: ExitStack) -> Iterator[int]:
    for _ in range(number):
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        yield int(listener.getsockname()[1])


def _write_private(file: Path, text: str) -> None:
    with open(file, "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as handle:
        handle.write(text)


def _node(name: str) -> dict[str, Any]:
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    zone = {"topology.kubernetes.io/zone": f"zone-{name[-1]}"}
    annotations = {"kwok.x-k8s.io/node": "fake", "node.alpha.kubernetes.io/ttl": "0"}
    resources = {"cpu": "32", "memory": "256Gi", "pods": "500", "ephemeral-storage": "1Ti"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {**labels, **zone}, "annotations": annotations},
        "status": {"allocatable": resources, "capacity": resources},
    }


def _storage_class() -> dict[str, Any]:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": STORAGE_CLASS, "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": "kwok.x-k8s.io/volume",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
        "allowVolumeExpansion": True,
    }
