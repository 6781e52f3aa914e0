"""Diff: what changed, and what needs a new object."""

from __future__ import annotations

from typing import Any

import pytest

from platform_compiler.provider.checkpoint import Stored
from platform_compiler.provider.diff import Mutability, diff
from platform_compiler.provider.objects import AUTONAMED
from platform_compiler.provider.property_path import contains, parse_path, path_text
from platform_compiler.provider.replace_rules import touches
from platform_compiler.provider.wire import UNKNOWN, secret
from tests.unit.provider.conftest import obj

CLAIM = {"resources": {"requests": {"storage": "1Gi"}}, "accessModes": ["ReadWriteOnce"]}


def stored(inputs: dict[str, Any], live: dict[str, Any] | None = None) -> Stored:
    return Stored(inputs, live or inputs, "manager", "v1")


def kinds(old: dict[str, Any], new: dict[str, Any], **options: Any) -> dict[str, str]:
    changes = diff(stored(old), new, **options).changes
    return {change.text: change.kind + (" replace" if change.replace else "") for change in changes}


@pytest.mark.parametrize(
    ("kind", "api", "old", "new", "expected"),
    [
        ("ConfigMap", "v1", {"data": {"a": "1"}}, {"data": {"a": "2"}}, {"data.a": "update replace"}),
        ("ConfigMap", "v1", {"data": {"a": "1"}}, {}, {"data": "delete replace"}),
        ("ConfigMap", "v1", {}, {"immutable": True}, {"immutable": "add"}),
        ("Secret", "v1", {"data": {"a": "1"}}, {"data": {}}, {"data.a": "delete replace"}),
        ("Secret", "v1", {"type": "a"}, {"type": "b"}, {"type": "update replace"}),
        ("Service", "v1", {"spec": {"clusterIP": "None"}}, {"spec": {}}, {"spec.clusterIP": "delete replace"}),
        ("Service", "v1", {"spec": {"type": "A"}}, {"spec": {"type": "B"}}, {"spec.type": "update"}),
        ("Service", "v1", {}, {"spec": {"clusterIP": "None"}}, {"spec": "add replace"}),
        ("Service", "v1", {}, {"spec": {"type": "A"}}, {"spec": "add"}),
        ("Job", "batch/v1", {"spec": {"template": 1}}, {"spec": {"template": 2}}, {"spec.template": "update replace"}),
        ("Job", "batch/v1", {"spec": {"backoffLimit": 1}}, {"spec": {}}, {"spec.backoffLimit": "delete"}),
        ("Deployment", "apps/v1", {"spec": {"replicas": 2}}, {"spec": {"replicas": 3}}, {"spec.replicas": "update"}),
        (
            "Deployment",
            "apps/v1",
            {"spec": {"selector": {"matchLabels": {"a": "b"}}}},
            {"spec": {"selector": {"matchLabels": {"a": "b", "c": "d"}}}},
            {"spec.selector.matchLabels.c": "add replace"},
        ),
        (
            "PersistentVolumeClaim",
            "v1",
            {"spec": CLAIM},
            {"spec": CLAIM | {"resources": {"requests": {"storage": "2Gi"}}}},
            {"spec.resources.requests.storage": "update"},
        ),
        (
            "PersistentVolumeClaim",
            "v1",
            {"spec": CLAIM},
            {"spec": CLAIM | {"accessModes": ["ReadWriteMany"]}},
            {"spec.accessModes[0]": "update replace"},
        ),
        (
            "StatefulSet",
            "apps/v1",
            {"spec": {"serviceName": "a", "replicas": 1}},
            {"spec": {"serviceName": "b", "replicas": 2}},
            {"spec.replicas": "update", "spec.serviceName": "update replace"},
        ),
        (
            "Pod",
            "v1",
            {"spec": {"containers": [{"name": "c", "image": "a"}]}},
            {"spec": {"containers": [{"name": "c", "image": "b"}]}},
            {"spec.containers[0].image": "update replace"},
        ),
        (
            "RoleBinding",
            "rbac.authorization.k8s.io/v1",
            {"roleRef": {"name": "a"}, "subjects": [{"name": "x"}]},
            {"roleRef": {"name": "b"}, "subjects": []},
            {"roleRef.name": "update replace", "subjects": "delete"},
        ),
        ("Widget", "acme.dev/v1", {"spec": {"selector": 1}}, {"spec": {"selector": 2}}, {"spec.selector": "update"}),
    ],
)
def test_what_changed_and_what_needs_a_new_object(
    kind: str, api: str, old: dict[str, Any], new: dict[str, Any], expected: dict[str, str]
) -> None:
    result = diff(stored(obj(kind, api, **old)), obj(kind, api, **new))
    assert kinds(obj(kind, api, **old), obj(kind, api, **new)) == expected
    assert result.delete_first is any(text.endswith("replace") for text in expected.values())


def test_another_name_or_namespace_is_created_before_the_old_one_goes() -> None:
    for key in ("name", "namespace"):
        new = obj("Deployment", "apps/v1")
        new["metadata"][key] = "other"
        result = diff(stored(obj("Deployment", "apps/v1")), new)
        assert result.replaces == (f"metadata.{key}",)
        assert not result.delete_first


def test_a_generated_name_is_generated_anew() -> None:
    old = obj("ConfigMap", data={"a": "1"})
    old["metadata"]["annotations"] = {AUTONAMED: "true"}
    result = diff(stored(old), {**old, "data": {"a": "2"}})
    assert result.replaces == ("data.a",)
    assert not result.delete_first


def test_the_default_namespace_is_the_absent_one() -> None:
    old = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": "1"}}
    new = {**old, "metadata": {"name": "x", "namespace": "default"}}
    assert kinds(old, new) == {}
    assert diff(stored(old), {**old, "data": {"a": "2"}}).delete_first


def test_config_can_make_data_mutable() -> None:
    for kind, option in (("ConfigMap", "config_map"), ("Secret", "secret")):
        old, new = obj(kind, data={"a": "MQ=="}), obj(kind, data={"a": "Mg=="})
        mutable = Mutability(**{option: True})
        assert kinds(old, new, mutability=mutable) == {"data.a": "update"}
        fixed = {"immutable": True}
        assert kinds(old | fixed, new | fixed, mutability=mutable) == {"data.a": "update replace"}


def test_ignored_changes_are_no_changes() -> None:
    old = obj("Deployment", "apps/v1", spec={"replicas": 2, "template": {"spec": {"containers": [{"image": "a"}]}}})
    new = obj("Deployment", "apps/v1", spec={"template": {"spec": {"containers": [{"image": "b"}]}}})
    assert kinds(old, new, ignore=["spec.replicas", "spec.template.spec.containers[*].image"]) == {}
    assert kinds(old, new, ignore=["spec"]) == {}
    assert kinds(old, new, ignore=["spec.rep"]).keys() == kinds(old, new).keys()
    with pytest.raises(ValueError, match="no property path"):
        diff(stored(old), new, ignore=["spec["])


def test_two_ways_to_write_the_same_are_no_change() -> None:
    def container(cpu: Any, **more: Any) -> dict[str, Any]:
        return {"spec": {"template": {"spec": {"containers": [{"resources": {"limits": {"cpu": cpu}}, **more}]}}}}

    old = obj("Deployment", "apps/v1", **container("1000m"))
    assert kinds(old, obj("Deployment", "apps/v1", **container(1, args=[], tty=False))) == {}
    assert kinds(obj("Secret", stringData={"a": "b"}), obj("Secret", data=secret({"a": "Yg=="}))) == {}


def test_what_a_cluster_adds_does_not_count_and_what_it_lost_does() -> None:
    inputs = obj("Service", spec={"ports": [{"port": 80}]})
    live = obj("Service", spec={"ports": [{"port": 80, "protocol": "TCP"}], "clusterIP": "10.0.0.1"}, status={})
    assert diff(stored(inputs, live), inputs).changes == ()
    drifted = obj("Service", spec={"ports": [{"port": 81}]})
    (change,) = diff(stored(inputs, drifted), inputs).changes
    assert (change.text, change.kind) == ("spec.ports[0].port", "update")


def test_unknown_values_are_changes() -> None:
    old = obj("ConfigMap", data={"a": "1"})
    assert kinds(old, obj("ConfigMap", data={"a": UNKNOWN})) == {"data.a": "update replace"}
    assert kinds(old, obj("ConfigMap", data=UNKNOWN)) == {"data": "update replace"}
    assert kinds(old, {**old, "metadata": {"name": UNKNOWN, "namespace": "n"}}) == {"metadata.name": "update replace"}


def test_lists_are_compared_by_position_and_types_as_a_whole() -> None:
    old = obj("Widget", "acme.dev/v1", spec={"a": [1, 2], "b": {"x": 1}, "c": True})
    new = obj("Widget", "acme.dev/v1", spec={"a": [1, 3, 4], "b": [1], "c": 1})
    expected = {"spec.a[1]": "update", "spec.a[2]": "add", "spec.b": "update", "spec.c": "update"}
    assert kinds(old, new) == expected
    assert kinds(new, obj("Widget", "acme.dev/v1", spec={"a": [1], "b": [1], "c": 1})) == {
        "spec.a[1]": "delete",
        "spec.a[2]": "delete",
    }


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("spec", "containers", 0, "image"), "spec.containers[0].image"),
        (("metadata", "labels", "a.b/c"), 'metadata.labels["a.b/c"]'),
        (("data", "a-b_c/d"), "data.a-b_c/d"),
        (("data", 'a"b'), 'data["a\\"b"]'),
        (("a.b", "c"), '["a.b"].c'),
    ],
)
def test_paths_are_written_as_the_engine_reads_them(path: tuple[str | int, ...], text: str) -> None:
    assert path_text(path) == text
    assert parse_path(text) == path


def test_paths_contain_what_is_below_them() -> None:
    assert contains(parse_path("spec"), ("spec", "a", 0))
    assert contains(parse_path("spec[*].a"), ("spec", 3, "a", "b"))
    assert contains(parse_path("*"), ("spec",))
    assert not contains(parse_path("spec.a"), ("spec",))
    assert not contains(parse_path("spec.a"), ("spec", "b"))


def test_a_change_around_a_field_touches_it_when_it_has_it() -> None:
    assert touches(("spec",), {"selector": {}}, ["spec.selector"])
    assert not touches(("spec",), {"replicas": 1}, ["spec.selector"])
    assert not touches(("spec",), None, ["spec.selector"])
    assert touches(("spec", "containers"), [{"name": "a"}, {"image": "b"}], ["spec.containers.*.image"])
    assert not touches(("spec", "containers", 0), {"name": "a"}, ["spec.containers.*.image"])
