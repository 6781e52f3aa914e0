"""Versions and places: what is installed, and into which cache."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

PULUMI_VERSION: Final = "3.259.0"
"""The CLI's version; the Python SDK is pinned to the same one."""
PROVIDER_VERSION: Final = "4.34.2"
OFFLINE_VARIABLE: Final = "PLATC_OFFLINE"
"""Set to skip every attempt to reach official downloads."""


def cache_folder() -> Path:
    """Where built and downloaded programs are kept: `PLATC_CACHE`, else the user's cache folder (XDG)."""
    own = os.environ.get("PLATC_CACHE")
    if own:
        return Path(own).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base).absolute() / "platform-compiler"


def engine_folder() -> Path:
    """The folder of the installed engine; its program is `bin/pulumi`."""
    return cache_folder() / "pulumi" / f"v{PULUMI_VERSION}"


def local_cluster_folder() -> Path:
    """Where `platc engine cluster` keeps its one cluster."""
    return cache_folder() / "cluster"


def local_kubeconfig() -> Path:
    """The kubeconfig of that cluster, which is there when the cluster is."""
    return local_cluster_folder() / "admin.kubeconfig"


def kubeconfig_paths(given: Mapping[str, str] = os.environ) -> str:
    """`KUBECONFIG` as it is in use (kubectl's default where it is not set), with the local cluster's added to it."""
    known = given.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
    return f"{known}{os.pathsep}{local_kubeconfig()}" if local_kubeconfig().is_file() else known


def is_offline() -> bool:
    """Whether official downloads are not to be tried."""
    return os.environ.get(OFFLINE_VARIABLE, "") not in {"", "0"}


TOLD_ALREADY: Final = 32
"""The exit code of a program whose failure the engine has been told of (the SDK's convention)."""
