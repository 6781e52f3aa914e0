"""The tools that are measured: how each is obtained, pinned, and called."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench import workload
from bench.measure import Command
from platform_compiler.engine.paths import cache_folder

HELM = "helm.sh/helm/v4/cmd/helm@v4.3.1"
JSONNET = "github.com/google/go-jsonnet/cmd/jsonnet@v0.22.0"
PYTHON_PACKAGES = ("cdk8s==2.70.115", "kcl-lib==0.13.2")
PLATC = Path(sys.executable).with_name("platc")
Objects = list[dict[str, Any]]


def folder() -> Path:
    """Where the other tools are kept."""
    return cache_folder() / "bench"


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool: `prepare` writes its input for N apps and returns its command; `read` parses what it made."""

    name: str
    prepare: Callable[[Path, int, Objects], Command]
    read: Callable[[Path], Objects]


def setup() -> None:
    """Obtain every tool; says what it does."""
    target = folder()
    target.mkdir(parents=True, exist_ok=True)
    for program, module in (("helm", HELM), ("jsonnet", JSONNET)):
        if not (target / "bin" / program).exists():
            print(f"bench: building {program} from {module}", flush=True)
            environment = {**os.environ, "GOBIN": str(target / "bin"), "CGO_ENABLED": "0", "GOFLAGS": "-mod=mod"}
            command = ["go", "install", "-trimpath", "-ldflags", "-s -w", module]
            subprocess.run(command, env=environment, check=True, timeout=1800)
    python = target / "py" / "bin" / "python"
    if not python.exists():
        print("bench: making a Python environment for cdk8s and KCL", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(target / "py")], check=True, timeout=120)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PYTHON_PACKAGES], check=True, timeout=600)
    for interpreter in (python, Path(sys.executable)):
        subprocess.run([interpreter, "-m", "compileall", "-q", _site_packages(interpreter)], check=False, timeout=600)
    root = Path(__file__).parents[1]
    subprocess.run(
        [sys.executable, "-m", "compileall", "-q", root / "platform_compiler", root / "blueprints"], check=False
    )


def _site_packages(interpreter: Path) -> str:
    code = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    return subprocess.run([interpreter, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def _ours(root: Path, number: int, _objects: Objects) -> Command:
    workload.write_platform(root, number)
    return Command([str(PLATC), "compile", "--env", "bench"], root, root / "out.yaml")


def _helm(root: Path, number: int, objects: Objects) -> Command:
    workload.write_helm(root, number, objects)
    return Command([str(folder() / "bin" / "helm"), "template", "bench", "."], root, root / "out.yaml")


def _cdk8s(root: Path, number: int, objects: Objects) -> Command:
    workload.write_cdk8s(root, number, objects)
    return Command([str(folder() / "py" / "bin" / "python"), "main.py"], root)


def _jsonnet(root: Path, number: int, objects: Objects) -> Command:
    workload.write_jsonnet(root, number, objects)
    return Command([str(folder() / "bin" / "jsonnet"), "-y", "main.jsonnet"], root, root / "out.yaml")


def _kcl(root: Path, number: int, objects: Objects) -> Command:
    workload.write_kcl(root, number, objects)
    return Command([str(folder() / "py" / "bin" / "python"), "run.py"], root)


def _read(pattern: str) -> Callable[[Path], Objects]:
    def read(root: Path) -> Objects:
        files = sorted(root.glob(pattern))
        return [item for file in files for item in yaml.load_all(file.read_text(), yaml.CSafeLoader) if item]

    return read


TOOLS = (
    Tool("platc", _ours, _read("out.yaml")),
    Tool("helm template", _helm, _read("out.yaml")),
    Tool("cdk8s", _cdk8s, _read("dist/*.yaml")),
    Tool("KCL", _kcl, _read("out.yaml")),
    Tool("Jsonnet", _jsonnet, _read("out.yaml")),
)


def normalized(objects: Objects) -> list[str]:
    """Objects in an order and with a hash that all tools share; namespaces do not count."""
    texts = [json.dumps(item, sort_keys=True) for item in objects if item["kind"] != "Namespace"]
    return sorted(re.sub(r"-env-[0-9a-f]{10}", "-env-HASH", text) for text in texts)
