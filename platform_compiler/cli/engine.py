"""`platc engine`: obtain the Pulumi engine, and use it by hand."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import click

from platform_compiler.cli.errors import EngineFailedError
from platform_compiler.cli.options import current_root
from platform_compiler.engine.home import engine_environment, prepare_home
from platform_compiler.engine.install import EngineUnavailableError, Pulumi, find_or_install
from platform_compiler.engine.paths import local_cluster_folder

if TYPE_CHECKING:
    from platform_compiler.localcluster.cluster import LocalCluster

SOURCES = {"path": "on PATH", "cache": "in the cache", "download": "downloaded now", "built": "built now"}


@click.group("engine")
def engine_command() -> None:
    """Obtain the Pulumi engine, and use it by hand."""


def _obtain() -> Pulumi:
    try:
        return find_or_install(_tell)
    except EngineUnavailableError as error:
        raise EngineFailedError(str(error), error.hint) from None


@engine_command.command("install")
def install_command() -> None:
    """Find the engine on PATH or in the cache, or install it: the official release, else built from source."""
    pulumi = _obtain()
    home = prepare_home(pulumi, _tell)
    click.echo(f"pulumi {pulumi.version} {SOURCES[pulumi.source]}: {pulumi.path}")
    click.echo(f"Kubernetes provider: {home.provider}; Python language host: {home.language_host}")


@engine_command.command("env")
def env_command() -> None:
    """Print the variables with which plain `pulumi` uses the same engine and state: eval "$(platc engine env)"."""
    pulumi = _obtain()
    variables = engine_environment(prepare_home(pulumi, _tell), pulumi, current_root())
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")


@engine_command.command("pulumi", context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def pulumi_command(arguments: tuple[str, ...]) -> None:
    """Run plain `pulumi` with the same engine and state, such as `platc engine pulumi -- stack export -s dev`."""
    pulumi = _obtain()
    variables = engine_environment(prepare_home(pulumi, _tell), pulumi, current_root())
    command = [str(pulumi.path), *arguments]
    os.execve(pulumi.path, command, {**os.environ, **variables})  # noqa: S606 - no shell, by design


@engine_command.group("cluster")
def cluster_group() -> None:
    """A Kubernetes control plane on this machine, with simulated nodes: to try everything without a cluster."""


@cluster_group.command("install")
def cluster_install_command() -> None:
    """Build its programs, where they are not here yet."""
    _local_cluster()
    click.echo("the control plane's programs are here")


@cluster_group.command("up")
def cluster_up_command() -> None:
    """Start it; the first time it is built from source, which takes minutes."""
    from platform_compiler.localcluster.cluster import CONTEXT, LocalClusterError  # noqa: PLC0415 - see below

    try:
        cluster = _local_cluster()
        cluster.up(_tell)
    except LocalClusterError as error:
        raise EngineFailedError(str(error)) from None
    click.echo(f"Kubernetes is up: context {CONTEXT}, {cluster.server}")
    click.echo(f"by hand: {shlex.join(cluster.kubectl)} get pods --all-namespaces")


@cluster_group.command("down")
@click.option("--delete", is_flag=True, help="Remove its data too.")
def cluster_down_command(*, delete: bool) -> None:
    """Stop it; what is in it stays for the next start."""
    cluster = _local_cluster()
    if delete:
        cluster.delete()
    else:
        cluster.down()
    click.echo("the local cluster is gone" if delete else "the local cluster is stopped")


@cluster_group.command("status")
def cluster_status_command() -> None:
    """Tell which of its programs run."""
    for name, pid in _local_cluster().running().items():
        click.echo(f"{name:<24} {f'running, process {pid}' if pid else 'stopped'}")


def _local_cluster() -> LocalCluster:
    """The default cluster; its modules are loaded when one of these commands runs, for they take a while."""
    from platform_compiler.engine.gobuild import BuildError  # noqa: PLC0415 - see above
    from platform_compiler.localcluster.cluster import LocalCluster  # noqa: PLC0415 - see above
    from platform_compiler.localcluster.programs import obtain  # noqa: PLC0415 - see above

    try:
        return LocalCluster(local_cluster_folder(), obtain(_tell))
    except BuildError as error:
        raise EngineFailedError(f"cannot build the control plane: {error}", error.hint) from None


def _tell(line: str) -> None:
    click.echo(f"engine: {line}", err=True)
