"""`daemon-set`: one pod on every node, such as an agent for logs or metrics."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from platform_compiler.blueprint import Context, Endpoint, OutputModel, Public, Resource
from platform_compiler.blueprint.context import FieldError
from platform_compiler.blueprint.fields import IntOrPercent, Port, Seconds
from platform_compiler.blueprint.traits.container import build_pod
from platform_compiler.blueprint.traits.probes import Probes
from platform_compiler.blueprint.traits.scraping import scrape_annotations, scraped
from platform_compiler.blueprint.traits.server import Server, access, reached, services
from platform_compiler.blueprint.traits.workload import held_by_one_node


class DaemonSet(Server, name="daemon-set", version=1):
    """One pod on every node that `scheduling` allows; with a `port`, callers reach the one on their own node."""

    port: Port | None = Field(None, description="The port that the container listens on; no Service without it.")
    max_unavailable: IntOrPercent | None = Field(
        None, description="Nodes that may be without their pod during a rollout; one by default."
    )
    min_ready: Seconds | None = Field(None, description="Seconds that a new pod must be ready before it counts.")

    class Outputs(OutputModel):
        """Where the pod of the caller's node is reached, for those with a port."""

        host: Public[str]
        address: Public[str]

    def outputs(self, ctx: Context) -> DaemonSet.Outputs:
        """They follow from the name and the port."""
        if self.port is None:
            raise FieldError(("port",), "others refer to the component, which has no port", expected="`port: NUMBER`")
        return self.Outputs(host=ctx.host, address=f"{ctx.host}:{self.port}")

    def endpoint(self, ctx: Context) -> Endpoint | None:
        """The pods, for those with a port."""
        return None if self.port is None else reached(self, ctx, self.port)

    def _refuse_callers(self) -> None:
        for name in ("ports", "aliases", "callers"):
            if getattr(self, name):
                raise FieldError((name,), f"{name} without a port", expected="`port: NUMBER` beside it")

    def expand(self, ctx: Context) -> Iterator[Resource]:
        """Service account, config and the DaemonSet; a Service where there is a port."""
        if held := held_by_one_node(self):
            summary = f"the pods of several nodes cannot share the volume {held!r}, which one node holds"
            raise FieldError(("volumes", held), summary, expected="`access: many`, or `host-path`")
        if self.port is None:
            self._refuse_callers()
        pod = build_pod(
            self,
            ctx,
            port=("main", self.port) if self.port else None,
            more_ports=self.ports,
            probes=self.probes.manifest(Probes(), self.port),
            annotations=scrape_annotations(self.metrics, ctx, self.port),
        )
        spec: dict[str, Any] = {"selector": {"matchLabels": ctx.selector}}
        if self.max_unavailable is not None:
            limit = {"maxUnavailable": self.max_unavailable}
            spec["updateStrategy"] = {"type": "RollingUpdate", "rollingUpdate": limit}
        if self.min_ready is not None:
            spec["minReadySeconds"] = self.min_ready
        spec["template"] = pod.template
        yield from pod.resources
        yield ctx.resource("daemon-set", "apps/v1", "DaemonSet", spec=spec)
        if self.port is None:
            yield from scraped(self.metrics, ctx, ())
            return
        yield from services(
            self, ctx, port=self.port, target_port=self.port, protocol="main", internalTrafficPolicy="Local"
        )
        yield from access(self, ctx, reached(self, ctx, self.port))
