"""Workloads (`apps/v1`, `batch/v1`) and pods: judged by what `kubectl rollout status` counts and by the worst pod."""

from __future__ import annotations

from dataclasses import dataclass

from platform_compiler.cluster.objects import (
    Object,
    Reader,
    condition,
    created,
    holds,
    name_of,
    namespace_of,
    owned_by,
    spec_of,
    status_of,
    told,
)
from platform_compiler.cluster.pod import Stage, pod_state
from platform_compiler.cluster.status import Health, Status, degraded, healthy, progressing
from platform_compiler.cluster.workload import newest_pods, refusal
from platform_compiler.diagnostics import count


@dataclass(frozen=True, slots=True)
class _Replicas:
    """The numbers of a rollout: `updated` are of the last revision, of which there must be `needed`."""

    desired: int
    needed: int
    updated: int
    available: int
    surplus: int = 0

    def shortfall(self) -> str:
        """What is still missing, empty when the rollout is complete."""
        if self.updated < self.needed:
            return f"{self.updated} of {self.needed} replicas are updated"
        if self.available < self.desired:
            return f"{self.available} of {self.desired} replicas are ready"
        if self.surplus > 0:
            return f"{count(self.surplus, 'old replica')} still to end"
        return ""


def deployment(obj: Object, reader: Reader) -> Health:
    """Complete when all replicas are updated and available and no old one is left; a paused one is not awaited."""
    spec, status = spec_of(obj), status_of(obj)
    desired, updated = spec.get("replicas", 1), status.get("updatedReplicas", 0)
    surplus = status.get("replicas", 0) - updated
    replicas = _Replicas(desired, desired, updated, status.get("availableReplicas", 0), surplus)
    shortfall = replicas.shortfall()
    if shortfall and condition(obj, "Progressing").get("reason") == "ProgressDeadlineExceeded":
        return degraded(f"{shortfall}; the progress deadline is exceeded", final=True)
    if shortfall and spec.get("paused"):
        return healthy(f"{shortfall}; the rollout is paused")
    return _rollout(obj, replicas, reader)


def stateful_set(obj: Object, reader: Reader) -> Health:
    """Complete when all replicas are available and those from the partition on updated; `OnDelete` asks for none."""
    spec, status = spec_of(obj), status_of(obj)
    strategy = spec.get("updateStrategy") or {}
    partition = (strategy.get("rollingUpdate") or {}).get("partition") or 0
    on_delete = strategy.get("type") == "OnDelete"
    desired, updated = spec.get("replicas", 1), status.get("updatedReplicas", 0)
    needed = 0 if on_delete else max(0, desired - partition)
    surplus = status.get("replicas", 0) - desired
    verdict = _rollout(obj, _Replicas(desired, needed, updated, status.get("availableReplicas", 0), surplus), reader)
    if verdict.status is Status.HEALTHY and updated < desired:
        until = "until they are deleted" if on_delete else f"below partition {partition}"
        return healthy(f"{verdict.message}, {desired - updated} of the old revision {until}")
    return verdict


def daemon_set(obj: Object, reader: Reader) -> Health:
    """Complete when every node that is to run it has an updated and available pod."""
    status = status_of(obj)
    desired, updated = status.get("desiredNumberScheduled", 0), status.get("updatedNumberScheduled", 0)
    if not desired:
        return healthy("no node is to run it")
    on_delete = (spec_of(obj).get("updateStrategy") or {}).get("type") == "OnDelete"
    needed = 0 if on_delete else desired
    return _rollout(obj, _Replicas(desired, needed, updated, status.get("numberAvailable", 0)), reader)


def replica_set(obj: Object, reader: Reader) -> Health:
    """Complete when it has as many available pods as it wants, and no more."""
    status = status_of(obj)
    desired, total = spec_of(obj).get("replicas", 1), status.get("replicas", 0)
    available = status.get("availableReplicas", 0)
    return _rollout(obj, _Replicas(desired, 0, total, available, total - desired), reader)


def _rollout(obj: Object, replicas: _Replicas, reader: Reader) -> Health:
    shortfall = replicas.shortfall()
    if not shortfall and not replicas.desired:
        return healthy("scaled to zero")
    if not shortfall:
        return healthy(f"{replicas.available} of {replicas.desired} replicas are ready")
    if holds(obj, "ReplicaFailure"):
        return degraded(f"{shortfall}; pods cannot be created: {told(condition(obj, 'ReplicaFailure'))}")
    return _with_pods(obj, shortfall, reader)


def _with_pods(obj: Object, message: str, reader: Reader) -> Health:
    """Degraded when the worst pod is broken or pods are refused, else progressing.

    A Deployment's refusals are in its conditions, which are read by now.
    """
    pods = newest_pods(obj, reader)
    worst = pod_state(pods[0]) if pods else None
    if worst and worst.stage <= Stage.BROKEN:
        return degraded(f"{message}; pod {name_of(pods[0])}: {worst.text}")
    refused = "" if obj["kind"] == "Deployment" else refusal(obj, pods, reader)
    return degraded(f"{message}; pods cannot be created: {refused}") if refused else progressing(message)


def job(obj: Object, reader: Reader) -> Health:
    """Healthy when it is complete or suspended; failed for good once it has said so."""
    spec, status = spec_of(obj), status_of(obj)
    done = f"{status.get('succeeded', 0)} of {spec.get('completions') or 1} succeeded"
    if holds(obj, "Complete"):
        return healthy(f"complete: {done}")
    for kind in ("Failed", "FailureTarget"):
        if holds(obj, kind):
            return degraded(f"failed: {told(condition(obj, kind))}", final=True)
    if holds(obj, "SuccessCriteriaMet"):
        return progressing(f"{done}, its pods are ending")
    if spec.get("suspend"):
        return healthy("suspended")
    failed = f", {status['failed']} failed" if status.get("failed") else ""
    return _with_pods(obj, f"{done}, {status.get('active', 0)} active{failed}", reader)


def cron_job(obj: Object, reader: Reader) -> Health:
    """Always healthy; the message tells of the last run."""
    parts = ["suspended"] if spec_of(obj).get("suspend") else []
    last = status_of(obj).get("lastScheduleTime")
    parts.append(f"last run at {last}" if last else "has not run yet")
    jobs = owned_by(obj, reader.list("batch/v1", "Job", namespace_of(obj)))
    ended = [item for item in jobs if holds(item, "Complete") or holds(item, "Failed")]
    if ended:
        newest = max(ended, key=lambda item: (created(item), name_of(item)))
        parts.append(f"the last job {name_of(newest)} {'failed' if holds(newest, 'Failed') else 'succeeded'}")
    return healthy(", ".join(parts))


def pod(obj: Object, _reader: Reader) -> Health:
    """Healthy when it is ready or has succeeded; a failed one is not started again."""
    state = pod_state(obj)
    if state.stage >= Stage.READY:
        return healthy(state.text)
    if state.stage <= Stage.BROKEN:
        return degraded(state.text, final=state.stage is Stage.FAILED)
    return progressing(state.text)
