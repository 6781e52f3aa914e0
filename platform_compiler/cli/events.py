"""`platc events`: what the cluster says of components."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from platform_compiler.cli.errors import EngineFailedError
from platform_compiler.cli.logs import pods
from platform_compiler.cli.options import environment_option, format_option
from platform_compiler.cli.selection import Selection, names_argument


@click.command("events")
@environment_option
@format_option("text", "json")
@click.option("--limit", "-n", default=40, show_default=True, help="At most so many, warnings before others.")
@names_argument
def events_command(names: tuple[str, ...], environment: str, format: str, limit: int) -> None:  # noqa: A002
    """Show the last events of the objects and pods of components, the newest last."""
    from platform_compiler.cluster.errors import ClusterError  # noqa: PLC0415 - loaded when the command runs
    from platform_compiler.cluster.events import last_events  # noqa: PLC0415 - see above
    from platform_compiler.cluster.workload import newest_replica_set  # noqa: PLC0415 - see above

    selection = Selection(environment, names)
    cluster = selection.connect()
    try:
        objects = [live for _, live in selection.read(cluster) if live is not None]
        sets = [newest_replica_set(item, cluster) for item in objects if item["kind"] == "Deployment"]
        owned = [*filter(None, sets), *pods(selection, cluster)]
        found = last_events([*objects, *owned], cluster, limit=limit)
    except ClusterError as error:
        raise EngineFailedError(str(error)) from None
    now = datetime.now(UTC)
    if format == "json":
        fields = ("warning", "subject", "reason", "message", "times")
        records = [
            {"time": event.time.isoformat(), **{name: getattr(event, name) for name in fields}} for event in found
        ]
        click.echo(json.dumps(records, indent=2))
        return
    for event in found:
        click.echo(click.style(event.line(now), fg="yellow" if event.warning else None))
    if not found:
        click.echo("no events: a cluster keeps them for an hour", err=True)
