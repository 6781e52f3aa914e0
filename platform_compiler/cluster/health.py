"""Whether an object does what it is for: healthy, progressing, degraded or missing, and why in one line.

First come the rules that all kinds share: an object that is being deleted is progressing, one that asks not to be
awaited is healthy, and what a controller has not observed yet says nothing. Then one function a kind judges, from one
table; a kind without one is judged by the conditions that custom resources share, and is healthy when it has none.

A workload that is not complete is degraded as soon as one of its pods is broken, so that a crash loop shows long
before a deadline passes. Nothing here asks for the time.

Source: Kubernetes API reference; what `kubectl rollout status` counts; kstatus (sigs.k8s.io/cli-utils) for custom
resources and definitions; Pulumi's docs on await logic for Services, Ingresses and `pulumi.com/skipAwait`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from platform_compiler.cluster.kinds.api import api_service, custom, definition, namespace
from platform_compiler.cluster.kinds.network import ingress, service
from platform_compiler.cluster.kinds.policies import autoscaler, disruption_budget
from platform_compiler.cluster.kinds.storage import claim
from platform_compiler.cluster.kinds.workloads import (
    cron_job,
    daemon_set,
    deployment,
    job,
    pod,
    replica_set,
    stateful_set,
)
from platform_compiler.cluster.objects import Object, Reader, condition, holds, status_of, told
from platform_compiler.cluster.status import Health, Status, healthy, progressing

__all__ = ["SKIP_AWAIT", "Health", "Object", "Reader", "Status", "health"]

SKIP_AWAIT: Final = "pulumi.com/skipAwait"
"""The annotation of objects that nobody waits for."""
NAMESPACE_LEFTOVERS: Final = (
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionContentFailure",
    "NamespaceContentRemaining",
    "NamespaceFinalizersRemaining",
)
"""Conditions that tell what a Namespace's deletion waits for."""

Judge = Callable[[Object, Reader], Health]
JUDGES: Final[dict[tuple[str, str], Judge]] = {
    ("", "Namespace"): namespace,
    ("", "PersistentVolumeClaim"): claim,
    ("", "Pod"): pod,
    ("", "Service"): service,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): definition,
    ("apiregistration.k8s.io", "APIService"): api_service,
    ("apps", "DaemonSet"): daemon_set,
    ("apps", "Deployment"): deployment,
    ("apps", "ReplicaSet"): replica_set,
    ("apps", "StatefulSet"): stateful_set,
    ("autoscaling", "HorizontalPodAutoscaler"): autoscaler,
    ("batch", "CronJob"): cron_job,
    ("batch", "Job"): job,
    ("networking.k8s.io", "Ingress"): ingress,
    ("policy", "PodDisruptionBudget"): disruption_budget,
}
"""The kinds that have rules of their own, by group and kind."""
ALWAYS_OBSERVED: Final = frozenset({"DaemonSet", "Deployment", "PodDisruptionBudget", "ReplicaSet", "StatefulSet"})
"""Those whose controller writes `status.observedGeneration` at its first look."""


def health(obj: Object | None, reader: Reader) -> Health:
    """The health of an object as the cluster has it now, None for one that is not there."""
    if obj is None:
        return Health(Status.MISSING, "does not exist")
    if obj["metadata"].get("deletionTimestamp"):
        return _deletion(obj)
    if (obj["metadata"].get("annotations") or {}).get(SKIP_AWAIT) == "true":
        return healthy(f"not awaited ({SKIP_AWAIT})")
    judge = JUDGES.get((obj["apiVersion"].rpartition("/")[0], obj["kind"]), custom)
    observed = status_of(obj).get("observedGeneration")
    if observed is None and judge is not custom and obj["kind"] in ALWAYS_OBSERVED:
        return progressing("has not been observed yet")
    if observed is not None and observed < obj["metadata"].get("generation", 0):
        return progressing("the last change has not been observed yet")
    return judge(obj, reader)


def _deletion(obj: Object) -> Health:
    left = [told(condition(obj, kind)) for kind in NAMESPACE_LEFTOVERS if holds(obj, kind)]
    if finalizers := obj["metadata"].get("finalizers"):
        left.append(f"it waits for the finalizers {', '.join(sorted(finalizers))}")
    return progressing("; ".join(["is being deleted", *left]))
