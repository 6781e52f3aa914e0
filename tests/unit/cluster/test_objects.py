"""Fields that all kinds share, selectors and owners."""

from __future__ import annotations

import pytest

from platform_compiler.cluster.objects import Object, fails, holds, label_selector, owned_by
from platform_compiler.cluster.workload import newest_pods, newest_replica_set, pods_of
from tests.unit.cluster.fake import FakeReader, conditions, obj, ready_pod, replica_set, workload


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({}, ""),
        ({"matchLabels": {"b": "2", "a": "1"}}, "a=1,b=2"),
        (
            {
                "matchLabels": {"a": "1"},
                "matchExpressions": [
                    {"key": "tier", "operator": "In", "values": ["web", "api"]},
                    {"key": "track", "operator": "NotIn", "values": ["canary"]},
                    {"key": "team", "operator": "Exists"},
                    {"key": "legacy", "operator": "DoesNotExist"},
                ],
            },
            "!legacy,a=1,team,tier in (web,api),track notin (canary)",
        ),
    ],
)
def test_label_selector(selector: Object, expected: str) -> None:
    assert label_selector(selector) == expected


def test_pods_are_found_by_expressions() -> None:
    expressions = [{"key": "app.kubernetes.io/name", "operator": "In", "values": ["web", "shop"]}]
    owner = workload("StatefulSet", spec={"selector": {"matchExpressions": expressions}})
    mine, foreign = ready_pod("web-0", owner=owner), ready_pod("shop-0")
    assert [pod["metadata"]["name"] for pod in pods_of(owner, FakeReader([foreign, mine]))] == ["web-0"]


def test_only_objects_of_the_selector_are_read() -> None:
    web = workload()
    newest = replica_set(web)
    reader = FakeReader([newest, ready_pod(owner=newest)])
    assert len(newest_pods(web, reader)) == 1
    assert reader.listed == [("ReplicaSet", "app.kubernetes.io/name=web"), ("Pod", "app.kubernetes.io/name=web")]


def test_only_the_controller_owns() -> None:
    owner = workload()
    mine, other = obj("v1", "Pod", "a", owner=owner), obj("v1", "Pod", "b", owner=owner)
    other["metadata"]["ownerReferences"][0]["controller"] = False
    assert owned_by(owner, [mine, other, obj("v1", "Pod", "c")]) == [mine]


def test_revisions_are_numbers() -> None:
    web = workload()
    sets = [replica_set(web, revision) for revision in (9, 10, 2)]
    newest = newest_replica_set(web, FakeReader(sets))
    assert newest is not None
    assert newest["metadata"]["name"] == "web-10"


def test_an_unknown_condition_neither_holds_nor_fails() -> None:
    case = obj("example.com/v1", "Widget", status={"conditions": conditions(("Ready", "Unknown"))})
    assert not holds(case, "Ready")
    assert not fails(case, "Ready")
    assert not fails(case, "Absent")
