"""The impact of a change against another git revision, whose blueprints run in their own process."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from platform_compiler.cli.group import run
from platform_compiler.diagnostics import CompileError
from platform_compiler.fleet.compare import ComponentChange
from platform_compiler.fleet.impact import Impact, measure_impact
from tests.unit.fleet.shelf import APP, SHELF

Make = Callable[..., Path]
BANK = "app: bank\nteam: t\nblueprint: vault@1\n"
WEB = "app: web\nteam: t\nblueprint: web-service@1\nimage: a\n"
WEB += 'env: {BOOKS: "${apps.books.height}", KEY: "${secrets.key}"}\n'
FILES = {
    "blueprints/shelf.py": SHELF,
    "apps/books.yaml": APP,
    "apps/bank.yaml": BANK,
    "apps/web.yaml": WEB,
    "apps/gone.yaml": APP.replace("books", "gone"),
    "apps/same.yaml": APP.replace("books", "same"),
}


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def root(make_platform: Make) -> Path:
    """A platform below the top of a repository, with one commit."""
    folder = make_platform(FILES)
    git(folder.parent, "init", "-q", "-b", "main")
    git(folder.parent, "add", "platform")
    git(folder.parent, "commit", "-qm", "base")
    return folder


def changed(impact: Impact) -> dict[str, ComponentChange]:
    return {change.id: change for change in impact.environments["dev"] if change.status != "unchanged"}


def test_nothing_changes_without_a_change(root: Path) -> None:
    impact = measure_impact(root, "main")
    assert len(impact.base) == 40
    assert changed(impact) == {}
    assert {change.id for change in impact.environments["dev"]} == {
        "bank/bank", "books/books", "gone/gone", "same/same", "web/web"
    }  # fmt: skip


def test_specs_that_change_are_told_by_status_with_their_fields(root: Path) -> None:
    (root / "apps/books.yaml").write_text(APP.replace("height: 3", "height: 5"))
    (root / "apps/bank.yaml").write_text(BANK.replace("vault@1", "vault@2"))
    (root / "apps/gone.yaml").unlink()
    (root / "apps/new.yaml").write_text(APP.replace("books", "new"))
    (root / "apps/same.yaml").write_text("# a comment\n" + APP.replace("books", "same"))
    found = changed(measure_impact(root, "main"))
    assert {name: change.status for name, change in found.items()} == {
        "bank/bank": "replaced",
        "books/books": "updated",
        "gone/gone": "deleted",
        "new/new": "created",
        "web/web": "updated",
    }
    (claim,) = found["bank/bank"].objects
    assert (claim.operation, claim.loses_data, claim.properties[0].path) == ("replace", True, "spec.storageClassName")
    assert (found["bank/bank"].before, found["bank/bank"].after) == ("vault@1", "vault@2")
    (config,) = found["books/books"].objects
    assert [(part.path, part.old, part.new) for part in config.properties] == [("data.height", "3", "5")]
    operations = {(item.kind, item.operation) for item in found["web/web"].objects}
    assert operations == {("ConfigMap", "replace"), ("Deployment", "update")}
    assert [item.operation for item in found["gone/gone"].objects] == ["delete"]


def test_the_other_revision_is_compiled_by_its_own_blueprints(root: Path) -> None:
    text = SHELF.replace('"title": self.title', '"title": self.title.upper()')
    (root / "blueprints/shelf.py").write_text(text)
    found = changed(measure_impact(root, "main"))
    assert set(found) == {"books/books", "gone/gone", "same/same"}
    (part,) = found["books/books"].objects[0].properties
    assert (part.path, part.old, part.new) == ("data.title", "Novels", "NOVELS")


def test_what_does_not_compile_is_broken_and_the_rest_is_told(root: Path) -> None:
    (root / "apps/books.yaml").write_text(APP.replace("title", "titel"))
    (root / "apps/same.yaml").write_text("app: [")
    (root / "apps/bank.yaml").write_text(BANK.replace("bank", "bank2"))
    impact = measure_impact(root, "main")
    found = changed(impact)
    assert impact.is_broken
    assert {name: change.status for name, change in found.items()} == {
        "bank/bank": "deleted",
        "bank2/bank2": "created",
        "books/books": "broken",
        "same/same": "broken",
    }
    assert ["PC202" in fault or "PC201" in fault for fault in found["books/books"].faults] == [True, True]
    assert found["books/books"].objects == ()


def test_faults_of_the_base_are_told(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "apps/books.yaml").write_text(APP.replace("title", "titel"))
    git(root, "commit", "-qam", "broken")
    (root / "apps/books.yaml").write_text(APP)
    monkeypatch.chdir(root)
    assert run(["impact", "--base", "main"]) == 0
    text = capsys.readouterr().out
    assert "not compared, the base has a fault: apps/books.yaml:4:1: PC202 the field 'title' is missing" in text
    assert "  created   books/books" in text


def test_a_broken_environment_breaks_all_of_it(root: Path) -> None:
    (root / "stacks/dev.yaml").write_text("kubernetes: x\n")
    found = changed(measure_impact(root, "main"))
    assert {change.status for change in found.values()} == {"broken"}
    assert len(found) == 5


def test_a_renamed_component_is_compared_under_its_new_name(root: Path) -> None:
    (root / "apps/gone.yaml").write_text(
        "app: gone\nteam: library\ncomponents:\n"
        "  new: {blueprint: shelf@1, title: Novels, height: 3, tags: {genre: fiction}, renamed-from: gone}\n"
    )
    found = changed(measure_impact(root, "main"))
    assert {name: change.status for name, change in found.items()} == {"gone/new": "updated"}
    assert [part.path for part in found["gone/new"].objects[0].properties if part.kind.endswith("replace")] == [
        "metadata.name"
    ]


def test_secrets_are_not_told(root: Path) -> None:
    (root / "apps/web.yaml").write_text(WEB.replace("${secrets.key}", "u:${secrets.key}"))
    (secret,) = [item for item in changed(measure_impact(root, "main"))["web/web"].objects if item.kind == "Secret"]
    (part,) = [part for part in secret.properties if part.path.startswith("stringData")]
    assert (part.path, part.old, part.new) == ("stringData.KEY", "(secret)", "(secret)")


@pytest.mark.parametrize("reference", ["nope", "--help", "main:platform"])
def test_a_revision_that_is_none_is_told(root: Path, reference: str) -> None:
    with pytest.raises(CompileError) as caught:
        measure_impact(root, reference)
    assert [item.code for item in caught.value.diagnostics] == ["PC902"]


def test_links_that_lead_out_of_the_platform_are_left_out(root: Path) -> None:
    (root / "away").symlink_to("/etc/hosts")
    (root / "apps" / "linked.yaml").symlink_to("../blueprints/../apps/books.yaml")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "links")
    impact = measure_impact(root, "HEAD")
    assert [change.status for change in impact.environments["dev"] if change.id == "books/books"] == ["unchanged"]


def test_a_revision_whose_code_fails_is_told(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "platform" / "platform_compiler"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('too old')\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "a compiler of its own")
    with pytest.raises(CompileError, match="cannot compile it: RuntimeError: too old"):
        measure_impact(root, "HEAD")


def test_the_command_writes_text_json_and_markdown(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root)
    (root / "apps/bank.yaml").write_text(BANK.replace("vault@1", "vault@2"))
    assert run(["impact", "--base", "main"]) == 0
    text = capsys.readouterr().out
    assert "dev: 1 replaced, 4 unchanged\n  replaced  bank/bank  vault@1 -> vault@2  apps/bank.yaml:3\n" in text
    assert "      +- PersistentVolumeClaim bank-data  replace  RISK: its data goes with it\n" in text
    assert '           spec.storageClassName: null -> "fast"\n' in text
    assert run(["impact", "--base", "main", "--env", "dev", "--format", "json"]) == 0
    record = json.loads(capsys.readouterr().out)
    statuses = {item["id"]: item["status"] for item in record["environments"]["dev"]}
    assert statuses["bank/bank"] == "replaced"
    assert run(["impact", "--base", "main", "--format", "markdown"]) == 0
    page = capsys.readouterr().out
    assert "| bank/bank | replaced | vault@1 -> vault@2 | replace PersistentVolumeClaim |" in page
    assert page.count("<details>") == page.count("</details>") == 1
    assert run(["impact", "--base", "main", "--env", "devv"]) == 1
    assert "did you mean 'dev'?" in capsys.readouterr().err
    (root / "apps/books.yaml").write_text("app: books\n")
    assert run(["impact", "--base", "main"]) == 1
    assert "  broken    books/books" in capsys.readouterr().out
