"""The pods behind a workload, and why there are none.

Source: Kubernetes docs, "Workload Management"; a Deployment's newest ReplicaSet is the one of the highest
`deployment.kubernetes.io/revision`, as `kubectl rollout` finds it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from platform_compiler.cluster.events import events_of
from platform_compiler.cluster.objects import (
    Object,
    Reader,
    condition,
    created,
    holds,
    label_selector,
    name_of,
    namespace_of,
    owned_by,
    spec_of,
    told,
)
from platform_compiler.cluster.pod import Stage, pod_state

REVISION: Final = "deployment.kubernetes.io/revision"


def newest_replica_set(deployment: Object, reader: Reader) -> Object | None:
    """The ReplicaSet of a Deployment's last revision, None before there is one."""
    selector = label_selector(spec_of(deployment).get("selector") or {})
    sets = owned_by(deployment, reader.list("apps/v1", "ReplicaSet", namespace_of(deployment), labels=selector))
    return max(sets, key=_revision, default=None)


def _revision(replica_set: Object) -> tuple[int, str]:
    annotations = replica_set["metadata"].get("annotations") or {}
    return int(annotations.get(REVISION, 0)), name_of(replica_set)


def pods_of(owner: Object, reader: Reader) -> list[Object]:
    """The pods that a ReplicaSet, StatefulSet, DaemonSet or Job controls: the worst first, among equals the newest."""
    selector = label_selector(spec_of(owner).get("selector") or {})
    return worst_first(owned_by(owner, reader.list("v1", "Pod", namespace_of(owner), labels=selector)))


def worst_first(pods: list[Object]) -> list[Object]:
    """Pods by their stage, among equals the newest first, then by name."""
    newest = sorted(sorted(pods, key=name_of), key=created, reverse=True)
    return sorted(newest, key=lambda pod: pod_state(pod).stage)


def living(pods: list[Object]) -> list[Object]:
    """Those that have not ended; all of them when none is left. Ended ones, such as evicted pods, were replaced."""
    ended = {Stage.FAILED, Stage.SUCCEEDED}
    return [pod for pod in pods if pod_state(pod).stage not in ended] or pods


def newest_pods(workload: Object, reader: Reader) -> list[Object]:
    """The living pods of a workload, the worst first; of a Deployment those of its newest ReplicaSet."""
    owner = newest_replica_set(workload, reader) if workload["kind"] == "Deployment" else workload
    return living(pods_of(owner, reader)) if owner else []


def refusal(owner: Object, pods: Iterable[Object], reader: Reader) -> str:
    """Why the API server refuses to make the owner's pods; empty when it made one of `pods` since.

    A ReplicaSet says so in a condition, the other controllers only in events.
    """
    if holds(owner, "ReplicaFailure"):
        return told(condition(owner, "ReplicaFailure"))
    newest = max(map(created, pods), default="")
    since = datetime.fromisoformat(newest) if newest else None
    refused = [
        event
        for event in events_of(owner, reader)
        if event.reason == "FailedCreate" and (since is None or event.time > since)
    ]
    return refused[-1].message.removeprefix("Error creating: ") if refused else ""


def selected_pods(service: Object, reader: Reader) -> list[Object]:
    """The living pods that a Service's selector matches, the worst first."""
    selector = label_selector({"matchLabels": spec_of(service).get("selector") or {}})
    return living(worst_first(reader.list("v1", "Pod", namespace_of(service), labels=selector)))
