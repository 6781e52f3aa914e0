"""Type tokens, ids, scopes and file names."""

from __future__ import annotations

import pytest

from platform_compiler.provider.objects import (
    InvalidObjectError,
    Token,
    file_name,
    is_namespaced,
    name_in_urn,
    object_id,
    token_of,
)
from tests.unit.provider.conftest import obj, urn


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("kubernetes:core/v1:ConfigMap", Token("v1", "ConfigMap")),
        ("kubernetes:apps/v1:Deployment", Token("apps/v1", "Deployment")),
        ("kubernetes:rbac.authorization.k8s.io/v1:Role", Token("rbac.authorization.k8s.io/v1", "Role")),
        ("kubernetes:acme.dev/v1alpha1:Widget", Token("acme.dev/v1alpha1", "Widget")),
        ("kubernetes:acme.dev/v1:AllowList", Token("acme.dev/v1", "AllowList")),
    ],
)
def test_tokens_give_version_and_kind(token: str, expected: Token) -> None:
    assert token_of(urn(token)) == expected


@pytest.mark.parametrize(
    "token", ["kubernetes:helm.sh/v3:Release", "kubernetes:yaml:ConfigFile", "kubernetes:core/v1:PodList", "kubernetes"]
)
def test_types_that_are_no_object_are_refused(token: str) -> None:
    with pytest.raises(InvalidObjectError, match=token):
        token_of(urn(token))


def test_the_logical_name_may_hold_colons_and_slashes() -> None:
    assert name_in_urn(urn(name="shop/web::env")) == "shop/web::env"


def test_ids_have_the_namespace_that_is_written() -> None:
    assert object_id(obj("ConfigMap")) == "n/x"
    assert object_id({"kind": "ConfigMap", "metadata": {"name": "x"}}) == "x"
    assert object_id({"kind": "Namespace", "metadata": {"name": "shop"}}) == "shop"


def test_scopes_follow_from_group_and_kind() -> None:
    assert is_namespaced(obj("Service"), {})
    assert not is_namespaced(obj("Namespace"), {})
    assert is_namespaced(obj("Namespace", "acme.dev/v1"), {})
    assert not is_namespaced(obj("Widget", "acme.dev/v1"), {("acme.dev", "Widget"): False})
    assert not is_namespaced(obj("GatewayClass", "gateway.networking.k8s.io/v1"), {})


def test_file_names_are_the_official_ones() -> None:
    assert file_name(obj("Service")) == "1-manifest/v1-service-n-x.yaml"
    assert file_name(obj("Deployment", "apps/v1")) == "1-manifest/apps_v1-deployment-n-x.yaml"
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    assert file_name(namespace) == "1-manifest/v1-namespace-default-shop.yaml"
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "system:x"}}
    assert file_name(role) == "1-manifest/rbac.authorization.k8s.io_v1-clusterrole-default-system:x.yaml"
    definition = obj("CustomResourceDefinition", "apiextensions.k8s.io/v1")
    assert file_name(definition).startswith("0-crd/apiextensions.k8s.io_v1-customresourcedefinition-")


@pytest.mark.parametrize("name", ["../x", "a/b", "..", ".", "a\\b", "a\0b", "a%2fb", "", "x" * 254])
def test_a_name_that_leads_out_of_the_folder_has_no_file(name: str) -> None:
    for field in ("name", "namespace"):
        if field == "namespace" and not name:
            continue  # an absent namespace is the default one
        evil = obj("ConfigMap")
        evil["metadata"][field] = name
        with pytest.raises(InvalidObjectError):
            file_name(evil)
