"""The cluster backend against a real API server: apply, adoption, conflicts, replacement, definitions, deletion."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from platform_compiler.cluster.client import Cluster
from platform_compiler.emit.urns import MARK
from platform_compiler.provider.backend import BackendError, Operation
from platform_compiler.provider.cluster import ClusterBackend

Object = dict[str, Any]


@dataclass
class Told:
    """What the backend reports."""

    lines: list[str] = field(default_factory=list)

    def __call__(self, message: str, *, warning: bool = False) -> None:
        self.lines.append(f"warning: {message}" if warning else message)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def namespace(cluster: Cluster, team: str) -> Iterator[str]:
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": team}}, manager="test")
    yield team
    cluster.delete({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": team}}, propagation="Background")


@pytest.fixture
def backend(cluster: Cluster) -> ClusterBackend:
    return ClusterBackend(cluster)


def urn(name: str = "app/web/object") -> str:
    return f"urn:pulumi:local::test::platc:index:App$kubernetes:core/v1:ConfigMap::{name}"


def operation(told: Told, name: str = "app/web/object", **more: Any) -> Operation:
    return Operation(urn(name), told, threading.Event(), **{"field_manager": f"pulumi-kubernetes-{name[:3]}", **more})


def config_map(namespace: str, data: dict[str, str], name: str = "web", owner: str = "app/web/object") -> Object:
    meta = {"name": name, "namespace": namespace, "annotations": {MARK: urn(owner)}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


def deployment(namespace: str, *, replicas: int | None = 2, image: str = "example.com/web:1") -> Object:
    spec: Object = {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": image}]},
        },
    }
    if replicas is not None:
        spec["replicas"] = replicas
    meta = {"name": "web", "namespace": namespace, "annotations": {MARK: urn()}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec}


def test_create_update_delete(backend: ClusterBackend, cluster: Cluster, namespace: str, told: Told) -> None:
    live = backend.create(config_map(namespace, {"a": "1", "b": "2"}), operation(told))
    assert live["metadata"]["uid"]
    live = backend.update(live, config_map(namespace, {"a": "3"}), operation(told))
    assert live["data"] == {"a": "3"}, "a field that is left out is removed"
    backend.delete(live, operation(told))
    assert cluster.get("v1", "ConfigMap", namespace, "web") is None
    backend.delete(live, operation(told))


def test_a_preview_tries_and_changes_nothing(
    backend: ClusterBackend, cluster: Cluster, namespace: str, told: Told
) -> None:
    tried = backend.create(deployment(namespace), operation(told, preview=True))
    assert tried["spec"]["progressDeadlineSeconds"] == 600, "defaults come from the API server"
    assert cluster.get("apps/v1", "Deployment", namespace, "web") is None
    wrong = deployment(namespace)
    wrong["spec"]["template"]["spec"]["containers"][0]["imagge"] = "x"
    with pytest.raises(BackendError, match=r"imagge: field not declared in schema"):
        backend.create(wrong, operation(told, preview=True))


def test_what_the_namespace_forbids_shows_in_the_preview(
    backend: ClusterBackend, cluster: Cluster, namespace: str, told: Told
) -> None:
    quota = {"hard": {"count/configmaps": "1"}}
    meta = {"name": "few", "namespace": namespace}
    cluster.apply({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta, "spec": quota}, manager="test")
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    changed = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}}
    cluster.apply(changed, manager="test")
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bad", "namespace": namespace}}
    with pytest.raises(BackendError, match='violates PodSecurity "restricted:latest"'):
        backend.create({**pod, "spec": {"containers": [{"name": "a", "image": "b"}]}}, operation(told, preview=True))


def test_own_objects_are_adopted_and_others_refused(
    backend: ClusterBackend, cluster: Cluster, namespace: str, told: Told
) -> None:
    first = backend.create(config_map(namespace, {"a": "1"}), operation(told))
    again = backend.create(config_map(namespace, {"a": "2"}), operation(told))
    assert again["metadata"]["uid"] == first["metadata"]["uid"]
    assert "adopted: it stands there from an earlier run of this stack" in told.lines
    with pytest.raises(BackendError, match=r"exists already and belongs to urn:.*web/object"):
        backend.create(config_map(namespace, {"a": "3"}, owner="app/other/object"), operation(told, "app/other/object"))
    foreign = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "theirs", "namespace": namespace}}
    cluster.apply({**foreign, "data": {"a": "theirs"}}, manager="somebody")
    wanted = config_map(namespace, {"a": "ours"}, name="theirs", owner="shop/web/env")
    with pytest.raises(BackendError, match=r"set by somebody\); to take it over: `platc up --adopt shop/web`"):
        backend.create(wanted, operation(told, "shop/web/env"))
    adopting = ClusterBackend(cluster, adopt=["shop/web"])
    assert adopting.create(wanted, operation(told, "shop/web/env"))["data"] == {"a": "ours"}


def test_deletion_spares_what_is_anothers_by_now(
    backend: ClusterBackend, cluster: Cluster, namespace: str, told: Told
) -> None:
    ours = backend.create(config_map(namespace, {"a": "1"}), operation(told))
    cluster.apply(config_map(namespace, {"a": "1"}, owner="b/c/d"), manager="other", force=True)
    backend.delete(ours, operation(told))
    assert cluster.get("v1", "ConfigMap", namespace, "web") is not None
    assert told.lines[-1].startswith("warning: kept: it belongs to urn:")
    assert backend.read(ours, operation(told)) is None


def test_conflicts_name_manager_and_field(
    backend: ClusterBackend, cluster: Cluster, namespace: str, told: Told
) -> None:
    live = backend.create(deployment(namespace), operation(told))
    change = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "example.com/web:hotfix"}]}}}}
    cluster.patch(live, change, content="application/strategic-merge-patch+json", manager="hotfix")
    with pytest.raises(BackendError) as caught:
        backend.update(live, deployment(namespace, image="example.com/web:2"), operation(told))
    assert 'conflict with "hotfix"' in str(caught.value)
    assert 'spec.template.spec.containers[name="web"].image' in str(caught.value)
    forcing = ClusterBackend(cluster, force=True)
    live = forcing.update(live, deployment(namespace, image="example.com/web:2"), operation(told))
    assert live["spec"]["template"]["spec"]["containers"][0]["image"] == "example.com/web:2"


def test_an_autoscaler_takes_over_and_gives_back(
    backend: ClusterBackend, cluster: Cluster, namespace: str, told: Told
) -> None:
    """Replicas never drop: not at the take-over, not while it scales, not at the release."""
    lowest = _LowestReplicas(cluster, namespace)
    live = backend.create(deployment(namespace, replicas=3), operation(told))
    lowest.start()
    ignoring = operation(told, ignore_changes=("spec.replicas",))
    live = backend.update(live, deployment(namespace, replicas=None), ignoring)
    assert live["spec"]["replicas"] == 3
    cluster.patch(live, {"spec": {"replicas": 5}}, manager="kube-controller-manager")
    live = backend.update(live, deployment(namespace, replicas=None, image="example.com/web:2"), ignoring)
    assert live["spec"]["replicas"] == 5
    live = backend.update(live, deployment(namespace, replicas=5, image="example.com/web:2"), operation(told))
    assert live["spec"]["replicas"] == 5
    assert lowest.stop() == 3


class _LowestReplicas:
    """Watches a Deployment's wanted replicas from another thread."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._read: Callable[[], Object | None] = lambda: cluster.get("apps/v1", "Deployment", namespace, "web")
        self._done = threading.Event()
        self._seen: list[int] = []
        self._thread = threading.Thread(target=self._watch)

    def start(self) -> None:
        self._thread.start()

    def _watch(self) -> None:
        while not self._done.is_set():
            live = self._read()
            if live is not None:
                self._seen.append(live["spec"]["replicas"])

    def stop(self) -> int:
        self._done.set()
        self._thread.join(timeout=30)
        return min(self._seen)


def test_fields_of_the_official_provider_are_handed_over(
    backend: ClusterBackend, cluster: Cluster, namespace: str, told: Told
) -> None:
    """It creates without server-side apply; a field of such an object can be removed nevertheless."""
    created = config_map(namespace, {"a": "1", "b": "2"})
    created["metadata"]["annotations"] = {}
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    live = cluster._json("POST", path, {"fieldManager": "pulumi-kubernetes"}, body=created)
    live = backend.update(live, config_map(namespace, {"a": "3"}), operation(told))
    assert live["data"] == {"a": "3"}
    managers = {(entry["manager"], entry["operation"]) for entry in live["metadata"]["managedFields"]}
    assert managers == {("pulumi-kubernetes-app", "Apply")}


def test_a_definition_and_its_custom_resource_at_once(
    backend: ClusterBackend, cluster: Cluster, namespace: str, told: Told
) -> None:
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget"}
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.acme.dev"},
        "spec": {"group": "acme.dev", "names": names, "scope": "Namespaced", "versions": [version]},
    }
    meta = {"name": "one", "namespace": namespace}
    custom = {"apiVersion": "acme.dev/v1", "kind": "Widget", "metadata": meta, "spec": {"size": 1}}
    assert backend.create(custom, operation(told, "a/b/widget", preview=True)) == custom, "nothing to try it on yet"
    waiting = threading.Thread(target=backend.create, args=(custom, operation(told, "a/b/widget")))
    waiting.start()
    defined = backend.create(definition, operation(told, "a/b/definition"))
    waiting.join(timeout=60)
    live = cluster.get("acme.dev/v1", "Widget", namespace, "one")
    assert live is not None
    assert live["spec"] == {"size": 1}
    backend.delete(live, operation(told, "a/b/widget"))
    backend.delete(defined, operation(told, "a/b/definition"))
    assert cluster.list("apiextensions.k8s.io/v1", "CustomResourceDefinition") == []


def test_deletion_waits_and_tells_what_holds_it(
    backend: ClusterBackend, cluster: Cluster, namespace: str, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = config_map(namespace, {})
    held["metadata"]["finalizers"] = ["acme.dev/hold"]
    live = backend.create(held, operation(told))
    monkeypatch.setenv("PLATC_WAIT_SECONDS", "1")
    with pytest.raises(BackendError, match=r"still being deleted after 1 s; held by: acme\.dev/hold"):
        backend.delete(live, operation(told))
    cluster.patch(live, {"metadata": {"finalizers": None}})
    backend.delete(live, operation(told))
    assert cluster.get("v1", "ConfigMap", namespace, "web") is None


def test_the_pods_of_a_deployment_go_before_it(
    backend: ClusterBackend, cluster: Cluster, namespace: str, told: Told
) -> None:
    live = backend.create(deployment(namespace), operation(told))
    assert len(cluster.list("v1", "Pod", namespace)) == 2
    backend.delete(live, operation(told))
    assert cluster.list("v1", "Pod", namespace) == []


def test_without_a_namespace_an_object_lives_in_default(backend: ClusterBackend, cluster: Cluster, told: Told) -> None:
    """As a program may leave it out; it is waited for, found again and deleted there."""
    wanted = deployment("default")
    del wanted["metadata"]["namespace"]
    live = backend.create(wanted, operation(told))
    assert live["metadata"]["namespace"] == "default"
    assert live["status"]["readyReplicas"] == 2
    assert backend.read(wanted, operation(told)) is not None
    backend.delete(live, operation(told))
    assert cluster.get("apps/v1", "Deployment", "", "web") is None
