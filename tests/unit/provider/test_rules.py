"""Check, diff and render, rule by rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from platform_compiler.provider.backend import BackendError
from platform_compiler.provider.check import AUTONAMED, check
from platform_compiler.provider.diff import diff, path_text
from platform_compiler.provider.objects import InvalidObjectError, file_name, object_id, token_parts
from platform_compiler.provider.render import RenderBackend
from platform_compiler.provider.wire import UNKNOWN, has_unknowns, is_secret, reveal, secret, to_python, to_struct

URN = "urn:pulumi:dev::shop::platc:index:App$platc:index:Component$kubernetes:core/v1:ConfigMap::web/web/env"
DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}}


def obj(kind: str, api: str = "v1", **body: Any) -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": "x", "namespace": "n"}, **body}


def test_tokens_give_version_and_kind() -> None:
    assert token_parts(URN) == ("v1", "ConfigMap")
    assert token_parts("urn:pulumi:d::p::kubernetes:networking.k8s.io/v1:Ingress::x") == (
        "networking.k8s.io/v1",
        "Ingress",
    )


def test_check_completes_version_kind_and_namespace() -> None:
    inputs = check(URN, {"metadata": {"name": "a"}}, {}, seed=b"1", namespace="team")
    assert inputs == {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "team"}}


def test_check_names_an_object_without_a_name_and_keeps_the_name() -> None:
    first = check(URN, {"data": {}}, {}, seed=b"1")
    again = check(URN, {"data": {"a": "b"}}, first, seed=b"2")
    assert first["metadata"]["name"].startswith("env-")
    assert first["metadata"]["annotations"] == {AUTONAMED: "true"}
    assert again["metadata"]["name"] == first["metadata"]["name"]


@pytest.mark.parametrize("inputs", [{"kind": "Secret"}, {"metadata": "x"}, {"apiVersion": "apps/v1"}])
def test_check_refuses_what_is_no_such_object(inputs: dict[str, Any]) -> None:
    with pytest.raises(InvalidObjectError):
        check(URN, inputs, {}, seed=b"1")


def test_a_secrets_text_becomes_encrypted_data() -> None:
    urn = URN.replace("ConfigMap", "Secret")
    inputs = check(urn, {"metadata": {"name": "s"}, "stringData": secret({"A": "b"})}, {}, seed=b"1")
    assert "stringData" not in inputs
    assert is_secret(inputs["data"])
    assert reveal(inputs["data"]) == {"A": "Yg=="}


def test_unknown_secret_data_passes_through() -> None:
    urn = URN.replace("ConfigMap", "Secret")
    inputs = check(urn, {"metadata": {"name": "s"}, "stringData": UNKNOWN}, {}, seed=b"1")
    assert inputs["stringData"] == UNKNOWN
    assert has_unknowns(inputs)


@pytest.mark.parametrize(
    ("old", "new", "path", "replaces"),
    [
        (obj("ConfigMap", data={"a": "1"}), obj("ConfigMap", data={"a": "2"}), "data.a", True),
        (obj("Secret", data={"a": "1"}), obj("Secret", data={}), "data.a", True),
        (obj("Service", spec={"clusterIP": "None"}), obj("Service", spec={}), "spec.clusterIP", True),
        (obj("Service", spec={"type": "A"}), obj("Service", spec={"type": "B"}), "spec.type", False),
        (
            obj("Job", "batch/v1", spec={"template": 1}),
            obj("Job", "batch/v1", spec={"template": 2}),
            "spec.template",
            True,
        ),
        (obj("Job", "batch/v1", spec={"backoffLimit": 1}), obj("Job", "batch/v1", spec={}), "spec.backoffLimit", False),
        (
            obj("PersistentVolumeClaim", spec={"resources": {"requests": {"storage": "1Gi"}}}),
            obj("PersistentVolumeClaim", spec={"resources": {"requests": {"storage": "2Gi"}}}),
            "spec.resources.requests.storage",
            False,
        ),
        (
            obj("StatefulSet", "apps/v1", spec={"serviceName": "a"}),
            obj("StatefulSet", "apps/v1", spec={"serviceName": "b"}),
            "spec.serviceName",
            True,
        ),
    ],
)
def test_what_needs_a_new_object(old: dict[str, Any], new: dict[str, Any], path: str, replaces: bool) -> None:
    result = diff(old, new)
    assert [change.text for change in result.changes] == [path]
    assert result.replaces == ((path,) if replaces else ())
    assert result.delete_first is replaces


def test_another_name_is_created_before_the_old_one_goes() -> None:
    other = {**DEPLOYMENT, "metadata": {"name": "other", "namespace": "shop"}}
    result = diff(DEPLOYMENT, other)
    assert result.replaces == ("metadata.name",)
    assert not result.delete_first


def test_ignored_changes_are_no_changes() -> None:
    old = {**DEPLOYMENT, "spec": {"replicas": 2, "paused": False}}
    new = {**DEPLOYMENT, "spec": {"paused": False}}
    assert diff(old, new, ignore=["spec.replicas"]).changes == ()


def test_paths_quote_keys_with_dots() -> None:
    assert path_text(("spec", "containers", 0, "image")) == "spec.containers[0].image"
    assert path_text(("metadata", "labels", "a.b/c")) == 'metadata.labels["a.b/c"]'


def test_wire_round_trip_keeps_numbers_lists_and_marks() -> None:
    value = {"a": 1, "b": 1.5, "c": [True, "x", {"d": []}], "e": {}, "f": secret("s")}
    assert to_python(to_struct(value)) == value


def test_ids_and_file_names() -> None:
    assert object_id(DEPLOYMENT) == "shop/web"
    assert object_id({"kind": "Namespace", "metadata": {"name": "shop"}}) == "shop"
    assert file_name(DEPLOYMENT) == "1-manifest/apps_v1-deployment-shop-web.yaml"
    crd = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "a.b.c"}}
    assert file_name(crd).startswith("0-crd/")


def test_a_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    evil = obj("ConfigMap") | {"metadata": {"name": "../../../../etc/x", "namespace": "/n"}}
    RenderBackend(str(tmp_path / "out")).create(evil, lambda *_args, **_kwargs: None)
    (file,) = tmp_path.rglob("*.yaml")
    assert file.parent == tmp_path / "out" / "1-manifest"


def test_render_writes_updates_reads_and_deletes(tmp_path: Path) -> None:
    told: list[str] = []

    def report(message: str, *, warning: bool = False) -> None:
        told.append(f"{'warning ' if warning else ''}{message}")

    backend = RenderBackend(str(tmp_path))
    first = obj("ConfigMap", data={"a": "1"})
    backend.create(first, report)
    (file,) = tmp_path.rglob("*.yaml")
    assert yaml.safe_load(file.read_text()) == first
    assert backend.read(first) == first
    renamed = first | {"metadata": {"name": "y", "namespace": "n"}}
    backend.update(first, renamed, report)
    assert [path.name for path in tmp_path.rglob("*.yaml")] == ["v1-configmap-n-y.yaml"]
    backend.delete(renamed, report)
    backend.delete(renamed, report)
    assert backend.read(renamed) is None
    assert list(tmp_path.rglob("*.tmp")) == []
    assert told[0].startswith("rendered ")
    backend.create(obj("Secret", data=secret({"a": "Yg=="})), report)
    assert any(line.startswith("warning ") and "plaintext" in line for line in told)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "1-manifest").write_text("a file in the way")
    with pytest.raises(BackendError, match="cannot write"):
        RenderBackend(str(tmp_path)).create(obj("ConfigMap"), lambda *_args, **_kwargs: None)
