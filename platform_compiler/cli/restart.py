"""`platc restart`: new pods for components, one after the other, with nothing else changed."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from platform_compiler.cli.errors import EngineFailedError
from platform_compiler.cli.options import environment_option
from platform_compiler.cli.selection import Selection

RESTARTED = "kubectl.kubernetes.io/restartedAt"
MANAGER = "platc-restart"
"""Owns the annotation, so that neither `up` nor `drift` takes it for a change."""
KINDS = frozenset({"Deployment", "StatefulSet", "DaemonSet"})


@click.command("restart")
@environment_option
@click.argument("names", nargs=-1, required=True, metavar="APP[.COMPONENT]...")
def restart_command(names: tuple[str, ...], environment: str) -> None:
    """Replace the pods of components, as their rollout strategy says; follow it by `platc status --watch`."""
    from platform_compiler.cluster.errors import ClusterError  # noqa: PLC0415 - loaded when the command runs

    selection = Selection(environment, names)
    cluster = selection.connect()
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    change = {"spec": {"template": {"metadata": {"annotations": {RESTARTED: now}}}}}
    restarted = 0
    try:
        for resource, live in selection.read(cluster):
            if live is None or resource.kind not in KINDS:
                continue
            cluster.patch(live, change, manager=MANAGER)
            click.echo(f"{resource.kind} {resource.namespace}/{resource.name} restarts")
            restarted += 1
    except ClusterError as error:
        raise EngineFailedError(str(error)) from None
    if not restarted:
        raise EngineFailedError(f"nothing of {', '.join(names)} runs in {environment}", "see `platc status`")
