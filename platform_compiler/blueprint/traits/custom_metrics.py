"""Metrics of an autoscaler beside CPU and memory (Kubernetes API: `autoscaling/v2.MetricSpec`)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from platform_compiler.blueprint.fields import Labels, Matching
from platform_compiler.spec.quantities import number_as_text
from platform_compiler.spec.validation import InputError, Model

Amount = Annotated[
    str,
    BeforeValidator(number_as_text, json_schema_input_type=str | int),
    Matching(r"[0-9]+(\.[0-9]+)?(m|k|M|G|Ki|Mi|Gi)?", "an amount such as 100, 0.5, 500m or 2k"),
]


class CustomMetric(Model):
    """A metric of the pods, or of something outside the cluster, and its target."""

    pods: str | None = Field(None, description="A metric that each pod has.")
    external: str | None = Field(None, description="A metric of something else, such as a queue's length.")
    labels: Labels = Field({}, description="Labels that select the metric's series.")
    average: Amount | None = Field(None, description="The target for each pod.")
    value: Amount | None = Field(None, description="The target for all pods together; for an external metric.")

    @model_validator(mode="after")
    def _fits(self) -> CustomMetric:
        if (self.pods is None) == (self.external is None):
            raise InputError("a metric is of the pods or external", expected="one of pods and external")
        if (self.average is None) == (self.value is None):
            raise InputError("a metric has one target", expected="one of average and value")
        if self.pods is not None and self.value is not None:
            raise InputError("a metric of the pods has an average", expected="`average` beside `pods`")
        return self

    def manifest(self) -> dict[str, Any]:
        """A `MetricSpec`."""
        metric: dict[str, Any] = {"name": self.pods or self.external}
        if self.labels:
            metric["selector"] = {"matchLabels": self.labels}
        target = (
            {"type": "AverageValue", "averageValue": self.average}
            if self.average is not None
            else {"type": "Value", "value": self.value}
        )
        kind = "pods" if self.pods is not None else "external"
        return {"type": kind.capitalize(), kind: {"metric": metric, "target": target}}
