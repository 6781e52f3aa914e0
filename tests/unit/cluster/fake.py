"""A cluster in a list, and objects as the API serves them."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from platform_compiler.cluster.objects import Object

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
NAMESPACE = "shop"
LABELS = {"app.kubernetes.io/name": "web"}


@dataclass
class FakeReader:
    """Serves objects as the API does: items of lists have neither `apiVersion` nor `kind`."""

    objects: list[Object]
    log: dict[tuple[str, str, bool], str] = field(default_factory=dict)
    asked: list[tuple[str, str, bool, int]] = field(default_factory=list)
    listed: list[tuple[str, str]] = field(default_factory=list)

    def _of(self, api_version: str, kind: str, namespace: str) -> list[Object]:
        return [
            item
            for item in self.objects
            if (item["apiVersion"], item["kind"]) == (api_version, kind)
            and item["metadata"].get("namespace", "") == namespace
        ]

    def get(self, api_version: str, kind: str, namespace: str, name: str) -> Object | None:
        found = [item for item in self._of(api_version, kind, namespace) if item["metadata"]["name"] == name]
        return copy.deepcopy(found[0]) if found else None

    def list(self, api_version: str, kind: str, namespace: str, *, labels: str = "", fields: str = "") -> list[Object]:
        self.listed.append((kind, labels))
        chosen = [
            copy.deepcopy(item)
            for item in self._of(api_version, kind, namespace)
            if _labels_match(labels, item["metadata"].get("labels", {})) and _fields_match(fields, item)
        ]
        return [{key: value for key, value in item.items() if key not in {"apiVersion", "kind"}} for item in chosen]

    def logs(self, namespace: str, pod: str, container: str, *, previous: bool, lines: int) -> str:
        assert namespace == NAMESPACE
        self.asked.append((pod, container, previous, lines))
        return self.log.get((pod, container, previous), "")


def _labels_match(selector: str, labels: dict[str, str]) -> bool:
    return all(_requirement_holds(part, labels) for part in re.split(r",(?![^(]*\))", selector) if part)


def _requirement_holds(part: str, labels: dict[str, str]) -> bool:
    if match := re.fullmatch(r"(\S+) (in|notin) \((.*)\)", part):
        return (labels.get(match[1]) in match[3].split(",")) == (match[2] == "in")
    if "=" in part:
        key, _, value = part.partition("=")
        return labels.get(key) == value
    return part[1:] not in labels if part.startswith("!") else part in labels


def _fields_match(selector: str, item: Object) -> bool:
    for part in filter(None, selector.split(",")):
        path, _, wanted = part.partition("=")
        value: Any = item
        for key in path.split("."):
            value = value.get(key, "")
        if value != wanted:
            return False
    return True


def obj(api_version: str, kind: str, name: str = "web", *, owner: Object | None = None, **fields: Any) -> Object:
    """An object with the metadata that the API server adds; `meta` adds to it."""
    metadata: Object = {
        "name": name,
        "namespace": NAMESPACE,
        "uid": f"uid-of-{kind}-{name}",
        "creationTimestamp": "2026-11-24T11:50:00Z",
        "generation": 1,
        "labels": dict(LABELS),
        **fields.pop("meta", {}),
    }
    if owner:
        metadata["ownerReferences"] = [
            {
                "apiVersion": owner["apiVersion"],
                "kind": owner["kind"],
                "name": owner["metadata"]["name"],
                "uid": owner["metadata"]["uid"],
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ]
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def conditions(*items: tuple[str, str, str, str] | tuple[str, str]) -> list[Object]:
    """Conditions of `(type, status)` or `(type, status, reason, message)`."""
    keys = ("type", "status", "reason", "message")
    return [{**dict(zip(keys, item, strict=False)), "lastTransitionTime": "2026-11-24T11:50:01Z"} for item in items]


def workload(kind: str = "Deployment", *, spec: Object | None = None, status: Object | None = None) -> Object:
    """A Deployment, StatefulSet, DaemonSet or ReplicaSet of three replicas that its controller has observed."""
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "web", "image": "shop/web:1"}]}}
    common = {"replicas": 3, "selector": {"matchLabels": LABELS}, "template": template}
    observed = {"observedGeneration": 1, **(status or {})}
    return obj("apps/v1", kind, spec={**common, **(spec or {})}, status=observed)


def replica_set(owner: Object, revision: int = 1, status: Object | None = None) -> Object:
    """A ReplicaSet that a Deployment made."""
    made = workload("ReplicaSet", status=status)
    own = obj("apps/v1", "ReplicaSet", f"web-{revision}", owner=owner)["metadata"]
    own["annotations"] = {"deployment.kubernetes.io/revision": str(revision)}
    return {**made, "metadata": own}


def container(state: Object, *, ready: bool = False, restarts: int = 0, last: Object | None = None) -> Object:
    """A `ContainerStatus`."""
    return {
        "name": "web",
        "image": "shop/web:1",
        "imageID": "",
        "ready": ready,
        "restartCount": restarts,
        "started": ready,
        "state": state,
        "lastState": {"terminated": last} if last else {},
    }


def waiting(reason: str, message: str = "") -> Object:
    return {"waiting": {"reason": reason, **({"message": message} if message else {})}}


def terminated(code: int, reason: str = "Error", **fields: Any) -> Object:
    times = {"startedAt": "2026-11-24T11:57:00Z", "finishedAt": "2026-11-24T11:57:10Z"}
    return {"containerID": "containerd://1", "exitCode": code, "reason": reason, **times, **fields}


RUNNING = {"running": {"startedAt": "2026-11-24T11:55:00Z"}}
CRASH_LOOP = waiting("CrashLoopBackOff", "back-off 2m40s restarting failed container=web pod=web-1-a_shop(uid)")


def pod(name: str = "web-1-a", *, owner: Object | None = None, phase: str = "Pending", **status: Any) -> Object:
    """A pod of a given status; `conditions` and container statuses as the kubelet writes them."""
    spec = {"containers": [{"name": "web", "image": "shop/web:1"}], "nodeName": "node-1", **status.pop("spec", {})}
    meta = status.pop("meta", {})
    return obj("v1", "Pod", name, owner=owner, meta=meta, spec=spec, status={"phase": phase, **status})


def pod_with(
    state: Object,
    *,
    owner: Object | None = None,
    name: str = "web-1-a",
    since: str = "2026-11-24T11:54:00Z",
    **more: Any,
) -> Object:
    """A running pod whose one container has a state and is not ready; `since` is when `Ready` turned False."""
    unready = ("Ready", "False", "ContainersNotReady", "containers with unready status: [web]")
    found = [{**item, "lastTransitionTime": since} for item in conditions(("PodScheduled", "True"), unready)]
    meta = more.pop("meta", {})
    statuses = [container(state, **more)]
    return pod(name, owner=owner, phase="Running", conditions=found, containerStatuses=statuses, meta=meta)


def ready_pod(name: str = "web-1-a", *, owner: Object | None = None, **more: Any) -> Object:
    found = conditions(("PodScheduled", "True"), ("Ready", "True"))
    return pod(
        name,
        owner=owner,
        phase="Running",
        conditions=found,
        containerStatuses=[container(RUNNING, ready=True)],
        **more,
    )


def unscheduled_pod(message: str, *, owner: Object | None = None, **more: Any) -> Object:
    found = conditions(("PodScheduled", "False", "Unschedulable", message))
    return pod(owner=owner, conditions=found, **more)


def event(about: Object, reason: str, message: str, *, at: str = "11:58:00", number: int = 1, **fields: Any) -> Object:
    """A core event; a Warning unless told otherwise."""
    meta = about["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{meta['name']}.{reason}.{at}.{number}",
            "namespace": NAMESPACE,
            "creationTimestamp": "2026-11-24T11:51:00Z",
        },
        "involvedObject": {"kind": about["kind"], "name": meta["name"], "namespace": NAMESPACE, "uid": meta["uid"]},
        "reason": reason,
        "message": message,
        "type": "Warning",
        "count": number,
        "firstTimestamp": "2026-11-24T11:51:00Z",
        "lastTimestamp": f"2026-11-24T{at}Z",
        "source": {"component": "kubelet"},
        **fields,
    }
