"""Where blueprints are found, and what happens when two claim one name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from platform_compiler.blueprint.table import load_table
from platform_compiler.diagnostics import Diagnostics
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


def test_the_library_of_this_repository_is_found_once() -> None:
    diagnostics = Diagnostics()
    table = load_table(ROOT, diagnostics)
    assert diagnostics.items == []
    assert {entry.source.partition(".")[0] for versions in table.entries.values() for entry in versions.values()} == {
        "blueprints"
    }
