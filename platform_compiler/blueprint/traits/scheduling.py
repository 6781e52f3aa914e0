"""Where pods run: spread, affinity, node selectors, tolerations, priority (Kubernetes API: `core/v1.PodSpec`)."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, model_validator

from platform_compiler.blueprint.fields import LabelKey, Labels, LabelValue, Seconds
from platform_compiler.spec.validation import InputError, Model

TOPOLOGIES: Final = {"host": "kubernetes.io/hostname", "zone": "topology.kubernetes.io/zone"}
NodeLabels = dict[LabelKey, list[LabelValue]]


class Spread(Model):
    """Pods of the component spread evenly over nodes or zones."""

    over: LabelKey = Field(description="`host`, `zone` or the key of a node label.")
    max_skew: int = Field(1, ge=1, description="By how many pods two places may differ.")
    required: bool = Field(False, description="true leaves a pod pending rather than break it.")

    def manifest(self, selector: Labels) -> dict[str, Any]:
        """A `core/v1.TopologySpreadConstraint`."""
        return {
            "maxSkew": self.max_skew,
            "topologyKey": TOPOLOGIES.get(self.over, self.over),
            "whenUnsatisfiable": "DoNotSchedule" if self.required else "ScheduleAnyway",
            "labelSelector": {"matchLabels": selector},
        }


def _spreads(value: object) -> object:
    items = value if isinstance(value, list) else [value]
    return [{"over": item} if isinstance(item, str) else item for item in items]


class Toleration(Model):
    """A taint of nodes that the pods tolerate."""

    key: LabelKey | None = Field(None, description="The taint's key; every key without one.")
    value: LabelValue | None = Field(None, description="The taint's value; every value without one.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        None, description="The taint's effect; every effect without one."
    )
    seconds: Seconds | None = Field(None, description="How long a pod stays under a NoExecute taint.")

    @model_validator(mode="after")
    def _fits(self) -> Toleration:
        if self.value is not None and self.key is None:
            raise InputError("a value without a key", expected="`key` beside `value`")
        if self.seconds is not None and self.effect != "NoExecute":
            raise InputError("seconds without NoExecute", expected="`effect: NoExecute` beside `seconds`")
        return self

    def manifest(self) -> dict[str, Any]:
        """A `core/v1.Toleration`."""
        fields = {
            "key": self.key,
            "operator": "Exists" if self.value is None else "Equal",
            "value": self.value,
            "effect": self.effect,
            "tolerationSeconds": self.seconds,
        }
        return {key: value for key, value in fields.items() if value is not None}


class PodRule(Model):
    """Nearness to other pods, or distance from them."""

    labels: Labels = Field(min_length=1, description="Labels of the other pods.")
    over: LabelKey = Field("host", description="What counts as near: `host`, `zone` or the key of a node label.")
    required: bool = Field(False, description="true leaves a pod pending rather than break it.")

    def term(self) -> dict[str, Any]:
        """A `core/v1.PodAffinityTerm`."""
        return {
            "labelSelector": {"matchLabels": self.labels},
            "topologyKey": TOPOLOGIES.get(self.over, self.over),
        }


class Affinity(Model):
    """Which nodes and which other pods the pods want near, or far."""

    nodes: NodeLabels = Field({}, description="Node labels and the values of which a node must have one.")
    prefer_nodes: NodeLabels = Field({}, description="Node labels that a node had better have.")
    near: list[PodRule] = Field([], description="Pods to be near to.")
    apart: list[PodRule] = Field([], description="Pods to be far from.")

    def manifest(self) -> dict[str, Any]:
        """A `core/v1.Affinity`."""
        affinity: dict[str, Any] = {}
        nodes: dict[str, Any] = {}
        if self.nodes:
            terms = [{"matchExpressions": _expressions(self.nodes)}]
            nodes["requiredDuringSchedulingIgnoredDuringExecution"] = {"nodeSelectorTerms": terms}
        if self.prefer_nodes:
            preference = {"weight": 100, "preference": {"matchExpressions": _expressions(self.prefer_nodes)}}
            nodes["preferredDuringSchedulingIgnoredDuringExecution"] = [preference]
        if nodes:
            affinity["nodeAffinity"] = nodes
        for key, rules in (("podAffinity", self.near), ("podAntiAffinity", self.apart)):
            if rules:
                affinity[key] = _pod_affinity(rules)
        return affinity


def _expressions(labels: dict[str, list[str]]) -> list[dict[str, Any]]:
    return [{"key": key, "operator": "In", "values": list(values)} for key, values in sorted(labels.items())]


def _pod_affinity(rules: list[PodRule]) -> dict[str, Any]:
    required = [rule.term() for rule in rules if rule.required]
    preferred = [{"weight": 100, "podAffinityTerm": rule.term()} for rule in rules if not rule.required]
    both = {
        "requiredDuringSchedulingIgnoredDuringExecution": required,
        "preferredDuringSchedulingIgnoredDuringExecution": preferred,
    }
    return {key: terms for key, terms in both.items() if terms}


class Scheduling(Model):
    """Wishes to the scheduler."""

    spread: Annotated[
        list[Spread], BeforeValidator(_spreads, json_schema_input_type=str | Spread | list[str | Spread])
    ] = Field([], description="Spread the pods: `zone`, or a list of `host`, `zone` and `{over: KEY, max-skew: 2}`.")
    node_selector: Labels = Field({}, description="Labels that a node must have.")
    tolerations: list[Toleration] = Field([], description="Taints of nodes that the pods tolerate.")
    affinity: Affinity | None = Field(None, description="Nodes and pods to be near to, or far from.")
    priority_class: str | None = Field(None, description="The pods' PriorityClass.")

    def manifest(self, selector: Labels) -> dict[str, Any]:
        """The fields of a `core/v1.PodSpec` that say so."""
        fields: dict[str, Any] = {
            "nodeSelector": self.node_selector,
            "affinity": self.affinity.manifest() if self.affinity else {},
            "tolerations": [toleration.manifest() for toleration in self.tolerations],
            "topologySpreadConstraints": [spread.manifest(selector) for spread in self.spread],
            "priorityClassName": self.priority_class,
        }
        return {key: value for key, value in fields.items() if value}
