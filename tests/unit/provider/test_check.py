"""Check, rule by rule."""

from __future__ import annotations

from typing import Any

import pytest

from platform_compiler.provider.check import Naming, Rules, check
from platform_compiler.provider.objects import AUTONAMED, InvalidObjectError
from platform_compiler.provider.wire import SIGNATURE, UNKNOWN, is_secret, reveal, secret
from tests.unit.provider.conftest import obj, urn

SEEDED = Naming(b"seed")
SECRET = "kubernetes:core/v1:Secret"


def run(
    news: dict[str, Any],
    olds: dict[str, Any] | None = None,
    *,
    token: str = "kubernetes:core/v1:ConfigMap",
    name: str = "shop/web/env",
    naming: Naming = SEEDED,
    **rules: Any,
) -> dict[str, Any]:
    return check(urn(token, name), news, olds or {}, naming=naming, rules=Rules(**rules))


def test_version_kind_and_namespace_are_completed() -> None:
    inputs = run({"metadata": {"name": "a"}}, namespace="team")
    assert inputs == {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "team"}}
    kept = run({"metadata": {"name": "a", "namespace": "own"}}, namespace="team")
    assert kept["metadata"]["namespace"] == "own"


def test_kinds_without_a_namespace_get_none() -> None:
    inputs = run({"metadata": {"name": "a"}}, token="kubernetes:core/v1:Namespace", namespace="team")
    assert "namespace" not in inputs["metadata"]
    widget = "kubernetes:acme.dev/v1:Widget"
    assert run({}, token=widget, namespace="t")["metadata"]["namespace"] == "t"
    assert "namespace" not in run({}, token=widget, namespace="t", scopes={("acme.dev", "Widget"): False})["metadata"]


def test_an_object_without_a_name_gets_one_and_keeps_it() -> None:
    first = run({"data": {}})
    assert first["metadata"]["name"].startswith("env-")
    assert len(first["metadata"]["name"]) == len("env-") + 8
    assert first["metadata"]["annotations"] == {AUTONAMED: "true"}
    again = run({"data": {"a": "b"}, "metadata": {"annotations": {"x": "y"}}}, first, naming=Naming(b"other"))
    assert again["metadata"]["name"] == first["metadata"]["name"]
    assert again["metadata"]["annotations"] == {"x": "y", AUTONAMED: "true"}
    assert run({"data": {}}, naming=Naming(b"other"))["metadata"]["name"] != first["metadata"]["name"]


def test_the_stacks_naming_rules_are_followed() -> None:
    assert run({}, naming=Naming(b"s", "propose", "web-dev"))["metadata"]["name"] == "web-dev"
    with pytest.raises(InvalidObjectError, match="autonaming is disabled"):
        run({}, naming=Naming(b"s", "disable"))
    assert run({"metadata": {"name": "a"}}, naming=Naming(b"s", "disable"))["metadata"]["name"] == "a"


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        ({"kind": "Secret"}, "kind"),
        ({"metadata": "x"}, "metadata"),
        ({"metadata": ["x"]}, "metadata"),
        ({"apiVersion": "apps/v1"}, "apiVersion"),
        ({"metadata": {"generateName": "x-"}}, "metadata.generateName"),
        ({"metadata": {"name": "../../x"}}, "metadata.name"),
        ({"metadata": {"name": 7}}, "metadata.name"),
        ({"metadata": {"name": "x", "namespace": "a/b"}}, "metadata.namespace"),
        ({"data": {"file": {SIGNATURE: "c44067f5952c0a294b673a41bacd8c17"}}}, ""),
    ],
)
def test_what_is_no_such_object_is_refused(inputs: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidObjectError) as error:
        run(inputs)
    assert error.value.field == field


def test_patches_of_objects_in_a_cluster_are_refused() -> None:
    with pytest.raises(InvalidObjectError, match="lives in a cluster"):
        run({"kind": "ConfigMap", "metadata": {"name": "x"}}, token="kubernetes:core/v1:ConfigMapPatch")


def test_a_secrets_text_becomes_secret_data() -> None:
    inputs = run({"metadata": {"name": "s"}, "stringData": secret({"A": "b"})}, token=SECRET)
    assert "stringData" not in inputs
    assert is_secret(inputs["data"])
    assert reveal(inputs["data"]) == {"A": "Yg=="}
    unmarked = run({"metadata": {"name": "s"}, "data": {"A": "Yg=="}}, token=SECRET)
    assert is_secret(unmarked["data"])


@pytest.mark.parametrize("texts", [UNKNOWN, secret(UNKNOWN), {"A": UNKNOWN}, secret({"A": UNKNOWN, "B": "c"})])
def test_unknown_secret_data_passes_through(texts: Any) -> None:
    inputs = run({"metadata": {"name": "s"}, "stringData": texts}, token=SECRET)
    assert inputs["stringData"] == secret(reveal(texts))


def test_unknown_names_and_metadata_pass_through() -> None:
    assert run({"metadata": {"name": UNKNOWN}})["metadata"] == {"name": UNKNOWN}
    assert run({"metadata": UNKNOWN}, namespace="n", client_side_apply=True)["metadata"] == UNKNOWN
    annotations = run({"metadata": {"annotations": UNKNOWN}})["metadata"]
    assert annotations["annotations"] == UNKNOWN
    assert annotations["name"].startswith("env-")


def test_client_side_apply_labels_new_objects_and_keeps_old_labels() -> None:
    label = {"app.kubernetes.io/managed-by": "pulumi"}
    assert run({"metadata": {"name": "a"}}, client_side_apply=True)["metadata"]["labels"] == label
    assert "labels" not in run({"metadata": {"name": "a"}})["metadata"]
    old = obj("ConfigMap") | {"metadata": {"name": "a", "labels": label}}
    assert run({"metadata": {"name": "a"}}, old)["metadata"]["labels"] == label


def test_secrets_stay_where_they_are() -> None:
    news = {
        "metadata": {"name": "d"},
        "spec": {"template": {"spec": {"containers": [{"name": "c", "env": [{"name": "A", "value": secret("s")}]}]}}},
    }
    inputs = run(news, token="kubernetes:apps/v1:Deployment")
    containers = inputs["spec"]["template"]["spec"]["containers"]
    assert containers == secret([{"name": "c", "env": [{"name": "A", "value": "s"}]}])


def test_definitions_are_stored_with_dashes() -> None:
    token = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
    inputs = run({"metadata": {"name": "a"}, "spec": {"x_kubernetes_validations": []}}, token=token)
    assert inputs["spec"] == {"x-kubernetes-validations": []}
