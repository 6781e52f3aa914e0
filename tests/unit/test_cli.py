"""The commands: exit codes, streams, formats, and what they import."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from platform_compiler.cli.group import COMMANDS, run

Make = Callable[..., Path]
WEB = "app: web\nteam: shop\nblueprint: web-service@1\nimage: acme/web:1\n"


@pytest.fixture
def inside(make_platform: Make, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    def enter(files: dict[str, str]) -> Path:
        root = make_platform(files)
        monkeypatch.chdir(root)
        return root

    return enter


def test_check_succeeds_on_stdout_and_fails_on_stderr(inside: Make, capsys: pytest.CaptureFixture[str]) -> None:
    root = inside({"apps/web.yaml": WEB})
    assert run(["check"]) == 0
    assert capsys.readouterr().out == "1 app fine in dev: 6 resources\n"
    (root / "apps" / "web.yaml").write_text(WEB + "prot: 1\n")
    assert run(["check"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "PC201" in captured.err
    assert run(["check", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["diagnostics"][0]["code"] == "PC201"


def test_check_without_an_environment_is_told(inside: Make, capsys: pytest.CaptureFixture[str]) -> None:
    root = inside({"apps/web.yaml": WEB})
    (root / "stacks" / "dev.yaml").unlink()
    assert run(["check"]) == 1
    assert "error PC501" in capsys.readouterr().err


def test_commands_work_from_any_folder_of_the_platform(
    inside: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = inside({"apps/web.yaml": WEB})
    monkeypatch.chdir(root / "apps")
    assert run(["explain", "web.port", "--env", "dev", "--format", "json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert (entry["value"], entry["layer"]) == (8080, "default of web-service@1")


def test_compile_writes_data_to_stdout(inside: Make, capsys: pytest.CaptureFixture[str]) -> None:
    inside({"apps/web.yaml": WEB + 'env: {A: "${secrets.a}"}\n'})
    assert run(["compile", "--env", "dev"]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("---\n# stacks/dev.yaml:")
    assert "left out: Secret shop/web-secret-" in captured.err
    assert "kind: Secret" not in captured.out
    assert run(["compile", "--env", "dev", "--format", "json"]) == 0
    assert {item["kind"] for item in json.loads(capsys.readouterr().out)} >= {"Deployment", "Service"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["compile", "--env", "prd"], "PC501"),
        (["compile", "--env", "dev", "wbe"], "PC403"),
        (["chek"], "did you mean 'check'?"),
        (["compile"], "--env"),
        (["blueprint", "show", "web-servise"], "web-service"),
        (["up", "--env", "nope", "--yes"], "PC501"),
        (["compile", "--env", "dev", "-o", "out", "--format", "json"], "a folder gets YAML"),
    ],
)
def test_wrong_input_exits_with_1(
    inside: Make, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    inside({"apps/web.yaml": WEB})
    assert run(arguments) == 1
    assert told in capsys.readouterr().err


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    for name in COMMANDS:
        assert run([name, "--help"]) == 0
        assert f"platc {name}" in capsys.readouterr().out
    assert run(["--help"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in COMMANDS)


def test_offline_commands_import_no_engine_and_no_grpc(make_platform: Make) -> None:
    root = make_platform({"apps/web.yaml": WEB})
    program = (
        "import sys; from platform_compiler.cli.group import run\n"
        "codes = [run(['check']), run(['compile', '-e', 'dev', '-o', 'out'])]\n"
        "loaded = {'pulumi', 'grpc', 'google.protobuf', 'pulumi_kubernetes', 'cryptography'} & set(sys.modules)\n"
        "sys.exit(1 if any(codes) or loaded else 0)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("arguments", [["compile", "-e", "dev"], ["compile", "-e", "dev", "--format", "json"]])
@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_data_is_utf_8_whatever_the_locale(make_platform: Make, arguments: list[str], encoding: str) -> None:
    root = make_platform({"apps/web.yaml": WEB + "env: {A: é€😀}\n"})
    command = [sys.executable, "-c", "from platform_compiler.cli import main; main()", *arguments]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, check=True, timeout=60)
    assert ("é€😀" in done.stdout.decode()) == ("json" not in arguments)


def test_schema_is_written_below_the_root(inside: Make) -> None:
    root = inside({"apps/web.yaml": WEB})
    assert run(["schema"]) == 0
    schema = json.loads((root / ".platform" / "schema.json").read_text())
    assert "web-service@1" in schema["$defs"]
    field = schema["$defs"]["web-service@1"]["properties"]["service-port"]
    assert schema["$defs"][field["$ref"].removeprefix("#/$defs/")]["description"]


def test_blueprints_are_listed_and_shown(inside: Make, capsys: pytest.CaptureFixture[str]) -> None:
    inside({})
    assert run(["blueprint", "list"]) == 0
    listed = capsys.readouterr().out
    for name in ("web-service@1", "worker@1", "cron-job@1", "job@1", "postgres@1", "redis@1"):
        assert name in listed
    assert run(["blueprint", "show", "web-service", "--format", "json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert {"name": "url", "type": "text", "public": True} in record["outputs"]
    assert all(row["description"] for row in record["inputs"])


@pytest.mark.parametrize("command", ["compile", "graph", "explain"])
def test_faults_come_in_the_format_that_was_asked_for(
    inside: Make, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    inside({"apps/web.yaml": f"{WEB}prot: 1\n"})
    arguments = [command, "web"] if command == "explain" else [command]
    assert run([*arguments, "--env", "dev", "--format", "json"]) == 1
    told = capsys.readouterr()
    assert [item["code"] for item in json.loads(told.out)["diagnostics"]] == ["PC201"]
    assert told.err == ""


def test_a_defect_of_ours_is_told_without_a_traceback(
    inside: Make, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    inside({"apps/web.yaml": WEB})

    def broken(*_: object) -> None:
        raise ZeroDivisionError("nobody thought of it")

    monkeypatch.setattr("platform_compiler.compiler.compile_environment", broken)
    assert run(["graph", "--env", "dev"]) == 3
    told = capsys.readouterr().err
    assert "a defect of platc: ZeroDivisionError: nobody thought of it" in told
    assert "Traceback" not in told
    monkeypatch.setenv("PLATC_TRACEBACK", "1")
    assert run(["graph", "--env", "dev"]) == 3
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("streams", [">&-", "2>&-", ">&- 2>&-", "| head -1", "2>&1 | head -c 1"])
def test_streams_that_are_closed_are_no_failure(make_platform: Make, streams: str) -> None:
    root = make_platform({"apps/web.yaml": WEB})
    platc = f"{sys.executable} -c 'from platform_compiler.cli import main; main()'"
    script = f"set -o pipefail; {platc} compile --env dev {streams} >/dev/null"
    for command in (script, script.replace("compile --env dev", "check")):
        result = subprocess.run(
            ["bash", "-c", command], cwd=root, capture_output=True, text=True, timeout=60, check=False
        )
        assert (result.returncode, result.stderr) == (0, "")


def test_the_version_is_told(make_platform: Make) -> None:
    command = [sys.executable, "-c", "from platform_compiler.cli import main; main()", "--version"]
    result = subprocess.run(command, cwd=make_platform({}), capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout.startswith("platc, version ")


def test_blueprints_may_ask_for_the_versions_of_packages(make_platform: Make) -> None:
    blueprint = """\
import importlib.metadata

from platform_compiler.blueprint import Blueprint


class Versioned(Blueprint, name="versioned", version=1):
    def expand(self, ctx):
        yield ctx.config_map("versions", {"click": importlib.metadata.version("click")})
"""
    spec = "app: web\nteam: shop\nblueprint: versioned@1\n"
    root = make_platform({"blueprints/versioned.py": blueprint, "apps/web.yaml": spec})
    command = [sys.executable, "-c", "from platform_compiler.cli import main; main()", "compile", "--env", "dev"]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert "click: " in result.stdout


def test_children_that_nobody_may_wait_for_are_no_failure(make_platform: Make) -> None:
    program = (
        "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)\nfrom platform_compiler.cli import main\nmain()\n"
    )
    root = make_platform({"apps/web.yaml": WEB})
    command = [sys.executable, "-c", program, "check"]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    program = "import os; os.rmdir(os.getcwd())\nfrom platform_compiler.cli import main\nmain()\n"
    command = [sys.executable, "-c", program, "check"]
    result = subprocess.run(command, cwd=gone, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 1
    assert result.stderr.startswith("error: [Errno 2]")
