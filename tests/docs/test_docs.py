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

from platform_compiler.authoring.describe import pages
from platform_compiler.blueprint.table import load_table
from platform_compiler.codes import CODES
from platform_compiler.compiler import compile_stack
from platform_compiler.diagnostics import Diagnostics
from platform_compiler.kubernetes.schema import schema_of, versions
from platform_compiler.kubernetes.validate import faults
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
PLATC = Path(sys.executable).with_name("platc")
OFFLINE = {"check", "compile", "explain", "graph", "blueprint", "schema"}


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def commands(text: str) -> list[str]:
    lines = [line.partition("  #")[0].strip() for block in blocks(text, "sh") for line in block.splitlines()]
    return [line for line in lines if line.startswith("platc ")]


def run(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("line", [line for line in commands(README) if line.split()[1] in OFFLINE])
def test_readme_offline_command(line: str, sample: Path) -> None:
    result = run([str(PLATC), *shlex.split(line)[1:]], sample)
    assert result.returncode == 0, result.stderr
    assert result.stdout + result.stderr


@pytest.mark.engine
@pytest.mark.timeout(1800)
def test_readme_engine_commands_in_their_order(sample: Path) -> None:
    lines = [line for line in commands(README) if line.split()[1] not in OFFLINE]
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


@pytest.mark.engine
@pytest.mark.timeout(1800)
def test_operations_commands_in_their_order(sample: Path) -> None:
    lines = commands((ROOT / "docs" / "operations.md").read_text())
    assert {line.split()[1] for line in lines} == {"up", "history", "rollback", "destroy", "unlock"}
    for line in lines:
        result = run([str(PLATC), *shlex.split(line)[1:]], sample)
        assert result.returncode == 0, f"{line}\n{result.stdout}\n{result.stderr}"
        assert result.stdout


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


def test_the_typed_manifest_of_the_docs_fits_kubernetes(make_platform: Callable[..., Path]) -> None:
    lines = blocks((ROOT / "docs" / "blueprints.md").read_text(), "python")[1].splitlines()
    head, body = lines[0], "\n        ".join(line for line in lines[1:] if line)
    code = (
        f"from platform_compiler.blueprint import Blueprint\n{head}\n\n\n"
        f'class Balancer(Blueprint, name="balancer", version=1):\n    def expand(self, ctx):\n        {body}\n'
    )
    root = make_platform(
        {"blueprints/balancer.py": code, "apps/web.yaml": "app: web\nteam: a\nblueprint: balancer@1\n"}
    )
    (resource,) = [item for item in compile_stack(root, "dev").resources if item.kind == "Service"]
    assert resource.name == "web-balancer"
    assert [list(faults(resource.manifest, schema_of(version))) for version in versions()] == [[], [], [], []]


def test_the_test_and_the_fault_of_the_docs_are_real(make_platform: Callable[..., Path]) -> None:
    text = (ROOT / "docs" / "blueprints.md").read_text()
    code, _, test = blocks(text, "python")
    echo = (
        "from collections.abc import Iterator\n\n"
        "from platform_compiler.blueprint import Blueprint, Context, Resource\n\n\n"
        'class Echo(Blueprint, name="echo", version=1):\n    """Says nothing."""\n\n'
        "    def expand(self, ctx: Context) -> Iterator[Resource]:\n"
        '        yield ctx.resource("service", "v1", "Service", spec={"ports": [{"prot": 1, "port": 80}]})\n'
    )
    files = {
        "blueprints/mail_relay.py": code,
        "blueprints/echo.py": echo,
        "blueprints/examples/mail-relay@1/basic.yaml": blocks(text, "yaml")[0],
        "blueprints/examples/echo@1/basic.yaml": "app: shop\nteam: store\nblueprint: echo@1\n",
        "tests/test_mail_relay.py": test,
    }
    root = make_platform(files)
    assert run([str(PLATC), "blueprint", "test", "--update", "mail-relay"], root).returncode == 0
    tested = run([str(PLATC.with_name("pytest")), "tests"], root)
    assert tested.returncode == 0, tested.stdout
    assert blocks(text, "text")[0] in run([str(PLATC), "blueprint", "test", "echo"], root).stderr


def test_the_spec_of_the_docs_compiles(make_platform: Callable[..., Path]) -> None:
    spec = blocks((ROOT / "docs" / "specs.md").read_text(), "yaml")[0]
    root = make_platform({"apps/checkout.yaml": spec})
    shutil.copy(root / "stacks" / "dev.yaml", root / "stacks" / "staging.yaml")
    graph = compile_stack(root, "staging").graph
    assert graph.by_id["checkout/web/autoscaler"].manifest["spec"]["minReplicas"] == 4


def test_the_versions_page_is_true_and_its_commands_run(make_platform: Callable[..., Path]) -> None:
    text = (ROOT / "docs" / "versions.md").read_text()
    (code,), (before, after), (fault,) = (blocks(text, language) for language in ("python", "yaml", "text"))
    root = make_platform({"blueprints/notice.py": code, "apps/door.yaml": before})
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "base"]):
        assert run(["git", *identity, *words], root).returncode == 0
    assert fault in run([str(PLATC), "check"], root).stderr
    manifests = [item.manifest for item in compile_stack(root, "dev").resources]
    lines = [line for block in blocks(text, "sh") for line in block.splitlines()]
    for line in lines:
        command, _, comment = line.partition("  #")
        result = run([str(PLATC), *shlex.split(command)[1:]], root)
        assert result.returncode == (2 if "exits with 2" in comment or "plan" in command else 0), line + result.stderr
        assert result.stdout + result.stderr
    assert (root / "apps" / "door.yaml").read_text() == after
    assert [item.manifest for item in compile_stack(root, "dev").resources] == manifests


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


def test_every_blueprint_has_its_page(golden: Callable[[Path, str], None]) -> None:
    folder = ROOT / "docs" / "blueprints"
    made = pages(load_table(ROOT, Diagnostics()), ROOT)
    for name, text in made.items():
        golden(folder / name, text)
    assert {file.name for file in folder.iterdir()} == set(made)


def test_the_tutorial_leads_to_a_tested_blueprint(make_platform: Callable[..., Path]) -> None:
    text = (ROOT / "docs" / "tutorial.md").read_text()
    first, last = (block.splitlines() for block in blocks(text, "sh"))
    (code, test), (spec,) = blocks(text, "python"), blocks(text, "yaml")
    assert len([*first, *code.splitlines(), *spec.splitlines(), *test.splitlines(), *last]) <= 60
    root = make_platform({})
    files = {
        "blueprints/mail_trap.py": code,
        "blueprints/examples/mail-trap@1/basic.yaml": spec,
        "tests/test_mail_trap.py": test,
    }
    assert all(f"`{name}`" in text for name in files)

    def execute(line: str) -> str:
        words = shlex.split(line)
        result = run([str(PLATC.with_name(words[0])), *words[1:]], root)
        assert result.returncode == 0, f"{line}\n{result.stdout}\n{result.stderr}"
        return result.stdout

    for line in first:
        execute(line)
    for name, content in files.items():
        assert (root / name).is_file(), name
        (root / name).write_text(content)
    assert run([str(PLATC), "blueprint", "test", "mail-trap"], root).returncode == 1
    told = [execute(line) for line in last]
    assert told[0].startswith("mail-trap@1 basic: written, ")
    assert "keep" in (root / "docs" / "blueprints" / "mail-trap.md").read_text()
    strict = run([str(PLATC.with_name("mypy")), "--strict", "blueprints/mail_trap.py", "tests/test_mail_trap.py"], root)
    assert strict.returncode == 0, strict.stdout
