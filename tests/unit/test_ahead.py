"""Reading ahead: the second process gives what this one would have read, whatever becomes of it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from platform_compiler import ahead, second
from platform_compiler.ahead import Ahead
from platform_compiler.installed import installed_points
from platform_compiler.loading import Platform, load_platform
from platform_compiler.root import environment_files, spec_files
from platform_compiler.spec.source import read_document

ROOT = Path(__file__).parents[2]
CASES = sorted((ROOT / "tests" / "cases" / "errors").iterdir())


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second, "processors", lambda: 2)
    monkeypatch.setattr("threading.active_count", lambda: 1)


def begun(root: Path) -> Ahead:
    with contextlib.chdir(root / "apps"):
        ahead.begin()
    claimed = ahead.claim(root)
    assert claimed is not None
    return claimed


def many(root: Path, number: int) -> list[Path]:
    (root / "stacks").mkdir(parents=True)
    (root / "apps").mkdir()
    (root / "Pulumi.yaml").write_text("name: many\n")
    (root / "stacks" / "dev.yaml").write_text("domain: acme.dev\n")
    for index in range(number):
        (root / "apps" / f"a{index:04}.yaml").write_text(f"app: a{index}\nteam: t\nblueprint: worker@1\nimage: a:1\n")
    return [*environment_files(root), *spec_files(root)]


def test_it_sends_what_this_process_would_read() -> None:
    reader = begun(ROOT)
    assert reader.points() == installed_points()
    files = [*environment_files(ROOT), *spec_files(ROOT)]
    documents = reader.documents(files)
    assert documents == {document.file: document for document in (read_document(ROOT, file) for file in files)}
    with pytest.raises(ChildProcessError):
        os.waitpid(reader.child.child, os.WNOHANG)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_faults_are_told_as_without_it(case: Path) -> None:
    def told(platform: Platform) -> tuple[object, ...]:
        return platform.faults, {name: app.document for name, app in platform.apps.items()}, platform.environments

    assert told(load_platform(case, begun(case))) == told(load_platform(case))


@pytest.mark.parametrize("number", [1, 40, 300])
def test_with_many_files_the_two_meet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    files = many(tmp_path, number)
    monkeypatch.setattr(ahead, "FEW", 0)
    monkeypatch.setattr(ahead, "BATCH", 3)
    reader = begun(tmp_path)
    reader.points()
    assert set(reader.documents(files)) == {file.relative_to(tmp_path).as_posix() for file in files}


def test_a_child_that_dies_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = many(tmp_path, 3)
    with monkeypatch.context() as patch:
        patch.setattr(second, "_send", lambda *_: os._exit(9))
        reader = begun(tmp_path)
    assert reader.points() == installed_points()
    assert reader.documents(files) == {}
    with monkeypatch.context() as patch:
        patch.setattr(second, "_send", lambda *_: os._exit(9))
        reader = begun(tmp_path)
    assert sorted(load_platform(tmp_path, reader).apps) == ["a0", "a1", "a2"]


def test_nothing_begins_without_a_second_processor_or_a_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with contextlib.chdir(tmp_path):
        ahead.begin()
    assert ahead.claim(tmp_path) is None
    monkeypatch.setattr(second, "processors", lambda: 1)
    with contextlib.chdir(ROOT):
        ahead.begin()
    assert ahead.claim(ROOT) is None


def test_one_processor_and_two_give_the_same_bytes() -> None:
    command = [sys.executable, "-c", "from platform_compiler.cli import main; main()", "compile", "--env", "dev"]
    outputs = []
    for processors in ({0}, os.sched_getaffinity(0)):
        code = f"import os; os.sched_setaffinity(0, {processors}); os.execv({sys.executable!r}, {command!r})"
        result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, timeout=60)
        outputs.append(result.stdout)
    assert outputs[0] == outputs[1]
    assert outputs[0].startswith(b"---\n")
