"""The folder of manifests: whole files, nothing of others touched, nothing stale left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from platform_compiler.compiler import compile_environment, load_platform
from platform_compiler.emit.manifests import ForeignFileError, Texts, write_folder

APP = "app: {name}\nteam: shop\nblueprint: worker@1\nimage: acme/{name}:1\n"


def texts_of(root: Path, *apps: str) -> Texts:
    texts = Texts()
    compile_environment(load_platform(root), "dev", apps, seal=texts.take)
    return texts


def test_a_folder_follows_the_specs(make_platform: Callable[..., Path], tmp_path: Path) -> None:
    root = make_platform({"apps/a.yaml": APP.format(name="a"), "apps/b.yaml": APP.format(name="b")})
    out = tmp_path / "out"
    write_folder(texts_of(root), out)
    (out / "notes.yaml").write_text("somebody: else\n")
    assert sorted(file.name for file in out.iterdir()) == ["a.yaml", "b.yaml", "namespaces.yaml", "notes.yaml"]
    (root / "apps" / "b.yaml").unlink()
    written = write_folder(texts_of(root), out)
    assert written.removed == ("b.yaml",)
    assert sorted(file.name for file in out.iterdir()) == ["a.yaml", "namespaces.yaml", "notes.yaml"]
    kinds = [document["kind"] for document in yaml.safe_load_all((out / "a.yaml").read_text())]
    assert kinds == ["ServiceAccount", "Deployment"]


def test_a_narrowed_compile_keeps_the_other_apps_files(make_platform: Callable[..., Path], tmp_path: Path) -> None:
    root = make_platform({"apps/a.yaml": APP.format(name="a"), "apps/b.yaml": APP.format(name="b")})
    write_folder(texts_of(root), tmp_path / "out")
    write_folder(texts_of(root, "a"), tmp_path / "out", narrowed=True)
    assert (tmp_path / "out" / "b.yaml").exists()


def test_a_file_of_others_is_not_overwritten(make_platform: Callable[..., Path], tmp_path: Path) -> None:
    root = make_platform({"apps/a.yaml": APP.format(name="a")})
    (tmp_path / "a.yaml").write_text("mine: true\n")
    with pytest.raises(ForeignFileError):
        write_folder(texts_of(root), tmp_path)
    assert (tmp_path / "a.yaml").read_text() == "mine: true\n"
    assert not list(tmp_path.glob("*.tmp"))
