"""`platc blueprint new|test|docs|show` in a platform of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from platform_compiler.cli.group import run
from platform_compiler.compiler import compile_stack
from tests.unit.authoring.conftest import WriteEcho


@pytest.fixture
def platform(make_platform: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_platform({})
    monkeypatch.chdir(root)
    return root


def test_a_new_blueprint_passes_its_tests_and_serves_specs(platform: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["blueprint", "new", "mail-relay"]) == 0
    written = [line.removeprefix("wrote ") for line in capsys.readouterr().err.splitlines() if line.startswith("wrote")]
    assert written == [
        "blueprints/mail_relay.py",
        "blueprints/examples/mail-relay@1/basic.yaml",
        "tests/test_mail_relay.py",
        "docs/blueprints/mail-relay.md",
    ]
    assert all((platform / name).is_file() for name in written)
    assert run(["blueprint", "test", "mail-relay"]) == 0
    assert "mail-relay@1 basic: fine, 3 objects" in capsys.readouterr().out
    (platform / "apps").mkdir()
    (platform / "apps" / "mail.yaml").write_text("app: mail\nteam: ops\nblueprint: mail-relay@1\nimage: acme/mail:1\n")
    assert compile_stack(platform, "dev").graph.by_id["mail/mail/service"].name == "mail"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    result = subprocess.run(command, cwd=platform, capture_output=True, text=True, timeout=100, check=False)
    assert "2 passed" in result.stdout, result.stdout + result.stderr
    for tool in (["ruff", "check"], ["mypy", "--strict"]):
        lint = [str(Path(sys.executable).with_name(tool[0])), *tool[1:], "blueprints/mail_relay.py"]
        checked = subprocess.run(lint, cwd=platform, capture_output=True, text=True, timeout=100, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Mail_Relay", "write mail-relay"),
        ("worker", "'worker' is claimed by blueprints.worker:Worker"),
        ("echo", "'echo' is claimed by blueprints/echo.py:Echo"),
        ("taken", "blueprints/taken.py is there already"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused(
    write_echo: WriteEcho, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, told: str
) -> None:
    root = write_echo()
    (root / "blueprints" / "taken.py").write_text("")
    monkeypatch.chdir(root)
    before = sorted(root.rglob("*.yaml"))
    assert run(["blueprint", "new", name]) == 1
    assert told in capsys.readouterr().err
    assert sorted(root.rglob("*.yaml")) == before


def test_a_failed_example_is_told_in_every_format(
    write_echo: WriteEcho, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(write_echo(('{"port": 80}', '{"prot": 80, "port": 80}')))
    assert run(["blueprint", "test", "echo"]) == 1
    captured = capsys.readouterr()
    assert captured.out == "echo@1 basic: failed, 2 objects\n"
    assert "hint: did you mean 'port'?" in captured.err
    assert run(["blueprint", "test", "echo@1", "--format", "json"]) == 1
    (record,) = json.loads(capsys.readouterr().out)["diagnostics"]
    assert (record["code"], record["file"], record["line"]) == ("PC712", "blueprints/echo.py", 21)
    assert run(["blueprint", "test", "ehco"]) == 1
    assert "did you mean 'echo'?" in capsys.readouterr().err


def test_docs_go_to_stdout_or_into_a_folder(platform: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["blueprint", "docs", "worker"]) == 0
    page = capsys.readouterr().out
    assert "# worker@1" in page
    assert run(["blueprint", "docs", "worker", "job", "-o", "pages"]) == 0
    assert "2 pages in pages" in capsys.readouterr().err
    assert (platform / "pages" / "worker.md").read_text() == page
    assert sorted(file.name for file in (platform / "pages").iterdir()) == ["job.md", "worker.md"]


def test_show_tells_types_examples_and_resources(platform: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["blueprint", "show", "web-service"]) == 0
    text = capsys.readouterr().out
    assert "The port that the container listens on; also set as PORT. (whole number, 1 to 65535; default 8080)" in text
    assert "  url              text, for every app\n" in text
    assert "  deployment       Deployment shop" in text
    assert "example basic:\n  app: shop\n" in text
