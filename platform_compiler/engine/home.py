"""A private Pulumi home, and the environment variables that the engine runs with.

The embedded provider and language host must never enter the user's own Pulumi home, where they would shadow the
official ones for other projects. Where the user has the official plugins, they are linked instead.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import unquote

from platform_compiler.engine.download import Progress, UnreachableError, download_plugin
from platform_compiler.engine.install import Pulumi
from platform_compiler.engine.paths import PROVIDER_VERSION, PULUMI_VERSION, cache_folder, is_offline, kubeconfig_paths
from platform_compiler.root import read_project

STATE_FOLDER: Final = ".platform/state"
BACKEND_VARIABLE: Final = "PULUMI_BACKEND_URL"
ROOT_VARIABLE: Final = "PLATC_ROOT"
"""The platform that exported variables are for."""
LOG_MEGABYTES: Final = "16"
PARALLEL: Final = "128"
"""Steps at once, where the user sets no other number: many of them wait for a rollout, and some for another's."""
RETRY_SECONDS: Final = 24 * 3600
LOGS_VARIABLE: Final = "PLATC_ENGINE_LOGS"
"""Set to anything, it keeps the engine's debug logs, in a home of their own."""
PLUGIN_PROGRAM: Final = "pulumi-resource-kubernetes"
KUBERNETES = f"resource-kubernetes-v{PROVIDER_VERSION}"
PYTHON = f"language-python-v{PULUMI_VERSION}"

Source = Literal["official", "embedded"]


@dataclass(frozen=True, slots=True)
class Home:
    """A prepared Pulumi home: which provider and language host it holds."""

    path: Path
    provider: Source
    language_host: Source


def prepare_home(pulumi: Pulumi, progress: Progress = lambda _line: None) -> Home:
    """The private home with both plugins in place; cheap when it is there already."""
    obtain_official_plugin(progress)
    logs = bool(os.environ.get(LOGS_VARIABLE))
    key = hashlib.sha256(f"{sys.executable} {pulumi.path} logs={logs}".encode()).hexdigest()[:12]
    home = cache_folder() / "home" / key
    if not logs:
        _refuse_logs(home / "logs")
    official = find_official_plugin()
    provider: Source = "official" if official else "embedded"
    if official:
        _link(home / "plugins" / KUBERNETES, official)
    else:
        module = "platform_compiler.provider"
        _launcher(home / "plugins" / KUBERNETES / "pulumi-resource-kubernetes", module)
    host: Source = "official" if _has_official_host(pulumi) else "embedded"
    if host == "embedded":
        module = "platform_compiler.engine.language_host"
        _launcher(home / "plugins" / PYTHON / "pulumi-language-python", module)
    return Home(home, provider, host)


def _refuse_logs(place: Path) -> None:
    """Put a file where the engine would make its folder of debug logs; it then goes on without writing any.

    It writes them on every run, compressed and encrypted, and that takes a third of its time; no option turns it off.
    """
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"The engine writes no debug logs here; set {LOGS_VARIABLE}=1 for some.\n", encoding="utf-8")


def find_official_plugin() -> Path | None:
    """The folder of the official Kubernetes plugin: in the user's Pulumi home, else in the cache."""
    user = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    if user.is_relative_to(cache_folder()):
        user = Path.home() / ".pulumi"  # the variable is our own, from `platc engine env`
    for folder in (user / "plugins" / KUBERNETES, cache_folder() / "plugins" / KUBERNETES):
        if (folder / PLUGIN_PROGRAM).is_file():
            return folder
    return None


def obtain_official_plugin(progress: Progress) -> None:
    """Download the official plugin where it can be reached; a failed try costs seconds, once a day."""
    folder = cache_folder() / "plugins" / KUBERNETES
    failed = folder.with_name(f"{KUBERNETES}.unreachable")
    if (
        find_official_plugin()
        or is_offline()
        or (failed.exists() and time.time() - failed.stat().st_mtime < RETRY_SECONDS)
    ):
        return
    progress(f"trying the official Kubernetes plugin v{PROVIDER_VERSION}")
    try:
        download_plugin("kubernetes", PROVIDER_VERSION, folder, progress)
    except (UnreachableError, OSError) as error:
        failed.parent.mkdir(parents=True, exist_ok=True)
        failed.touch()
        progress(f"{error}; using the embedded one instead, which renders into folders")


def _has_official_host(pulumi: Pulumi) -> bool:
    return (pulumi.path.resolve().parent / "pulumi-language-python").is_file() or shutil.which(
        "pulumi-language-python"
    ) is not None


def _link(place: Path, target: Path) -> None:
    if place.is_symlink() and place.readlink() == target:
        return
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    place.symlink_to(target)


def _launcher(file: Path, module: str) -> None:
    """A script that runs `module` with this interpreter; written in one step, only when it differs."""
    text = f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n'
    if file.is_file() and file.read_text(encoding="utf-8") == text:
        return
    if file.parent.is_symlink():
        file.parent.unlink()
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{os.getpid()}.{time.monotonic_ns()}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.chmod(0o755)
    temporary.replace(file)


def engine_environment(home: Home, pulumi: Pulumi, root: Path, given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Variables for the engine and its plugins. What the user has set of backend and passphrase stays."""
    variables = {
        "PULUMI_HOME": str(home.path),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_LOG_ROTATION_MAX_TOTAL_MB": LOG_MEGABYTES,
        "KUBECONFIG": kubeconfig_paths(given),
        "PATH": f"{pulumi.path.parent}{os.pathsep}{given.get('PATH', '')}",
    }
    variables |= loopback_variables(given)
    if not given.get("PULUMI_PARALLEL"):
        variables["PULUMI_PARALLEL"] = PARALLEL
    url = backend_url(root, given)
    if given.get(BACKEND_VARIABLE) != url:
        variables[BACKEND_VARIABLE] = url
    variables[ROOT_VARIABLE] = str(root)
    if "PULUMI_CONFIG_PASSPHRASE" not in given and "PULUMI_CONFIG_PASSPHRASE_FILE" not in given:
        variables["PULUMI_CONFIG_PASSPHRASE"] = ""
    return variables


def backend_url(root: Path, given: Mapping[str, str] = os.environ) -> str:
    """Where state is kept: as the user has said by `PULUMI_BACKEND_URL`, else by the project, else in `STATE_FOLDER`.

    What `platc engine env` has exported for a state inside another platform says nothing of this one.
    """
    url = given.get(BACKEND_VARIABLE, "")
    other = Path(given.get(ROOT_VARIABLE) or root)
    if url and (other == root or not url.startswith(f"{other.as_uri()}/")):
        return url
    return _project_backend(root)


def _project_backend(root: Path) -> str:
    """The backend that `Pulumi.yaml` names; a relative folder is one below the root, wherever the command runs."""
    url = str((read_project(root).get("backend") or {}).get("url") or f"file://{STATE_FOLDER}?create_dir=true")
    path = url.removeprefix("file://")
    if path == url or path.startswith(("/", "~")):
        return url
    folder, _, query = path.partition("?")
    return f"{(root / unquote(folder)).as_uri()}{'?' * bool(query)}{query}"


def loopback_variables(given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What keeps gRPC from asking a proxy for 127.0.0.1, where the engine, its plugins and the program talk.

    gRPC reads `no_grpc_proxy`, and `no_proxy` only where that is not set (gRPC core, "Environment Variables").
    """
    others = given.get("no_grpc_proxy") or given.get("no_proxy")
    return {"no_grpc_proxy": ",".join(filter(None, ["127.0.0.1", "localhost", others]))}


def state_folder(root: Path, variables: Mapping[str, str], given: Mapping[str, str] = os.environ) -> Path | None:
    """The folder that a `file://` backend keeps state in; None for every other backend."""
    url = variables.get(BACKEND_VARIABLE) or given[BACKEND_VARIABLE]
    if not url.startswith("file://"):
        return None
    return root / Path(unquote(url.removeprefix("file://").partition("?")[0])).expanduser()
