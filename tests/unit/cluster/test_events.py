"""Events: repeated ones once, the newest last."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from platform_compiler.cluster.events import age, events_of, last_events, shorten
from tests.unit.cluster.fake import NOW, FakeReader, event, pod, workload

WEB = workload()
POD = pod()


def lines(*events: Any, limit: int = 5) -> list[str]:
    return [item.line(NOW) for item in last_events([WEB, POD], FakeReader([*events]), limit=limit)]


def test_the_newest_is_last_and_those_of_other_objects_are_left_out() -> None:
    late = event(POD, "BackOff", "Back-off restarting failed container", at="11:59:30", number=7)
    early = event(WEB, "ScalingReplicaSet", "Scaled up replica set web-1 from 0 to 3", at="10:00:00", type="Normal")
    other = event(pod("other"), "Failed", "Error: other")
    assert lines(late, other, early) == [
        "2h ago  Deployment web: ScalingReplicaSet: Scaled up replica set web-1 from 0 to 3",
        "30s ago  Pod web-1-a: BackOff: Back-off restarting failed container (7 times)",
    ]


def test_an_object_of_the_same_name_that_is_gone_does_not_count() -> None:
    gone = pod(meta={"uid": "another"})
    assert events_of(POD, FakeReader([event(gone, "Failed", "of an earlier pod")])) == []


def test_the_same_message_with_other_generated_names_is_told_once() -> None:
    def refused(suffix: str) -> str:
        return f'Error creating: pods "web-1-{suffix}" is forbidden: exceeded quota: base'

    suffixes = ["x7k2p", "bd4fz", "qq9vt"]
    events = [event(WEB, "FailedCreate", refused(name), at=f"11:58:0{n}") for n, name in enumerate(suffixes)]
    combined = f"(combined from similar events): {refused('zz5xw')}"
    events.append(event(WEB, "FailedCreate", combined, at="11:58:30", number=4))
    assert lines(*events) == [f"1m ago  Deployment web: FailedCreate: {refused('zz5xw')} (7 times)"]


def test_normal_events_give_way_to_warnings() -> None:
    normal = [event(POD, f"Step{n}", "done", at=f"11:59:0{n}", type="Normal") for n in range(4)]
    warnings = [event(POD, f"Bad{n}", "not done", at=f"11:50:0{n}") for n in range(2)]
    kept = [item.reason for item in last_events([POD], FakeReader([*normal, *warnings]), limit=3)]
    assert kept == ["Bad0", "Bad1", "Step3"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"lastTimestamp": "2026-11-24T11:00:00Z"}, "1h ago"),
        ({"lastTimestamp": None, "count": None, "eventTime": "2026-11-24T11:30:00.123456Z"}, "29m ago"),
        ({"lastTimestamp": None, "eventTime": None, "firstTimestamp": "2026-11-24T10:00:00Z"}, "2h ago"),
        ({"lastTimestamp": None, "eventTime": None, "firstTimestamp": None}, "9m ago"),
        (
            {
                "lastTimestamp": None,
                "count": None,
                "eventTime": "2026-11-24T10:00:00.000000Z",
                "series": {"count": 12, "lastObservedTime": "2026-11-24T11:59:00.000000Z"},
            },
            "1m ago",
        ),
    ],
)
def test_time_of_events_of_both_kinds(fields: dict[str, Any], expected: str) -> None:
    found = event(POD, "FailedScheduling", "0/3 nodes are available", **fields)
    series = fields.get("series", {}).get("count")
    again = f" ({series} times)" if series else ""
    assert lines(found) == [f"{expected}  Pod web-1-a: FailedScheduling: 0/3 nodes are available{again}"]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-5, "0s"), (0, "0s"), (59, "59s"), (60, "1m"), (3599, "59m"), (3600, "1h"), (86399, "23h"), (200000, "2d")],
)
def test_age(seconds: int, expected: str) -> None:
    assert age(NOW - timedelta(seconds=seconds), NOW) == expected


def test_long_and_many_lined_messages_become_one_short_line() -> None:
    assert shorten("a\n  b\tc", 10) == "a b c"
    assert shorten("x" * 10, 10) == "x" * 10
    assert shorten("x" * 11, 10) == "x" * 9 + "…"
    [line] = lines(event(POD, "Failed", "word " * 200))
    assert len(line) < 250
    assert line.endswith("…")
