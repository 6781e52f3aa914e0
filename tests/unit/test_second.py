"""Half of the apps in a second process: what comes out, and what is told, is the same as without it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from platform_compiler import compiler, second
from platform_compiler.compiler import check, compile_environment
from platform_compiler.diagnostics import CompileError
from platform_compiler.emit.folder import Folder, ForeignFileError
from platform_compiler.emit.manifests import Texts
from platform_compiler.loading import load_platform
from tests.conftest import ROOT

APP = "app: {name}\nteam: shop\nblueprint: worker@1\nimage: acme/{name}:1\n"
ERRORS = sorted((ROOT / "tests" / "cases" / "errors").iterdir())
Make = Callable[..., Path]


@pytest.fixture
def halved(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every compile that is sealed is halved; holds the children that were started."""
    children: list[int] = []
    end = second.Second.end

    def ended(self: second.Second) -> None:
        children.append(self.child)
        end(self)

    monkeypatch.setattr(compiler, "MANY", 2)
    monkeypatch.setattr(second, "processors", lambda: 2)
    monkeypatch.setattr("threading.active_count", lambda: 1)
    monkeypatch.setattr(second.Second, "end", ended)
    return children


def texts(root: Path, environment: str = "dev") -> tuple[list[str], list[str]]:
    kept = Texts()
    compile_environment(load_platform(root), environment, seal=kept)
    return list(kept), sorted(kept.left_out)


def folder(root: Path, path: Path) -> dict[str, str]:
    with Folder(path) as writing:
        compile_environment(load_platform(root), "dev", seal=writing)
        writing.finish()
    return {file.name: file.read_text() for file in path.iterdir()}


def test_the_same_comes_out(monkeypatch: pytest.MonkeyPatch, halved: list[int], tmp_path: Path) -> None:
    half, there = texts(ROOT), folder(ROOT, tmp_path / "half")
    again = folder(ROOT, tmp_path / "half")
    number = check(load_platform(ROOT), ["dev"])
    assert len(halved) == 4
    monkeypatch.setattr(compiler, "MANY", 1000)
    assert half == texts(ROOT)
    assert there == again == folder(ROOT, tmp_path / "whole")
    assert number == check(load_platform(ROOT), ["dev"])
    assert len(halved) == 4
    assert [*tmp_path.glob("**/.*")] == []


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: case.name)
def test_the_same_is_told(monkeypatch: pytest.MonkeyPatch, halved: list[int], case: Path) -> None:
    platform = load_platform(case)
    told = check(platform, platform.environments)
    monkeypatch.setattr(compiler, "MANY", 1000)
    platform = load_platform(case)
    assert told[0] == check(platform, platform.environments)[0]


def test_a_fault_in_either_half_is_told_once(make_platform: Make, halved: list[int], tmp_path: Path) -> None:
    files = {f"apps/{name}.yaml": APP.format(name=name) for name in "abcdef"}
    for wrong in "abf":
        root = make_platform({**files, f"apps/{wrong}.yaml": APP.format(name=wrong) + "prot: 1\n"})
        with pytest.raises(CompileError) as caught:
            folder(root, tmp_path / "out")
        assert [(item.code, item.location and item.location.file) for item in caught.value.diagnostics] == [
            ("PC201", f"apps/{wrong}.yaml")
        ]
        shutil.rmtree(root)
    assert len(halved) == 3
    assert [*tmp_path.iterdir()] == []


def test_one_name_in_both_halves_is_told(make_platform: Make, halved: list[int]) -> None:
    twice = "app: {app}\nteam: shop\ncomponents:\n  {name}: {{blueprint: worker@1, image: a:1}}\n"
    root = make_platform(
        {
            "apps/a.yaml": twice.format(app="a", name="x-w"),
            "apps/b.yaml": APP.format(name="b"),
            "apps/z.yaml": twice.format(app="a-x", name="w"),
        }
    )
    with pytest.raises(CompileError) as caught:
        texts(root)
    assert {item.code for item in caught.value.diagnostics} == {"PC602"}
    assert len(halved) == 1


@pytest.mark.parametrize("foreign", ["d", "b", "bd"])
def test_a_file_of_others_in_either_half_stops_everything(
    make_platform: Make, halved: list[int], tmp_path: Path, foreign: str
) -> None:
    root = make_platform({f"apps/{name}.yaml": APP.format(name=name) for name in "abcd"})
    (tmp_path / "out").mkdir()
    for name in foreign:
        (tmp_path / "out" / f"{name}.yaml").write_text("mine: true\n")
    with pytest.raises(ForeignFileError):
        folder(root, tmp_path / "out")
    assert {file.name for file in (tmp_path / "out").iterdir()} == {f"{name}.yaml" for name in foreign}
    assert len(halved) == 1


def test_a_child_that_dies_is_done_without(
    make_platform: Make, monkeypatch: pytest.MonkeyPatch, halved: list[int], tmp_path: Path
) -> None:
    root = make_platform({f"apps/{name}.yaml": APP.format(name=name) for name in "abcd"})
    monkeypatch.setattr(second, "_send", lambda *_: os._exit(9))
    assert sorted(folder(root, tmp_path / "out")) == ["_namespace-shop.yaml", "a.yaml", "b.yaml", "c.yaml", "d.yaml"]
    assert len(halved) == 1


@pytest.mark.parametrize("call", ["fork", "pipe"])
def test_a_system_that_refuses_is_done_without(monkeypatch: pytest.MonkeyPatch, halved: list[int], call: str) -> None:
    def refuse() -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, call, refuse)
    assert texts(ROOT)[0]
    assert halved == []
