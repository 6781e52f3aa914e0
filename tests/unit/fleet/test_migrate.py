"""Migrations: the text that they write, what they refuse, and what the command says."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from platform_compiler.blueprint.base import Blueprint, BlueprintDefinitionError, BlueprintId
from platform_compiler.blueprint.migration import Move
from platform_compiler.cli.group import run
from platform_compiler.compiler import compile_stack
from platform_compiler.diagnostics import CompileError, Diagnostic
from platform_compiler.fleet.migrate import Migration, plan_migration, write_specs
from platform_compiler.loading import load_platform
from tests.unit.fleet.shelf import APP, SHELF

Make = Callable[..., Path]
LAYERED = """# every layer, every style
app: books
team: library
components:
  novels:
    # two versions behind
    blueprint: &version "shelf@1" # keep an eye on it
    title: &title Novels   # shown above
    height: 3 # planks

    seconds: 30
    legacy: true
    notes: [dusty, 'old']
  poems: {blueprint: *version, title: *title, tags: {a: b}} # all in braces
  safe:
    blueprint: vault
environments:
  dev:
    components:
      # higher here
      novels: {height: 4, seconds: 60}
      poems:
        tags:
          a: c # another
        notes: [x]
"""
MIGRATED = """# every layer, every style
app: books
team: library
components:
  novels:
    # two versions behind
    blueprint: &version shelf@2 # keep an eye on it
    name: &title Novels   # shown above
    size:
      height: 3 # planks

    period: 30s
    notes: [DUSTY, OLD]
  poems: {blueprint: *version, name: *title, labels: {a: b}, size: {height: 1}} # all in braces
  safe:
    blueprint: vault
environments:
  dev:
    components:
      # higher here
      novels: {size: {height: 4}, period: 60s}
      poems:
        labels:
          a: c # another
        notes: [X]
"""
DEV = "target: {render: rendered/dev}\nbindings: {vault: vault@1}\n"


def migration(root: Path, target: BlueprintId | None = None, *apps: str) -> Migration:
    return plan_migration(load_platform(root), apps, target)


def objections(root: Path, target: BlueprintId | None = None) -> tuple[Diagnostic, ...]:
    with pytest.raises(CompileError) as caught:
        migration(root, target)
    return caught.value.diagnostics


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_layer_and_style_is_rewritten_and_all_else_stays(make_platform: Make, newline: str) -> None:
    root = make_platform({"blueprints/shelf.py": SHELF}, dev=DEV)
    file = root / "apps" / "books.yaml"
    file.parent.mkdir()
    file.write_bytes(LAYERED.replace("\n", newline).encode())
    before = {item.id: item.manifest for item in compile_stack(root, "dev").resources}
    found = migration(root)
    assert write_specs(found, root) == ["apps/books.yaml"]
    assert file.read_bytes().decode() == MIGRATED.replace("\n", newline)
    assert {item.id: item.manifest for item in compile_stack(root, "dev").resources} == before
    assert found.effect == {"dev": []}
    assert migration(root).rewritten == {}, "nothing is left to do"


def test_a_flat_spec_its_overlay_and_a_canary(make_platform: Make) -> None:
    spec = APP + "environments:\n  dev: {height: 4}\n  prod:\n    blueprint: shelf@2\n    name: Prod\n    title: null\n"
    files = {"blueprints/shelf.py": SHELF, "apps/books.yaml": spec, "stacks/prod.yaml": "target: {render: r}\n"}
    files["apps/books.yaml"] = spec + "    height: null\n    tags: null\n"
    root = make_platform(files)
    write_specs(migration(root), root)
    text = (root / "apps" / "books.yaml").read_text()
    assert text.startswith("# the library\napp: books\nteam: library\nblueprint: shelf@2 # the good old one\n")
    assert "size:\n  height: 3\nlabels: {genre: fiction}\nenvironments:\n  dev: {size: {height: 4}}\n  prod:\n" in text
    assert text.endswith("    blueprint: shelf@2\n    name: Prod\n    title: null\n    height: null\n    tags: null\n")


def test_the_byte_order_mark_and_the_mode_of_a_file_stay(make_platform: Make) -> None:
    root = make_platform({"blueprints/shelf.py": SHELF, "apps/books.yaml": "\ufeff" + APP})
    file = root / "apps" / "books.yaml"
    file.chmod(0o640)
    write_specs(migration(root), root)
    assert file.read_bytes().startswith(b"\xef\xbb\xbf# the library\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [item.name for item in file.parent.iterdir()] == ["books.yaml"]


def test_a_stateful_object_is_never_replaced(make_platform: Make) -> None:
    spec = "app: bank\nteam: t\nblueprint: vault@1 # gold\n"
    root = make_platform({"blueprints/shelf.py": SHELF, "apps/bank.yaml": spec})
    (fault,) = objections(root)
    assert (fault.code, str(fault.location)) == ("PC355", "apps/bank.yaml:3:12")
    assert fault.summary == (
        "PersistentVolumeClaim bank-data of bank/bank would be replaced in dev: spec.storageClassName"
    )
    assert (root / "apps" / "bank.yaml").read_text() == spec


def test_versions_without_a_way_are_told(make_platform: Make) -> None:
    root = make_platform({"blueprints/shelf.py": SHELF, "apps/bank.yaml": "app: bank\nteam: t\nblueprint: vault@2\n"})
    (fault,) = objections(root, BlueprintId("vault", 3))
    assert (fault.code, fault.summary) == ("PC353", "nothing leads from vault@2 to vault@3")
    assert migration(root).rewritten == {}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("size: {height: 1}\n", "both height and size.height are written"),
        ("seconds: &s 3\nnotes: [a]\nenvironments: {dev: {notes: [*s]}}\n", "louder of the migration raised"),
    ],
)
def test_a_text_that_cannot_be_changed_is_left_alone(make_platform: Make, more: str, told: str) -> None:
    root = make_platform({"blueprints/shelf.py": SHELF, "apps/books.yaml": APP + more})
    (fault,) = objections(root)
    assert fault.code == "PC354"
    assert told in fault.summary
    assert str(fault.location) == "apps/books.yaml:4:12"


def test_a_spec_that_does_not_compile_is_not_migrated(make_platform: Make) -> None:
    broken = make_platform({"blueprints/shelf.py": SHELF, "apps/books.yaml": APP + "hight: 3\n"})
    assert "does not compile in dev as it is" in objections(broken)[0].summary


def test_a_migration_that_breaks_a_spec_is_refused(make_platform: Make) -> None:
    dev = "target: {render: r}\ndefaults: {shelf: {height: 3}}\n"
    root = make_platform({"blueprints/shelf.py": SHELF, "apps/books.yaml": APP}, dev=dev)
    (fault,) = objections(root)
    assert "after migrating books, books/books does not compile in dev" in fault.summary
    assert "PC201 there is no field 'height' here" in fault.summary


def test_another_apps_faults_stop_nothing(make_platform: Make) -> None:
    files = {
        "blueprints/shelf.py": SHELF,
        "apps/books.yaml": APP,
        "apps/bad.yaml": "app: bad\nteam: t\nblueprint: x@1\n",
    }
    assert list(migration(make_platform(files)).rewritten) == ["books"]


def test_a_migration_writes_only_fields_that_there_are() -> None:
    with pytest.raises(BlueprintDefinitionError, match="'nme', which is no field"):

        class Wrong(Blueprint, name="wrong", version=2, migration=[Move("title", "nme")]):
            name: str


def test_objects_that_change_are_shown_with_their_fields(
    make_platform: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = SHELF.replace('"title": self.name', '"title": self.name.upper()')
    monkeypatch.chdir(make_platform({"blueprints/shelf.py": code, "apps/books.yaml": APP}))
    assert run(["migrate"]) == 0
    assert capsys.readouterr().out == (
        "apps/books.yaml: books shelf@1 -> shelf@2\ndev: 1 component with other objects\n"
        "  updated   books/books  shelf@1 -> shelf@2  apps/books.yaml:4\n"
        '      +- ConfigMap books  replace\n           data.title: "Novels" -> "NOVELS"\n'
    )


def test_the_command_tells_checks_and_writes(
    make_platform: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"blueprints/shelf.py": SHELF, "apps/books.yaml": APP, "apps/other.yaml": APP.replace("books", "other")}
    root = make_platform(files)
    monkeypatch.chdir(root)
    assert run(["migrate", "--check", "--to", "shelf@2", "books"]) == 2
    assert capsys.readouterr().out == "apps/books.yaml: books shelf@1 -> shelf@2\ndev: the same objects\n"
    assert (root / "apps" / "books.yaml").read_text() == APP
    assert run(["migrate", "--check", "--format", "json", "books"]) == 2
    record = json.loads(capsys.readouterr().out)
    assert record["specs"] == [
        {"file": "apps/books.yaml", "component": "books", "before": "shelf@1", "after": "shelf@2"}
    ]
    assert [item["objects"] for item in record["environments"]["dev"]] == []
    assert run(["migrate", "--to", "shelf@2", "books"]) == 0
    assert "blueprint: shelf@2 # the good old one" in (root / "apps" / "books.yaml").read_text()
    assert (root / "apps" / "other.yaml").read_text() == APP.replace("books", "other")
    assert run(["migrate", "--check", "books"]) == 0
    assert capsys.readouterr().out.endswith("nothing to migrate (a blueprint named without a version follows the "
                                            "environments' `bindings`)\n")  # fmt: skip
    assert run(["migrate", "--to", "shelf@9"]) == 1
    assert "PC303" in capsys.readouterr().err
    assert run(["migrate", "boks"]) == 1
    assert "did you mean 'books'?" in capsys.readouterr().err
