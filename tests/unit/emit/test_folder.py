"""The folder of manifests: whole files, nothing of others touched, nothing stale left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from platform_compiler.compiler import compile_environment
from platform_compiler.diagnostics import CompileError
from platform_compiler.emit.folder import Folder, ForeignFileError, Written
from platform_compiler.loading import load_platform

APP = "app: {name}\nteam: shop\nblueprint: worker@1\nimage: acme/{name}:1\n"


def write(root: Path, path: Path, *apps: str) -> Written:
    with Folder(path) as folder:
        compile_environment(load_platform(root), "dev", apps, seal=folder)
        return folder.finish(narrowed=bool(apps))


def test_a_folder_follows_the_specs(make_platform: Callable[..., Path], tmp_path: Path) -> None:
    root = make_platform({"apps/a.yaml": APP.format(name="a"), "apps/b.yaml": APP.format(name="b")})
    out = tmp_path / "out"
    write(root, out)
    (out / "notes.yaml").write_text("somebody: else\n")
    assert sorted(file.name for file in out.iterdir()) == ["_namespace-shop.yaml", "a.yaml", "b.yaml", "notes.yaml"]
    (root / "apps" / "b.yaml").unlink()
    written = write(root, out)
    assert written.removed == ("b.yaml",)
    assert sorted(file.name for file in out.iterdir()) == ["_namespace-shop.yaml", "a.yaml", "notes.yaml"]
    kinds = [document["kind"] for document in yaml.safe_load_all((out / "a.yaml").read_text())]
    assert kinds == ["ServiceAccount", "Deployment"]


def test_a_narrowed_compile_keeps_the_other_apps_files(make_platform: Callable[..., Path], tmp_path: Path) -> None:
    root = make_platform({"apps/a.yaml": APP.format(name="a"), "apps/b.yaml": APP.format(name="b")})
    write(root, tmp_path / "out")
    (root / "apps" / "b.yaml").write_text(APP.format(name="b").replace("team: shop", "team: other"))
    write(root, tmp_path / "out")
    before = {file.name for file in (tmp_path / "out").iterdir()}
    write(root, tmp_path / "out", "a")
    assert {file.name for file in (tmp_path / "out").iterdir()} == before
    assert before == {"_namespace-other.yaml", "_namespace-shop.yaml", "a.yaml", "b.yaml"}


def test_a_file_of_others_is_not_overwritten(make_platform: Callable[..., Path], tmp_path: Path) -> None:
    root = make_platform({"apps/a.yaml": APP.format(name="a")})
    (tmp_path / "a.yaml").write_text("mine: true\n")
    with pytest.raises(ForeignFileError):
        write(root, tmp_path)
    assert (tmp_path / "a.yaml").read_text() == "mine: true\n"
    assert not list(tmp_path.glob("*.tmp"))


def test_a_compile_that_fails_leaves_the_folder_as_it_was(make_platform: Callable[..., Path], tmp_path: Path) -> None:
    root = make_platform({"apps/a.yaml": APP.format(name="a")})
    out = tmp_path / "deep" / "out"
    write(root, out)
    before = {file.name: file.read_text() for file in out.iterdir()}
    (root / "apps" / "a.yaml").write_text(APP.format(name="a") + "command: run\n")
    (root / "apps" / "b.yaml").write_text(APP.format(name="b") + "prot: 1\n")
    for folder in (out, tmp_path / "new"):
        with pytest.raises(CompileError):
            write(root, folder)
    assert {file.name: file.read_text() for file in out.iterdir()} == before
    assert {file.name for file in tmp_path.iterdir()} == {"deep", root.name}


def test_a_folder_that_another_run_makes_meanwhile_gets_the_files(
    make_platform: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_platform({"apps/a.yaml": APP.format(name="a"), "apps/b.yaml": APP.format(name="b")})
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr("os.getpid", lambda: 1)
        other = Folder(out)
    with other as folder:
        compile_environment(load_platform(root), "dev", ["a"], seal=folder)
        write(root, out, "b")
        folder.finish(narrowed=True)
    assert {file.name for file in out.iterdir()} == {"_namespace-shop.yaml", "a.yaml", "b.yaml"}
    assert {file.name for file in tmp_path.iterdir()} == {"out", root.name}


def test_a_file_of_others_stops_everything(make_platform: Callable[..., Path], tmp_path: Path) -> None:
    root = make_platform({"apps/a.yaml": APP.format(name="a"), "apps/b.yaml": APP.format(name="b")})
    (tmp_path / "b.yaml").write_text("mine: true\n")
    with pytest.raises(ForeignFileError):
        write(root, tmp_path)
    assert [file.name for file in tmp_path.glob("*.*")] == ["b.yaml"]
