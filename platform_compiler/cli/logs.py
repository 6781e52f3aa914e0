"""`platc logs`: what the containers of components write."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from platform_compiler.cli.errors import EngineFailedError
from platform_compiler.cli.options import environment_option
from platform_compiler.cli.selection import Selection, names_argument

if TYPE_CHECKING:
    from platform_compiler.cluster.client import Cluster, Object

NEW_PODS_SECONDS = 2.0


@click.command("logs")
@environment_option
@click.option("--follow", "-f", is_flag=True, help="Go on as lines come, of new pods too, until Ctrl-C.")
@click.option("--lines", "-n", default=100, show_default=True, help="The last lines of each container to begin with.")
@click.option("--previous", "-p", is_flag=True, help="Those of the run before, of a container that has crashed.")
@click.option("--container", "-c", default="", help="Only the containers of this name.")
@names_argument
def logs_command(
    names: tuple[str, ...], environment: str, follow: bool, lines: int, previous: bool, container: str
) -> None:
    """Show the logs of components, each line after its pod and container."""
    from platform_compiler.cluster.errors import ClusterError  # noqa: PLC0415 - loaded when the command runs

    selection = Selection(environment, names)
    cluster = selection.connect()
    try:
        found = list(_containers(selection, cluster, container))
        if follow:
            _follow(selection, cluster, container, lines)
        for namespace, pod, name in found:
            text = cluster.logs(namespace, pod, name, previous=previous, lines=lines)
            for line in text.splitlines():
                _say(pod, name, line)
    except ClusterError as error:
        raise EngineFailedError(str(error)) from None
    if not found:
        click.echo("no container of these components runs", err=True)


def _containers(selection: Selection, cluster: Cluster, only: str) -> Iterator[tuple[str, str, str]]:
    for pod in pods(selection, cluster):
        for item in pod["spec"]["containers"]:
            if only in {"", item["name"]}:
                yield pod["metadata"]["namespace"], pod["metadata"]["name"], item["name"]


def pods(selection: Selection, cluster: Cluster) -> list[Object]:
    """The pods of the selected components, by the labels that every pod of a component carries."""
    found = []
    for component in selection.components:
        context = selection.compiled.components[component].context
        labels = ",".join(f"{key}={value}" for key, value in context.selector.items())
        found.extend(cluster.list("v1", "Pod", context.namespace, labels=labels))
    return found


def _follow(selection: Selection, cluster: Cluster, only: str, lines: int) -> None:
    """A thread for each container, until Ctrl-C."""
    followed: set[tuple[str, str, str]] = set()
    while True:
        for place in _containers(selection, cluster, only):
            if place not in followed:
                followed.add(place)
                threading.Thread(target=_follow_one, args=(cluster, place, lines), daemon=True).start()
        threading.Event().wait(NEW_PODS_SECONDS)


def _follow_one(cluster: Cluster, place: tuple[str, str, str], lines: int) -> None:
    from platform_compiler.cluster.errors import ClusterError  # noqa: PLC0415 - see above

    namespace, pod, name = place
    try:
        for line in cluster.follow_logs(namespace, pod, name, lines=lines):
            _say(pod, name, line)
    except ClusterError as error:
        click.echo(f"{pod} {name}: {error}", err=True)


def _say(pod: str, container: str, line: str) -> None:
    click.echo(f"{click.style(f'{pod} {container}', fg='cyan')}  {line}")
