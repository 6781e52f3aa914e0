"""The control plane's programs: which versions, and how they are built once into the cache."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from platform_compiler.engine.download import Progress
from platform_compiler.engine.gobuild import GoModule, build
from platform_compiler.engine.install import install_lock
from platform_compiler.engine.paths import cache_folder

KUBERNETES_VERSION: Final = "1.36.3"
ETCD_VERSION: Final = "3.6.5"
KWOK_VERSION: Final = "0.8.0"
_KUBERNETES: Final = "k8s.io/kubernetes/cmd"
_KWOK: Final = "sigs.k8s.io/kwok"
_STAGES: Final = (
    "node/fast/node-initialize", "pod/fast/pod-ready", "pod/fast/pod-complete", "pod/fast/pod-delete",
    "volume/fast/pv-bind", "volume/fast/pv-delete", "volume/fast/pvc-delete", "volume/fast/pvc-provision",
)  # fmt: skip
MODULES: Final = (
    GoModule("etcd", {"etcd": "go.etcd.io/etcd/server/v3"}),
    GoModule(
        "kwok",
        {"kwok": f"{_KWOK}/cmd/kwok"},
        files={f"{stage.replace('/', '-')}.yaml": f"{_KWOK}//kustomize/stage/{stage}.yaml" for stage in _STAGES},
    ),
    GoModule(
        "kubernetes",
        {
            name: f"{_KUBERNETES}/{name}"
            for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
        },
        {"k8s.io/component-base/version.gitVersion": f"v{KUBERNETES_VERSION}"},
    ),
)
_VERSIONS: Final = {"etcd": ETCD_VERSION, "kwok": KWOK_VERSION, "kubernetes": KUBERNETES_VERSION}


class Programs:
    """The folders that hold the programs."""

    def __init__(self, folders: dict[str, Path]) -> None:
        self._folders = folders

    def path(self, program: str) -> str:
        """The program's file, such as that of `etcd`."""
        module = next(module for module in MODULES if program in module.programs)
        return str(self._folders[module.name] / "bin" / program)

    def stages(self) -> list[Path]:
        """kwok's rules of how nodes, pods and volumes live."""
        return sorted((self._folders["kwok"] / "share").iterdir())


def installed() -> Programs | None:
    """The programs, when all of them are in the cache."""
    folders = {module.name: cache_folder() / module.name / f"v{_VERSIONS[module.name]}" for module in MODULES}
    return Programs(folders) if all(folder.is_dir() for folder in folders.values()) else None


def obtain(progress: Progress) -> Programs:
    """The programs, built now if they must be, which takes minutes; raises `BuildError`."""
    found = installed()
    if found is not None:
        return found
    progress("building a Kubernetes control plane from its Go modules; this happens once and takes about seven minutes")
    for module in MODULES:
        folder = cache_folder() / module.name / f"v{_VERSIONS[module.name]}"
        with install_lock(folder, progress):
            if not folder.is_dir():
                build(module, folder, progress)
                progress(f"{module.name} {_VERSIONS[module.name]} is built")
    found = installed()
    assert found is not None
    return found
