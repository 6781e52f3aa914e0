"""Objects against the schemas: what is refused, with path, expectation and nearest name; what is let pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from platform_compiler.graph.secret import SecretRef, SecretText
from platform_compiler.kubernetes.schema import schema_of, versions
from platform_compiler.kubernetes.validate import Fault, dotted, faults
from tests.conftest import ROOT

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {tier: "1"}}
spec:
  replicas: 2
  selector: {matchLabels: {a: b}}
  template:
    spec:
      containers:
      - name: web
        image: acme/web:1
        imagePullPolicy: Always
        ports: [{containerPort: 80, protocol: TCP}]
        resources: {limits: {cpu: 1, memory: 1.5Gi}}
        livenessProbe: {httpGet: {path: /, port: http}}
"""


def object_with(**changes: Any) -> dict[str, Any]:
    """The Deployment with values put at dotted paths (`__` stands for a dot, a number for an index)."""
    manifest: dict[str, Any] = yaml.safe_load(DEPLOYMENT)
    for path, value in changes.items():
        *parents, last = path.split("__")
        target: Any = manifest
        for step in parents:
            target = target[int(step)] if step.isdigit() else target[step]
        if value is None:
            del target[last]
        else:
            target[last] = value
    return manifest


def only_fault(manifest: dict[str, Any], version: str = "1.36") -> Fault:
    (fault,) = faults(manifest, schema_of(version))
    return fault


CONTAINER = "spec__template__spec__containers__0__"


def test_a_right_object_has_no_fault_in_any_version() -> None:
    assert versions() == ("1.34", "1.35", "1.36", "1.37")
    for version in versions():
        assert list(faults(object_with(), schema_of(version))) == []


@pytest.mark.parametrize(
    ("changes", "path", "summary", "hint"),
    [
        ({"spec__replica": 1}, "spec.replica", "is no field of apps.v1.DeploymentSpec", "did you mean 'replicas'?"),
        ({"spec__replicas": "2"}, "spec.replicas", "is '2'", "write 2"),
        ({"spec__replicas": True}, "spec.replicas", "is True", ""),
        ({"spec__selector": None}, "spec.selector", "is missing", ""),
        ({"metadata__labels": {"tier": 1}}, "metadata.labels.tier", "is 1", 'write "1"'),
        ({"metadata__labels": ["a"]}, "metadata.labels", "is a list", ""),
        ({"spec__template__spec__containers": {}}, "spec.template.spec.containers", "is a mapping", ""),
        ({"spec__paused": "true"}, "spec.paused", "is 'true'", "write True"),
        ({"status": {}}, "status", "is no field of apps.v1.Deployment", ""),
        (
            {CONTAINER + "imagePullPolicy": "always"},
            "spec.template.spec.containers[0].imagePullPolicy",
            "is 'always'",
            "did you mean 'Always'?",
        ),
        (
            {CONTAINER + "resources": {"limits": {"memory": "1 GB"}}},
            "spec.template.spec.containers[0].resources.limits.memory",
            "is '1 GB'",
            "",
        ),
        (
            {CONTAINER + "livenessProbe": {"httpGet": {"port": 1.5}}},
            "spec.template.spec.containers[0].livenessProbe.httpGet.port",
            "is 1.5",
            "",
        ),
        ({CONTAINER + "ports": [{}]}, "spec.template.spec.containers[0].ports[0].containerPort", "is missing", ""),
    ],
)
def test_a_fault_names_its_path_and_the_fix(changes: dict[str, Any], path: str, summary: str, hint: str) -> None:
    fault = only_fault(object_with(**changes))
    assert dotted(fault.path) == path
    assert fault.summary == f"{path} {summary}"
    assert fault.hint == hint
    assert fault.expected


@pytest.mark.parametrize(
    ("api_version", "kind", "hint"),
    [
        ("autoscaling/v2beta2", "HorizontalPodAutoscaler", "did you mean 'autoscaling/v2 HorizontalPodAutoscaler'?"),
        ("apps/v1", "Deploymnet", "did you mean 'apps/v1 Deployment'?"),
        ("v1", "Deployment", "did you mean 'apps/v1 Deployment'?"),
    ],
)
def test_an_unknown_kind_names_the_nearest(api_version: str, kind: str, hint: str) -> None:
    fault = only_fault({"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}})
    assert fault.summary == f"Kubernetes has no {api_version} {kind}"
    assert fault.hint == hint


def test_versions_differ() -> None:
    pod = {"apiVersion": "networking.k8s.io/v1beta1", "kind": "IPAddress", "metadata": {"name": "x"}, "spec": {}}
    assert "spec.parentRef" in only_fault(pod, "1.36").summary
    assert "has no" in only_fault(pod, "1.37").summary


def test_custom_resources_are_not_checked_and_secrets_are_text() -> None:
    custom = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": {"name": "x"},
        "spec": {"x": 1},
    }
    assert list(faults(custom, schema_of("1.36"))) == []
    text = SecretText((SecretRef("config", "web", "key"),))
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "stringData": {"key": text}}
    assert list(faults(secret, schema_of("1.36"))) == []
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "immutable": text}
    assert only_fault(config).summary == "immutable is a secret"


def test_an_unsupported_version_is_refused() -> None:
    with pytest.raises(KeyError):
        schema_of("1.12")


FREE = {"annotations", "data", "labels", "limits", "matchLabels", "requests"}
"""Fields that hold names of the author's own."""


def broken(value: Any, path: tuple[str, ...] = ()) -> Iterator[Any]:
    """`value` with one leaf of no type that YAML has, or with one field renamed: every way to do so, one at a time."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            others = {name: other for name, other in value.items() if name != key}
            if "/" not in key and (not path or path[-1] not in FREE):
                yield {**others, f"{key}X": item}
            yield from ({**others, key: worse} for worse in broken(item, (*path, key)))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from ([*value[:index], worse, *value[index + 1 :]] for worse in broken(item, path))
    else:
        yield frozenset()


def test_whatever_is_broken_in_a_golden_is_told() -> None:
    seen = 0
    for file in ROOT.glob("blueprints/examples/*/expected/*.yaml"):
        for manifest in filter(None, yaml.safe_load_all(file.read_text())):
            for worse in broken(manifest):
                assert next(faults(worse, schema_of("1.36")), None) is not None, worse
                seen += 1
    assert seen > 1000


def test_every_golden_of_this_repository_fits_every_version() -> None:
    files = [*ROOT.glob("tests/cases/compile/*/expected/*.yaml"), *ROOT.glob("blueprints/examples/*/expected/*.yaml")]
    assert len(files) > 5
    for file in files:
        for manifest in filter(None, yaml.safe_load_all(file.read_text())):
            for version in versions():
                assert list(faults(manifest, schema_of(version))) == [], file
