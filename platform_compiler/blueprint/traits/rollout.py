"""How a new version takes the place of the old one, and how many pods may be gone at once."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field, model_validator

from platform_compiler.blueprint.fields import IntOrPercent, Seconds
from platform_compiler.spec.validation import InputError, Model

DEADLINE: Final = 600
"""Kubernetes' default of `progressDeadlineSeconds`."""


class Rollout(Model):
    """A Deployment's strategy (`apps/v1.DeploymentSpec`, Kubernetes: `ValidateDeploymentSpec`)."""

    strategy: Literal["rolling", "recreate"] = Field(
        "rolling", description="`recreate` ends every old pod before it starts a new one."
    )
    max_surge: IntOrPercent | None = Field(None, description="Pods above the wanted number, or a percentage.")
    max_unavailable: IntOrPercent | None = Field(None, description="Pods below the wanted number, or a percentage.")
    min_ready: Seconds | None = Field(None, description="Seconds that a new pod must be ready before it counts.")
    deadline: Seconds | None = Field(None, description="Seconds without progress after which a rollout has failed.")
    history: int | None = Field(None, ge=0, le=100, description="Old revisions that are kept.")

    @model_validator(mode="after")
    def _fits(self) -> Rollout:
        if self.strategy == "recreate" and self.limits:
            raise InputError(
                "recreate has no steps", expected="`strategy: rolling` beside max-surge or max-unavailable"
            )
        if self.max_surge in {0, "0%"} and self.max_unavailable in {0, "0%"}:
            raise InputError("nothing could ever move", expected="max-surge or max-unavailable above 0")
        if (self.min_ready or 0) >= (deadline := DEADLINE if self.deadline is None else self.deadline):
            summary = f"min-ready {self.min_ready or 0} is not below deadline {deadline}, so that every rollout fails"
            raise InputError(summary, expected=f"`deadline` above {self.min_ready or 0}")
        return self

    @property
    def limits(self) -> dict[str, int | str]:
        """The limits of a rolling update (`apps/v1.RollingUpdateDeployment`)."""
        limits = {"maxSurge": self.max_surge, "maxUnavailable": self.max_unavailable}
        return {key: value for key, value in limits.items() if value is not None}

    def manifest(self) -> dict[str, Any]:
        """Fields of a DeploymentSpec."""
        fields: dict[str, Any] = {}
        if self.strategy == "recreate":
            fields["strategy"] = {"type": "Recreate"}
        elif self.limits:
            fields["strategy"] = {"type": "RollingUpdate", "rollingUpdate": self.limits}
        rest = {
            "minReadySeconds": self.min_ready,
            "progressDeadlineSeconds": self.deadline,
            "revisionHistoryLimit": self.history,
        }
        return fields | {key: value for key, value in rest.items() if value is not None}


class Disruption(Model):
    """A PodDisruptionBudget's limit (`policy/v1`): exactly one of the two."""

    max_unavailable: IntOrPercent | None = Field(None, description="Pods that may be gone, or a percentage.")
    min_available: IntOrPercent | None = Field(None, description="Pods that must stay, or a percentage.")

    @model_validator(mode="after")
    def _one_limit(self) -> Disruption:
        if (self.max_unavailable is None) == (self.min_available is None):
            raise InputError("a budget has one limit", expected="one of max-unavailable and min-available")
        return self

    def manifest(self) -> dict[str, Any]:
        """The limit as a field of a PodDisruptionBudgetSpec."""
        if self.max_unavailable is not None:
            return {"maxUnavailable": self.max_unavailable}
        return {"minAvailable": self.min_available}
