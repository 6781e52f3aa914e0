"""How the pods' metrics are found: by a PodMonitor where the cluster has Prometheus' operator, else by annotations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pydantic import Field

from platform_compiler.blueprint.base import Endpoint
from platform_compiler.blueprint.context import Context
from platform_compiler.blueprint.fields import HttpPath, Port
from platform_compiler.blueprint.traits.network import allow
from platform_compiler.graph.resource import Resource
from platform_compiler.spec.validation import Model

OPERATOR: Final = "prometheus-operator"
PORT_NAME: Final = "metrics"


class Metrics(Model):
    """Where Prometheus scrapes."""

    port: Port | None = Field(None, description="The port; the component's own by default.")
    path: HttpPath = Field("/metrics", description="The path.")
    interval: int | None = Field(None, ge=1, le=3600, description="Seconds between scrapes, for the operator.")

    def annotations(self, ctx: Context, port: int) -> dict[str, str]:
        """The customary annotations of the pods; none where a PodMonitor does it."""
        if OPERATOR in ctx.environment.spec.capabilities:
            return {}
        return {
            "prometheus.io/scrape": "true",
            "prometheus.io/port": str(port),
            "prometheus.io/path": self.path,
        }

    def objects(self, ctx: Context, port: int, *, served: bool) -> Iterator[Resource]:
        """The PodMonitor, and the policy for a port that is not `served` to the collector anyway."""
        if OPERATOR in ctx.environment.spec.capabilities:
            endpoint: dict[str, Any] = {"portNumber": port, "path": self.path}
            if self.interval:
                endpoint["interval"] = f"{self.interval}s"
            spec = {"selector": {"matchLabels": ctx.selector}, "podMetricsEndpoints": [endpoint]}
            yield ctx.resource("pod-monitor", "monitoring.coreos.com/v1", "PodMonitor", spec=spec)
        if not served:
            collector = ctx.environment.spec.network.metrics_collector
            yield from allow(ctx, "allow-scrape", Endpoint(ctx.selector, (port,)), [collector])
