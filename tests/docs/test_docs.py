"""The docs are true: their commands run, their code works, their tables are those of the code."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from platform_compiler.codes import CODES
from platform_compiler.compiler import compile_stack
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
PLATC = Path(sys.executable).with_name("platc")
OFFLINE = {"check", "compile", "explain", "graph", "blueprint", "schema"}


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def commands() -> list[str]:
    lines = [line.partition("  #")[0].strip() for block in blocks(README, "sh") for line in block.splitlines()]
    return [line for line in lines if line.startswith("platc ")]


def run(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("line", [line for line in commands() if line.split()[1] in OFFLINE])
def test_readme_offline_command(line: str, sample: Path) -> None:
    result = run([str(PLATC), *shlex.split(line)[1:]], sample)
    assert result.returncode == 0, result.stderr
    assert result.stdout + result.stderr


@pytest.mark.engine
@pytest.mark.timeout(1800)
def test_readme_engine_commands_in_their_order(sample: Path) -> None:
    lines = [line for line in commands() if line.split()[1] not in OFFLINE]
    assert [line.split()[1] for line in lines] == ["preview", "up", "refresh", "destroy", "engine"]
    for line in lines:
        result = run([str(PLATC), *shlex.split(line)[1:]], sample)
        assert result.returncode == 0, f"{line}\n{result.stdout}\n{result.stderr}"
    script = "\n".join(
        line for line in blocks(README, "sh")[-1].splitlines() if not line.startswith("platc engine install")
    )
    plain = run(["bash", "-euc", f'PATH="{PLATC.parent}:$PATH"\n{script}'], sample)
    assert plain.returncode == 0, plain.stdout + plain.stderr
    assert "Previewing update (dev)" in plain.stdout


def test_readme_shows_the_sample_spec() -> None:
    spec = blocks(README, "yaml")[0]
    assert spec == (ROOT / "apps" / "boutique" / "emailservice.yaml").read_text()


def test_readme_shows_a_real_fault() -> None:
    shown = blocks(README, "text")[0].strip()
    case = (ROOT / "tests" / "cases" / "errors" / "pc201-unknown-field" / "expected.txt").read_text()
    assert shown in case


def test_links_lead_to_files() -> None:
    for file in [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for target in re.findall(r"\]\(([^)#:]+)\)", file.read_text()):
            assert (file.parent / target).exists(), f"{file.name} links to {target}"


def test_architecture_names_every_package() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    packages = {path.parent.name for path in (ROOT / "platform_compiler").glob("*/__init__.py")}
    modules = {
        path.name for path in (ROOT / "platform_compiler").glob("*.py") if path.name not in {"__init__.py", "root.py"}
    }
    assert {name for name in packages if f"`{name}/`" not in text} == set()
    assert {name for name in modules if f"`{name}`" not in text} == set()


def test_errors_page_is_the_table_of_codes(golden: Callable[[Path, str], None]) -> None:
    lines = [
        "# Diagnostics",
        "",
        "Codes are stable: one never changes its meaning. This page is written from `platform_compiler/codes.py`.",
        "",
        "| code | name | cause | cure |",
        "| --- | --- | --- | --- |",
        *(f"| {code} | {entry.title} | {entry.cause} | {entry.cure} |" for code, entry in sorted(CODES.items())),
    ]
    golden(ROOT / "docs" / "errors.md", "\n".join(lines) + "\n")


def test_the_blueprint_of_the_docs_works(make_platform: Callable[..., Path]) -> None:
    text = (ROOT / "docs" / "blueprints.md").read_text()
    code, spec = blocks(text, "python")[0], blocks(text, "yaml")[0]
    root = make_platform({"blueprints/mail_relay.py": code, "apps/mail.yaml": spec})
    graph = compile_stack(root, "dev").graph
    assert graph.by_id["mail/mail/env"].manifest["data"]["SMARTHOST"] == "smtp.example.com"
    assert graph.by_id["mail/mail/service"].manifest["spec"]["ports"][0]["targetPort"] == 2525
    shown = run([str(PLATC), "blueprint", "show", "mail-relay"], root)
    assert "smarthost" in shown.stdout


def test_the_spec_of_the_docs_compiles(make_platform: Callable[..., Path]) -> None:
    spec = blocks((ROOT / "docs" / "specs.md").read_text(), "yaml")[0]
    root = make_platform({"apps/checkout.yaml": spec})
    shutil.copy(root / "stacks" / "dev.yaml", root / "stacks" / "staging.yaml")
    graph = compile_stack(root, "staging").graph
    assert graph.by_id["checkout/web/autoscaler"].manifest["spec"]["minReplicas"] == 4


def test_the_patches_of_the_docs_have_an_effect(make_platform: Callable[..., Path]) -> None:
    spec = blocks((ROOT / "docs" / "specs.md").read_text(), "yaml")[1]
    graph = compile_stack(make_platform({"apps/web.yaml": spec}), "dev").graph
    assert graph.by_id["web/web/deployment"].manifest["spec"]["template"]["spec"]["dnsPolicy"] == "Default"
    assert graph.by_id["web/web/service"].manifest["spec"]["sessionAffinity"] == "ClientIP"


def test_the_environment_page_names_every_field() -> None:
    text = (ROOT / "docs" / "specs.md").read_text()
    from platform_compiler.spec.environment import EnvironmentSpec  # noqa: PLC0415

    for name, info in EnvironmentSpec.model_fields.items():
        assert f"`{info.alias or name}`" in text, name
    assert yaml.safe_load(blocks(text, "yaml")[0])["app"] == "checkout"
