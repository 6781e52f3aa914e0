"""Waits until an object in a cluster is what was asked for, or tells why it is not.

A workload is ready when its pods are, and when every Service that selects them leads to them. A Service itself is only
waited for once it has ready pods: it comes before them, and a wait would hold up the workload that brings them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from platform_compiler.cluster.client import Cluster
from platform_compiler.cluster.diagnosis import diagnose
from platform_compiler.cluster.errors import ClusterError
from platform_compiler.cluster.health import health
from platform_compiler.cluster.objects import holds
from platform_compiler.cluster.status import Health, Status, healthy
from platform_compiler.provider.backend import BackendError, NotReadyError, Operation
from platform_compiler.provider.objects import Object, annotation, is_built_in, metadata

TIMEOUT: Final = "pulumi.com/timeoutSeconds"
VARIABLE: Final = "PLATC_WAIT_SECONDS"
"""The environment variable that shortens every wait."""
DEFAULT_SECONDS: Final = 600.0
AWAITED: Final = frozenset({
    "APIService", "CustomResourceDefinition", "DaemonSet", "Deployment", "Ingress", "Job", "Namespace",
    "PersistentVolumeClaim", "Pod", "ReplicaSet", "Service", "StatefulSet",
})  # fmt: skip
"""Built-in kinds that take a while; all others are done when the API server has taken them."""
WORKLOADS: Final = frozenset({"DaemonSet", "Deployment", "StatefulSet"})
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 1.0


class Rollout:
    """Waits for objects of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def ready(self, obj: Object, operation: Operation) -> None:
        """Wait until the object is healthy; raises `NotReadyError` with all that is known of why it is not."""
        if obj["kind"] not in AWAITED or not is_built_in(obj["apiVersion"]):
            return
        deadline, pause, told = time.monotonic() + _seconds(obj, operation), FIRST_PAUSE, ""
        while True:
            live, found = self._look(obj)
            if found.status is Status.HEALTHY:
                return
            if found.message != told:
                told = found.message
                operation.report(told)
            if found.final:
                raise self._failure(live or obj, f"it has failed: {told}")
            if operation.cancelled.is_set():
                raise NotReadyError(live or obj, ["the wait was interrupted; the next run takes it up again"])
            if time.monotonic() > deadline:
                raise self._failure(live or obj, f"it is not ready after {_seconds(obj, operation):.0f} s: {told}")
            operation.cancelled.wait(pause)
            pause = min(LONGEST_PAUSE, 1.5 * pause)

    def gone(self, obj: Object, operation: Operation) -> None:
        """Wait until the object is gone; raises `BackendError` with what holds it."""
        uid = metadata(obj).get("uid")
        deadline, pause = time.monotonic() + _seconds(obj, operation), FIRST_PAUSE
        while True:
            live = self.live(obj)
            if live is None or metadata(live).get("uid") != uid:
                return
            if operation.cancelled.is_set():
                raise BackendError("the wait for its deletion was interrupted; the next run takes it up again")
            if time.monotonic() > deadline:
                holds = ", ".join(metadata(live).get("finalizers") or ()) or "nothing that it tells of"
                raise BackendError(
                    f"it is still being deleted after {_seconds(obj, operation):.0f} s; held by: {holds}"
                )
            operation.cancelled.wait(pause)
            pause = min(LONGEST_PAUSE, 1.5 * pause)

    def _look(self, obj: Object) -> tuple[Object | None, Health]:
        live = self.live(obj)
        try:
            if live is not None and live["kind"] == "Service" and not self._has_ready_pods(live):
                return live, healthy("no pod is ready yet")
            found = health(live, self._cluster)
            if live is None or found.status is not Status.HEALTHY or live["kind"] not in WORKLOADS:
                return live, found
            return live, next((other for other in self._services(live) if other.status is not Status.HEALTHY), found)
        except ClusterError as error:
            raise BackendError(str(error)) from None

    def _has_ready_pods(self, service: Object) -> bool:
        selector = service["spec"].get("selector")
        if not selector:
            return False
        labels = ",".join(f"{key}={value}" for key, value in selector.items())
        pods = self._cluster.list("v1", "Pod", service["metadata"]["namespace"], labels=labels)
        return any(holds(pod, "Ready") for pod in pods)

    def _services(self, workload: Object) -> Iterator[Health]:
        """The health of the Services that select the workload's pods."""
        labels = workload["spec"]["template"]["metadata"].get("labels") or {}
        if workload["spec"].get("replicas") == 0:
            return
        for service in self._cluster.list("v1", "Service", workload["metadata"]["namespace"]):
            selector = service["spec"].get("selector")
            if selector and selector.items() <= labels.items():
                found = health(service, self._cluster)
                yield replace(found, message=f"Service {service['metadata']['name']}: {found.message}")

    def live(self, obj: Object) -> Object | None:
        """The object as it is now; raises `BackendError` when that cannot be told."""
        meta = metadata(obj)
        try:
            return self._cluster.get(obj["apiVersion"], obj["kind"], meta.get("namespace", ""), meta["name"])
        except ClusterError as error:
            raise BackendError(str(error)) from None

    def _failure(self, obj: Object, what: str) -> NotReadyError:
        try:
            found = diagnose(obj, self._cluster, now=datetime.now(UTC))
        except ClusterError:
            found = None  # what is known already must not be lost because more cannot be had
        return NotReadyError(obj, [what, *(found.lines()[1:] if found else ())])


def _seconds(obj: Object, operation: Operation) -> float:
    """The longest wait: of the resource's options, its annotation, the environment, or the default."""
    for value in (operation.timeout, annotation(obj, TIMEOUT), os.environ.get(VARIABLE)):
        try:
            seconds = float(value or 0)
        except ValueError:
            continue
        if seconds > 0:
            return seconds
    return DEFAULT_SECONDS
