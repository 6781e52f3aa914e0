"""`platc status`: how the components of an environment are."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

import click

from platform_compiler.cli.errors import CHANGES_FOUND, FINE, EngineFailedError
from platform_compiler.cli.options import environment_option, format_option
from platform_compiler.cli.selection import Selection, names_argument

if TYPE_CHECKING:
    from platform_compiler.cluster.client import Cluster
    from platform_compiler.cluster.overview import ComponentStatus

COLORS = {"healthy": "green", "progressing": "yellow", "degraded": "red", "missing": "red"}
HEADINGS = ("COMPONENT", "STATUS", "READY", "AGE", "IMAGE")
WATCH_SECONDS = 2.0


@click.command("status")
@environment_option
@format_option("text", "json")
@click.option("--watch", "-w", is_flag=True, help="Go on until everything is healthy, or Ctrl-C.")
@names_argument
def status_command(names: tuple[str, ...], environment: str, format: str, watch: bool) -> int:  # noqa: A002
    """Tell how each component is: healthy, progressing, degraded or missing.

    Exits with 0 when all are healthy, 2 when one is not.
    """
    from platform_compiler.cluster.errors import ClusterError  # noqa: PLC0415 - loaded when the command runs

    selection = Selection(environment, names)
    cluster = selection.connect()
    try:
        statuses = component_statuses(selection, cluster)
        _show(statuses, format)
        while watch and not _all_healthy(statuses):
            time.sleep(WATCH_SECONDS)
            before, statuses = statuses, component_statuses(selection, cluster)
            if _rows(statuses) != _rows(before):
                _show(statuses, format)
    except ClusterError as error:
        raise EngineFailedError(str(error)) from None
    return FINE if _all_healthy(statuses) else CHANGES_FOUND


def component_statuses(selection: Selection, cluster: Cluster) -> list[ComponentStatus]:
    """The status of every selected component; raises `ClusterError`."""
    from platform_compiler.cluster.overview import component_status, object_status  # noqa: PLC0415 - see above

    now = datetime.now(UTC)
    found = [
        object_status(resource.id, resource.kind, resource.name, live, cluster)
        for resource, live in selection.read(cluster)
    ]
    groups = groupby(found, key=lambda item: item.id.rpartition("/")[0])
    return [component_status(component, list(objects), now) for component, objects in groups]


def _all_healthy(statuses: Sequence[ComponentStatus]) -> bool:
    return all(item.status == "healthy" for item in statuses)


def _rows(statuses: Sequence[ComponentStatus]) -> list[tuple[str, ...]]:
    return [(item.id, item.status, item.ready, item.image, item.message) for item in statuses]


def _show(statuses: Sequence[ComponentStatus], form: str) -> None:
    if form == "json":
        click.echo(json.dumps([_record(item) for item in statuses], indent=2))
        return
    rows = [HEADINGS, *((item.id, str(item.status), item.ready, item.age, item.image) for item in statuses)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    for row, item in zip(rows, [None, *statuses], strict=True):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        if item is not None:
            cells[1] = click.style(cells[1], fg=COLORS[item.status])
        click.echo("  ".join(cells).rstrip())
        if item is not None and item.message:
            click.echo(f"    {item.message}")


def _record(item: ComponentStatus) -> dict[str, object]:
    objects = [{"id": one.id, "kind": one.kind, "name": one.name, **asdict(one.health)} for one in item.objects]
    return {
        "component": item.id,
        "status": item.status,
        "message": item.message,
        "ready": item.ready,
        "image": item.image,
        "age": item.age,
        "objects": objects,
    }
