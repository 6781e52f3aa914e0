"""Normal forms; the cases are what Kubernetes' own types (k8s.io/api) made of the same objects."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_compiler.provider.normalise import normalise
from platform_compiler.provider.prune import prune
from platform_compiler.provider.quantity import canonical
from platform_compiler.provider.wire import UNKNOWN
from tests.unit.provider.conftest import obj

CRD = "apiextensions.k8s.io/v1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", "0"), ("0.0", "0"), ("1", "1"), ("1000", "1k"), ("2000", "2k"), ("1500", "1500"), ("0.5", "500m"),
        (".5", "500m"), ("1e3", "1e3"), ("12e2", "1200"), ("1Ki", "1Ki"), ("1.5Ki", "1536"), ("0.5Ki", "512"),
        ("1024Ki", "1Mi"), ("1.5Gi", "1536Mi"), ("1048576", "1048576"), ("100m", "100m"), ("1000m", "1"),
        ("1500m", "1500m"), ("1000000n", "1m"), ("0.1n", "1n"), ("-0.5", "-500m"), ("-1.5Gi", "-1536Mi"),
        ("1e-3", "1e-3"), ("1000G", "1T"), ("1.1Gi", "1181116006400m"), ("0.3Gi", "322122547200m"), ("1.50", "1500m"),
        ("1024Ti", "1Pi"), ("0.1Ki", "102400m"), (1, "1"), (0.25, "250m"), (2000, "2k"),
    ],
)  # fmt: skip
def test_amounts_are_canonical(text: str | float, expected: str) -> None:
    assert canonical(text) == expected


@pytest.mark.parametrize("text", ["abc", "1 Gi", "1Kii", "", "1.2.3", "1e", True])
def test_what_is_no_amount_is_refused(text: str | bool) -> None:
    with pytest.raises(ValueError, match="no quantity"):
        canonical(text)


@given(st.decimals(0, 10**12, places=3).map(str), st.sampled_from(["", "m", "k", "M", "Ki", "Mi"]))
def test_canonical_is_a_fixed_point(number: str, suffix: str) -> None:
    assert canonical(canonical(number + suffix)) == canonical(number + suffix)


def pod(**spec: Any) -> dict[str, Any]:
    return obj("Deployment", "apps/v1", spec={"template": {"spec": spec}})


def pod_of(value: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = value["spec"]["template"]["spec"]
    return spec


def test_amounts_in_an_object() -> None:
    container = {"name": "c", "resources": {"requests": {"cpu": "1000m", "memory": 128}, "limits": {}}}
    volume = {"name": "v", "emptyDir": {"sizeLimit": "1024Mi"}}
    spec = pod_of(normalise(pod(containers=[container], volumes=[volume])))
    assert spec["containers"] == [{"name": "c", "resources": {"requests": {"cpu": "1", "memory": "128"}}}]
    assert spec["volumes"] == [{"name": "v", "emptyDir": {"sizeLimit": "1Gi"}}]


def test_what_equals_an_absent_value_goes_and_what_does_not_stays() -> None:
    container = {
        "name": "c",
        "args": [],
        "tty": False,
        "env": [{"name": "A", "value": ""}],
        "ports": [{"containerPort": 80, "hostPort": 0}],
        "securityContext": {"privileged": False, "runAsUser": 0, "capabilities": {"drop": []}},
        "livenessProbe": {"httpGet": {"port": 80, "httpHeaders": [{"name": "A", "value": ""}]}, "timeoutSeconds": 0},
    }
    spec = pod_of(
        normalise(
            pod(
                containers=[container],
                hostNetwork=False,
                nodeName=None,
                automountServiceAccountToken=False,
                nodeSelector={},
                volumes=[{"name": "v", "emptyDir": {}}, {"name": "h", "hostPath": {"path": "/", "type": ""}}],
            )
        )
    )
    assert spec == {
        "automountServiceAccountToken": False,
        "containers": [
            {
                "name": "c",
                "env": [{"name": "A"}],
                "ports": [{"containerPort": 80}],
                "securityContext": {"privileged": False, "runAsUser": 0, "capabilities": {}},
                "livenessProbe": {"httpGet": {"port": 80, "httpHeaders": [{"name": "A", "value": ""}]}},
            }
        ],
        "volumes": [{"name": "v", "emptyDir": {}}, {"name": "h", "hostPath": {"path": "/", "type": ""}}],
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (obj("Service", spec={"selector": {}, "ports": []}), obj("Service", spec={})),
        (obj("Deployment", "apps/v1", spec={"selector": {}}), obj("Deployment", "apps/v1", spec={"selector": {}})),
        (
            obj("NetworkPolicy", "networking.k8s.io/v1", spec={"podSelector": {}, "ingress": []}),
            obj("NetworkPolicy", "networking.k8s.io/v1", spec={"podSelector": {}}),
        ),
        (obj("ConfigMap", data={"a": ""}, binaryData={}), obj("ConfigMap", data={"a": ""})),
        (
            obj("PersistentVolumeClaim", spec={"storageClassName": ""}),
            obj("PersistentVolumeClaim", spec={"storageClassName": ""}),
        ),
        (obj("PersistentVolume", spec={"storageClassName": ""}), obj("PersistentVolume", spec={})),
        (
            obj("Role", "rbac.authorization.k8s.io/v1", rules=[]),
            obj("Role", "rbac.authorization.k8s.io/v1", rules=[]),
        ),
        (obj("Ingress", "networking.k8s.io/v1", spec={"rules": []}), obj("Ingress", "networking.k8s.io/v1", spec={})),
        (
            obj("CustomResourceDefinition", CRD, spec={"preserveUnknownFields": False}, status={}),
            obj("CustomResourceDefinition", CRD, spec={}),
        ),
        (
            obj("Widget", "acme.dev/v1", spec={"a": [], "b": None}),
            obj("Widget", "acme.dev/v1", spec={"a": [], "b": None}),
        ),
        (obj("Job", "batch/v1", spec={"suspend": False}), obj("Job", "batch/v1", spec={"suspend": False})),
        (obj("Deployment", "apps/v1", spec={"paused": False}), obj("Deployment", "apps/v1", spec={})),
    ],
)  # fmt: skip
def test_kinds_have_their_own_rules(given: dict[str, Any], expected: dict[str, Any]) -> None:
    before = copy.deepcopy(given)
    assert normalise(given) == expected
    assert given == before
    assert normalise(normalise(given)) == normalise(given)


def test_an_object_with_a_wrong_amount_or_unknowns_is_left_as_it_is() -> None:
    for cpu in ("lots", UNKNOWN):
        value = pod(containers=[{"name": "c", "args": [], "resources": {"limits": {"cpu": cpu}}}])
        assert normalise(value) == value


def test_what_only_a_cluster_writes_is_left_out() -> None:
    value = obj("Widget", "acme.dev/v1")
    value["metadata"] |= {"uid": "1", "resourceVersion": "2", "managedFields": [], "labels": {}}
    assert normalise(value)["metadata"] == {"name": "x", "namespace": "n", "labels": {}}


def test_secret_texts_become_data() -> None:
    value = normalise(obj("Secret", stringData={"A": "b"}, data={"A": "old", "C": "ZA=\n="}))
    assert value == obj("Secret", data={"A": "Yg==", "C": "ZA=\n="})
    assert normalise(obj("Secret", data={"C": "ZA=\n=", "D": "not base64!"}))["data"] == {
        "C": "ZA==",
        "D": "not base64!",
    }


def test_pruning_keeps_the_fields_of_the_shape() -> None:
    live = {"a": 1, "b": {"c": 2, "d": 3}, "list": [{"x": 1, "y": 2}, {"x": 3}], "texts": ["a", "b"], "other": {}}
    shape = {"a": 0, "b": {"c": 0}, "list": [{"x": 0}], "texts": ["z"], "other": "text", "absent": 1}
    assert prune(live, shape) == {"a": 1, "b": {"c": 2}, "list": [{"x": 1}], "texts": ["a"], "other": {}}
    assert prune({"a": [1]}, {"a": []}) == {"a": []}
