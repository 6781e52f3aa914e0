"""The typed mappings: plain dicts at run time, fields that a type checker knows."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from platform_compiler.kubernetes import types
from platform_compiler.kubernetes.types import ContainerPort, NetworkPolicyIngressRule, ServicePort, ServiceSpec
from tests.conftest import ROOT

WRONG = """\
from platform_compiler.kubernetes.types import ServicePort, ServiceSpec

right = ServiceSpec(type="ClusterIP", ports=[ServicePort(port=80, targetPort="http")])
ServiceSpec(typ="ClusterIP")
ServiceSpec(type="ClusterIp")
ServicePort(name="http")
ServicePort(port="80")
"""


def test_they_are_plain_dicts() -> None:
    spec = ServiceSpec(type="ClusterIP", ports=[ServicePort(port=80)])
    assert type(spec) is dict
    assert spec == {"type": "ClusterIP", "ports": [{"port": 80}]}
    assert NetworkPolicyIngressRule({"from": []}) == {"from": []}
    assert ContainerPort(containerPort=1) == {"containerPort": 1}


def test_a_name_that_kubernetes_does_not_have_is_refused() -> None:
    with pytest.raises(AttributeError, match="ServiceSpce"):
        types.__getattr__("ServiceSpce")


def test_the_type_checker_tells_wrong_fields_words_and_types(tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text(WRONG)
    mypy = Path(sys.executable).with_name("mypy")
    command = [str(mypy), "--strict", "wrong.py"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    lines = {int(line.split(":")[1]) for line in result.stdout.splitlines() if ": error:" in line}
    assert lines == {4, 5, 6, 7}, result.stdout


def test_the_stub_is_what_the_script_writes() -> None:
    written = (ROOT / "platform_compiler" / "kubernetes" / "types.pyi").read_text()
    assert runpy.run_path(str(ROOT / "scripts" / "kubernetes_types.py"))["stub"]() == written
