"""The pytest plug-in's fixtures, used as an author of blueprints would."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from platform_compiler.pytest_plugin import AppFaults, CheckExamples, CompileApp
from tests.unit.authoring.conftest import WriteEcho

WEB = "app: web\nteam: shop\nblueprint: web-service@1\nimage: acme/web:1\n"


def test_objects_are_found_by_kind_and_name(compile_app: CompileApp) -> None:
    app = compile_app(WEB + 'env: {A: "1", B: "${secrets.b}"}\n')
    deployment = app["deployment/web"]
    assert deployment.at("spec.template.spec.containers.web.image") == "acme/web:1"
    assert deployment.at("spec.template.spec.containers.0.ports.http.containerPort") == 8080
    assert deployment["metadata"]["namespace"] == "shop"
    assert app["configmap/web-env"].at("data") == {"A": "1", "PORT": "8080"}
    assert "secret/web-secret" in app
    assert app.kinds() == ["ServiceAccount", "ConfigMap", "Secret", "Deployment", "Service"]
    assert app.outputs("web/web").url == "http://web:8080"


def test_what_is_not_there_is_told_with_what_is(compile_app: CompileApp) -> None:
    app = compile_app(WEB)
    assert "ingress/web" not in app
    with pytest.raises(LookupError, match=r"no 'deployments/web'; expected one of .*; did you mean 'deployment/web'\?"):
        app["deployments/web"]
    with pytest.raises(LookupError, match=r"spec has no 'replica'; expected one of .*; did you mean 'replicas'\?"):
        app["deployment/web"].at("spec.replica")
    with pytest.raises(LookupError, match="Deployment web has no 'status'"):
        app["deployment/web"].at("status")


def test_several_apps_and_an_environment_of_the_platform(compile_app: CompileApp) -> None:
    caller = 'app: caller\nteam: shop\nblueprint: worker@1\nimage: acme/c:1\nenv: {WEB: "${apps.web.url}"}\n'
    app = compile_app(WEB + "expose: {host: 'web.${environment.domain}'}\n", caller, env="prod")
    assert app["deployment/caller"].at("metadata.namespace") == "shop"
    assert app["ingress/web"].at("spec.rules.0.host") == "web.acme.dev"
    assert "networkpolicy/caller-calls-web" in app


def test_faults_are_values_or_failures(compile_app: CompileApp, app_faults: AppFaults) -> None:
    (fault,) = app_faults(WEB + "prot: 80\n")
    assert (fault.code, fault.hint) == ("PC201", "did you mean 'port'?")
    assert app_faults(WEB) == ()
    with pytest.raises(pytest.fail.Exception, match=r"spec-1\.yaml:5:1: error PC201"):
        compile_app(WEB + "prot: 80\n")


def test_examples_of_the_library(check_examples: CheckExamples) -> None:
    check_examples("worker@1")


def run_pytest(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=100, check=False)


def test_a_mistake_fails_the_test_with_a_report(write_echo: WriteEcho) -> None:
    root = write_echo(('"ports": [{"port": 80}]', '"ports": [{"prot": 80}]'))
    tests = root / "tests"
    tests.mkdir()
    (tests / "test_echo.py").write_text(
        "SPEC = 'app: web\\nteam: shop\\nblueprint: echo@1\\n'\n"
        "def test_examples(check_examples):\n    check_examples('echo')\n"
        "def test_object(compile_app):\n    compile_app(SPEC)\n"
    )
    result = run_pytest(root, "tests")
    assert result.returncode == 1
    assert "blueprints/echo.py:21:99: error PC712 schema-mismatch: spec.ports[0].prot is no field" in result.stdout
    assert "Service web: spec.ports[0].prot is no field of core.v1.ServicePort" in result.stdout
    assert "2 failed" in result.stdout
