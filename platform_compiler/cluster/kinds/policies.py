"""HorizontalPodAutoscalers (`autoscaling/v2`) and PodDisruptionBudgets (`policy/v1`)."""

from __future__ import annotations

from platform_compiler.cluster.objects import Object, Reader, condition, fails, holds, spec_of, status_of, told
from platform_compiler.cluster.status import Health, degraded, healthy, progressing
from platform_compiler.diagnostics import count


def autoscaler(obj: Object, _reader: Reader) -> Health:
    """Degraded when it cannot scale its target, or cannot read the metrics that it scales by."""
    if obj["apiVersion"] == "autoscaling/v1":
        return healthy("exists; only autoscaling/v2 tells its conditions")
    spec, status = spec_of(obj), status_of(obj)
    able, active = condition(obj, "AbleToScale"), condition(obj, "ScalingActive")
    if not able:
        return progressing("has not been observed yet")
    if fails(obj, "AbleToScale"):
        return degraded(f"cannot scale: {told(able)}")
    if fails(obj, "ScalingActive") and active.get("reason") != "ScalingDisabled":
        return degraded(f"cannot tell how much is needed: {told(active)}")
    now = count(status.get("currentReplicas", 0), "replica")
    limit = f"; {told(condition(obj, 'ScalingLimited'))}" if holds(obj, "ScalingLimited") else ""
    return healthy(f"{now} of {spec.get('minReplicas', 1)} to {spec['maxReplicas']}{limit}")


def disruption_budget(obj: Object, _reader: Reader) -> Health:
    """Healthy once it has been computed, whatever it allows: too few pods are the workload's trouble."""
    status = status_of(obj)
    allowed = condition(obj, "DisruptionAllowed")
    if allowed.get("reason") == "SyncFailed":
        return degraded(told(allowed))
    pods = f"{status.get('currentHealthy', 0)} healthy pods, {status.get('desiredHealthy', 0)} needed"
    return healthy(f"{count(status.get('disruptionsAllowed', 0), 'disruption')} allowed: {pods}")
