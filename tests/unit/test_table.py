"""Where blueprints are found, and what happens when two claim one name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from platform_compiler.blueprint.base import RESERVED
from platform_compiler.blueprint.table import UnknownBlueprintError, load_table
from platform_compiler.diagnostics import Diagnostics
from platform_compiler.link.component import SETTINGS
from platform_compiler.spec.app import ENVELOPE
from tests.conftest import ROOT

CLASS = """\
from platform_compiler.blueprint import Blueprint


class Mine(Blueprint, name="{name}", version={version}):
    \"\"\"A blueprint of the platform's own.\"\"\"
"""


def claim(name: str, version: int = 1) -> str:
    return CLASS.format(name=name, version=version)


def test_a_file_and_a_package_that_claim_one_name_are_both_named(make_platform: Callable[..., Path]) -> None:
    diagnostics = Diagnostics()
    load_table(make_platform({"blueprints/mine.py": claim("worker")}), diagnostics)
    (fault,) = diagnostics.items
    assert fault.code == "PC304"
    assert fault.summary == "worker@1 is claimed by blueprints.worker:Worker and by blueprints/mine.py:Mine"


def test_another_version_is_no_clash(make_platform: Callable[..., Path]) -> None:
    diagnostics = Diagnostics()
    table = load_table(make_platform({"blueprints/mine.py": claim("worker", 2)}), diagnostics)
    assert diagnostics.items == []
    assert table.versions("worker") == [1, 2]


def test_files_import_each_other_and_underscored_ones_are_only_imported(make_platform: Callable[..., Path]) -> None:
    files = {
        "blueprints/_shared.py": "WHAT = 'shared'\n" + claim("hidden"),
        "blueprints/a.py": "from platform_blueprints._shared import WHAT\nfrom .b import ALSO\n" + claim("a"),
        "blueprints/b.py": "from ._shared import WHAT as ALSO\n" + claim("b"),
    }
    diagnostics = Diagnostics()
    table = load_table(make_platform(files), diagnostics)
    assert diagnostics.items == []
    assert (table.versions("a"), table.versions("b"), table.versions("hidden")) == ([1], [1], [])


def test_a_platform_replaces_the_files_of_another_one(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "blueprints").mkdir(parents=True)
        (tmp_path / name / "blueprints" / "mine.py").write_text(claim(name))
    tables = [load_table(tmp_path / name, Diagnostics()) for name in ("one", "two")]
    assert [table.versions("one") for table in tables] == [[1], []]
    assert [table.versions("two") for table in tables] == [[], [1]]


@pytest.mark.parametrize(
    ("point", "told"),
    [
        (
            "mine@1 = broken:Mine",
            "mine@1 of broken:Mine cannot be loaded: ZeroDivisionError: division by zero (package/broken.py:1)",
        ),
        ("mine@1 = syntax:Mine", "mine@1 of syntax:Mine cannot be loaded: SyntaxError"),
        (
            "mine@1 = missing:Mine",
            "mine@1 of missing:Mine cannot be loaded: ModuleNotFoundError: No module named 'missing'",
        ),
        ("mine@1 = fine:Mine", "fine:Mine is named mine@1, but is other@2"),
        ("mine@1 = fine:Blueprint", "fine:Blueprint is named mine@1, but is no blueprint"),
        ("mine = fine:Mine", "the entry point 'mine' of fine:Mine does not name a blueprint"),
    ],
)
def test_a_broken_package_is_told_and_stops_nobody_else(
    make_platform: Callable[..., Path], point: str, told: str
) -> None:
    web = "app: web\nteam: shop\nblueprint: worker@1\nimage: acme/web:1\n"
    package = {
        "broken.py": "1 / 0\n",
        "syntax.py": "def x(:\n",
        "fine.py": claim("other", 2),
        "mine-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: mine\nVersion: 1\n",
        "mine-1.dist-info/entry_points.txt": f"[platform_compiler.blueprints]\n{point}\n",
    }
    root = make_platform({"apps/web.yaml": web, **{f"package/{name}": text for name, text in package.items()}})
    variables = {**os.environ, "PYTHONPATH": str(root / "package")}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("platc")), *words]
        return subprocess.run(command, cwd=root, env=variables, capture_output=True, text=True, timeout=60, check=False)

    listed = run("blueprint", "list")
    assert listed.returncode == 1
    assert told in listed.stderr
    assert "PC703" in listed.stderr
    assert "Traceback" not in listed.stderr
    checked = run("check")
    assert (checked.returncode == 0) == point.startswith("mine@1"), checked.stderr


def test_a_file_of_an_installed_package_needs_no_entry_point(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "blueprints", tmp_path / "blueprints")
    (tmp_path / "blueprints" / "mine.py").write_text(claim("mine"))
    (tmp_path / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
    command = [str(Path(sys.executable).with_name("platc")), "blueprint", "list"]
    variables = {**os.environ, "PYTHONPATH": str(tmp_path)}
    result = subprocess.run(
        command, cwd=tmp_path, env=variables, capture_output=True, text=True, timeout=60, check=False
    )
    assert "mine@1               A blueprint of the platform's own." in result.stdout, result.stderr
    assert result.stdout.count("worker@1") == 1


def test_the_library_of_this_repository_is_found_once() -> None:
    diagnostics = Diagnostics()
    table = load_table(ROOT, diagnostics)
    assert diagnostics.items == []
    assert {entry.source.partition(".")[0] for versions in table.entries.values() for entry in versions.values()} == {
        "blueprints"
    }


@pytest.mark.parametrize("version", ["01", "1" * 5000, "", "-1", "\N{ARABIC-INDIC DIGIT ONE}"])
def test_a_version_is_written_in_one_way(version: str) -> None:
    table = load_table(ROOT, Diagnostics())
    with pytest.raises(UnknownBlueprintError) as caught:
        table.find(f"worker@{version}", {})
    assert (caught.value.code, caught.value.expected, len(str(caught.value)) < 60) == ("PC303", "one of worker@1", True)


def test_every_word_that_never_reaches_a_blueprint_is_reserved() -> None:
    assert {*ENVELOPE, *SETTINGS} == RESERVED
