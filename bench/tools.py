"""The tools that are measured: how each is obtained, pinned, and called."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from bench import workload
from bench.measure import Command, last_line
from platform_compiler.engine.paths import cache_folder

HELM: Final = "helm.sh/helm/v4/cmd/helm@v4.3.1"
JSONNET: Final = "github.com/google/go-jsonnet/cmd/jsonnet@v0.22.0"
CDK8S: Final = "cdk8s==2.70.115"
KCL: Final = "kcl-lib==0.13.2"
PLATC: Final = Path(sys.executable).with_name("platc")
Objects = list[dict[str, Any]]
_HASHED: Final = re.compile(r"[a-z0-9-]+-env-[0-9a-f]{10}\b")


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool: `prepare` writes its input for N apps and returns its command, `made` names the files it makes.

    `pin` is the Go package or Python distribution with its version, empty for ours.
    """

    name: str
    pin: str
    prepare: Callable[[Path, int, Objects], Command]
    made: str

    def program(self) -> Path:
        """What must be there for it to run."""
        return go_program(self.pin) if "@" in self.pin else python_of(self.pin) if self.pin else PLATC

    def texts(self, root: Path) -> list[str]:
        """What it made, file by file."""
        return [file.read_text(encoding="utf-8") for file in sorted(root.glob(self.made))]


def go_program(pin: str) -> Path:
    """Where a Go program is kept: by name and version, so that another pin is another file."""
    package, _, version = pin.partition("@")
    name = package.rpartition("/")[2]
    return cache_folder() / "bench" / f"{name}-{version}" / name


def python_of(pin: str) -> Path:
    """The interpreter of the environment that holds a Python distribution."""
    return cache_folder() / "bench" / pin.replace("==", "-") / "bin" / "python"


def setup() -> list[str]:
    """Obtain every tool and compile all Python to bytecode; returns why a tool cannot be had, for each that cannot."""
    faults = []
    for tool in TOOLS:
        if not tool.pin:
            continue
        print(f"bench: {tool.name} from {tool.pin}", flush=True)
        try:
            _obtain(tool.pin)
        except (subprocess.SubprocessError, OSError) as error:
            reason = last_line(getattr(error, "stderr", None) or str(error))
            faults.append(f"{tool.name} cannot be obtained: {reason}")
    if not shutil.which("node"):
        faults.append("cdk8s cannot run: it needs node on PATH")
    root = Path(__file__).parents[1]
    _compile(Path(sys.executable), root / "platform_compiler", root / "blueprints")
    return faults


def _obtain(pin: str) -> None:
    if "@" in pin:
        program = go_program(pin)
        if not program.exists():
            environment = {**os.environ, "GOBIN": str(program.parent), "CGO_ENABLED": "0", "GOFLAGS": "-mod=mod"}
            _call(["go", "install", "-trimpath", "-ldflags", "-s -w", pin], environment)
        return
    python = python_of(pin)
    if not python.exists():
        _call([sys.executable, "-m", "venv", str(python.parents[1])])
    _call([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", pin])
    _compile(python)


def _call(words: list[str], environment: dict[str, str] | None = None) -> str:
    result = subprocess.run(words, env=environment, check=True, capture_output=True, text=True, timeout=1800)
    return result.stdout.strip()


def _compile(python: Path, *folders: Path) -> None:
    """Bytecode for all packages of an interpreter and more; what does not compile is of no use to a run either."""
    packages = _call([str(python), "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"])
    subprocess.run(
        [python, "-m", "compileall", "-q", packages, *folders], check=False, capture_output=True, timeout=600
    )


def _ours(root: Path, number: int, _objects: Objects) -> Command:
    workload.write_platform(root, number)
    return Command([str(PLATC), "compile", "--env", "bench", "-o", "out"], root, makes="out")


def _helm(root: Path, number: int, objects: Objects) -> Command:
    workload.write_helm(root, number, objects)
    return Command([str(go_program(HELM)), "template", "bench", "."], root, output="out.yaml")


def _cdk8s(root: Path, number: int, objects: Objects) -> Command:
    workload.write_cdk8s(root, number, objects)
    return Command([str(python_of(CDK8S)), "main.py"], root, makes="dist")


def _jsonnet(root: Path, number: int, objects: Objects) -> Command:
    workload.write_jsonnet(root, number, objects)
    return Command([str(go_program(JSONNET)), "-y", "main.jsonnet"], root, output="out.yaml")


def _kcl(root: Path, number: int, objects: Objects) -> Command:
    workload.write_kcl(root, number, objects)
    return Command([str(python_of(KCL)), "run.py"], root)


OURS: Final = Tool("platc", "", _ours, "out/*.yaml")
BASE: Final = Tool("helm template", HELM, _helm, "out.yaml")
TOOLS: Final = (
    OURS,
    BASE,
    Tool("cdk8s", CDK8S, _cdk8s, "dist/*.yaml"),
    Tool("KCL", KCL, _kcl, "out.yaml"),
    Tool("Jsonnet", JSONNET, _jsonnet, "out.yaml"),
)


class UnfairError(Exception):
    """A tool does not make what the others make, so that its time says nothing."""


def normalized(texts: list[str]) -> list[str]:
    """The objects in an order and with a hash that all tools share; Namespaces do not count.

    Raises `UnfairError` where a name with a content hash is not both a ConfigMap's and one that is referred to.
    """
    objects = [item for text in texts for item in yaml.load_all(text, yaml.CSafeLoader) if item]
    dumped = [json.dumps(item, sort_keys=True) for item in objects if item["kind"] != "Namespace"]
    uses = Counter(name for text in dumped for name in _HASHED.findall(text))
    lonely = sorted(name for name, count in uses.items() if count != 2)
    if lonely:
        raise UnfairError(f"{lonely[0]} is not named exactly twice")
    return sorted(re.sub(r"-env-[0-9a-f]{10}\b", "-env-HASH", text) for text in dumped)


def count(texts: list[str]) -> int:
    """The number of objects by their `kind` lines, which is quick; Namespaces do not count."""
    kinds = [kind for text in texts for kind in re.findall(r'^ {0,3}"?kind"?: "?(\w+)', text, re.MULTILINE)]
    return sum(kind != "Namespace" for kind in kinds)
