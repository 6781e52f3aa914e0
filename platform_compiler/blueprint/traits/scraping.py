"""How the pods' metrics are found; the model behind it is only loaded for specs that write it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from platform_compiler.blueprint.context import Context, FieldError
from platform_compiler.graph.resource import Resource
from platform_compiler.spec.later import later

if TYPE_CHECKING:
    from platform_compiler.blueprint.traits.metrics import Metrics
else:
    Metrics = later("platform_compiler.blueprint.traits.metrics", "Metrics")

__all__ = ["Metrics", "scrape_annotations", "scraped"]


def scrape_annotations(metrics: Metrics | None, ctx: Context, port: int | None) -> dict[str, str] | None:
    """The pods' annotations for `metrics`; `port` is the component's own, None where it has none."""
    if metrics is None:
        return None
    if (scraped := metrics.port or port) is None:
        raise FieldError(("metrics",), "the metrics have no port", expected="`metrics: {port: NUMBER}`")
    return metrics.annotations(ctx, scraped)


def scraped(metrics: Metrics | None, ctx: Context, ports: tuple[int, ...]) -> Iterator[Resource]:
    """What leads the collector to the pods; `ports` are those that it may reach anyway, the component's own first."""
    if metrics is not None:
        port = metrics.port or ports[0]
        yield from metrics.objects(ctx, port, served=port in ports)
