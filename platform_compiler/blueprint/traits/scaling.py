"""How many pods: a fixed number or an autoscaler (`autoscaling/v2`), and a disruption budget (`policy/v1`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from platform_compiler.blueprint.context import Context
from platform_compiler.blueprint.fields import Percent
from platform_compiler.graph.resource import Lifecycle, Resource
from platform_compiler.spec.later import later
from platform_compiler.spec.validation import InputError, Model

if TYPE_CHECKING:
    from platform_compiler.blueprint.traits.custom_metrics import CustomMetric
    from platform_compiler.blueprint.traits.rollout import Disruption
else:
    CustomMetric = later("platform_compiler.blueprint.traits.custom_metrics", "CustomMetric")

DEFAULT_CPU = "80%"
AUTOSCALED = Lifecycle(ignore_changes=("spec.replicas",))
"""An autoscaler owns the number: leaving it out is not enough, or the hand-over would scale to one."""


class Replicas(Model):
    """A range of pods; with a `max` above `min` an autoscaler moves between them."""

    min: int = Field(1, ge=0, le=1000, description="Pods at least.")
    max: int | None = Field(None, ge=1, le=1000, description="Pods at most.")
    cpu: Percent | None = Field(None, description=f"Target use of the CPU request; {DEFAULT_CPU} by default.")
    memory: Percent | None = Field(None, description="Target use of the memory request.")
    metrics: list[CustomMetric] | None = Field(None, description="More metrics: of the pods, or of something outside.")

    @model_validator(mode="after")
    def _range(self) -> Replicas:
        """Targets beside a range of one are fine: they may be the environment's, and this how to switch scaling off."""
        if self.max is not None and self.max < self.min:
            raise InputError(f"max {self.max} is less than min {self.min}", expected="min <= max")
        if self.max is not None and self.min == 0:
            raise InputError("an autoscaler cannot scale to zero", expected="min of at least 1")
        if self.max is None and (self.cpu or self.memory or self.metrics):
            expected = "`max` beside `cpu`, `memory` or `metrics`, or a number of pods alone"
            raise InputError("a target without a range", expected=expected)
        return self

    @property
    def autoscaled(self) -> bool:
        """Whether an autoscaler owns the number of pods."""
        return self.max is not None and self.max > self.min


def _from_number(value: object) -> object:
    if type(value) is int:
        return {"min": value}
    if isinstance(value, dict | Replicas):
        return value
    raise InputError("this is no number of pods", expected="a whole number, or {min: 2, max: 10}")


Scaling = Annotated[Replicas, BeforeValidator(_from_number, json_schema_input_type=int | Replicas)]
"""`replicas: 3` or `replicas: {min: 2, max: 10, cpu: 70%}`."""


def autoscaler(ctx: Context, replicas: Replicas, *, kind: str = "Deployment") -> Iterator[Resource]:
    """A HorizontalPodAutoscaler for the component's workload, if its replicas are a range."""
    if not replicas.autoscaled:
        return
    targets = [("cpu", replicas.cpu), ("memory", replicas.memory)]
    if not (replicas.cpu or replicas.memory or replicas.metrics):
        targets = [("cpu", DEFAULT_CPU)]
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": kind, "name": ctx.name},
        "minReplicas": replicas.min,
        "maxReplicas": replicas.max,
        "metrics": [
            *(_metric(name, percent) for name, percent in targets if percent),
            *(metric.manifest() for metric in replicas.metrics or ()),
        ],
    }
    yield ctx.resource("autoscaler", "autoscaling/v2", "HorizontalPodAutoscaler", spec=spec)


def _metric(name: str, percent: str) -> dict[str, Any]:
    target = {"type": "Utilization", "averageUtilization": int(percent.rstrip("%"))}
    return {"type": "Resource", "resource": {"name": name, "target": target}}


def disruption_budget(ctx: Context, replicas: Replicas, disruption: Disruption | None = None) -> Iterator[Resource]:
    """A PodDisruptionBudget as asked for; by default one that lets one pod go at a time, where there are two."""
    if disruption is None and replicas.min < 2:
        return
    limit = disruption.manifest() if disruption else {"maxUnavailable": 1}
    spec = {**limit, "selector": {"matchLabels": ctx.selector}}
    yield ctx.resource("disruption-budget", "policy/v1", "PodDisruptionBudget", spec=spec)
