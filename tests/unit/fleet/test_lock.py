"""The lock: what it pins, when it does not hold, and what an upgrade means."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from platform_compiler.cli.group import run
from platform_compiler.diagnostics import CompileError, Diagnostic
from platform_compiler.fleet.lock import LOCK_FILE, Lock, lock_faults, lock_text, make_lock, read_lock, write_lock
from platform_compiler.fleet.upgrade import Upgrade, plan_upgrade
from platform_compiler.loading import load_platform
from platform_compiler.root import find_root
from tests.unit.fleet.shelf import APP, SHELF

Make = Callable[..., Path]
SHOP = """app: shop
team: t
components:
  db: {blueprint: postgres, password: x}
  web: {blueprint: web-service@1, image: a, env: {HEIGHT: "${apps.books.height}"}}
environments: {prod: {components: {db: {host: h}}}}
"""
PROD = "target: {render: r}\nbindings: {postgres: external-postgres@1}\n"
DEV = "target: {render: rendered/dev}\nbindings: {postgres: postgres@1}\n"


@pytest.fixture
def root(make_platform: Make) -> Path:
    files = {"blueprints/shelf.py": SHELF, "blueprints/parts.py": "STEP = 1\n", "apps/books.yaml": APP}
    folder = make_platform({**files, "apps/shop.yaml": SHOP, "stacks/prod.yaml": PROD}, dev=DEV)
    write_lock(folder, make_lock(load_platform(folder)))
    return folder


def faults(root: Path, *apps: str) -> list[Diagnostic]:
    platform = load_platform(root)
    return lock_faults(platform, platform.environments, apps)


def upgrade(root: Path) -> Upgrade:
    return plan_upgrade(read_lock(root) or Lock(), make_lock(load_platform(root)))


def test_the_lock_pins_blueprints_as_bound_with_package_and_content(root: Path) -> None:
    lock = read_lock(root)
    assert lock is not None
    assert {name: pin.blueprint for name, pin in lock.components["shop/db"].items()} == {
        "dev": "postgres@1",
        "prod": "external-postgres@1",
    }
    assert lock.blueprints["shelf@1"].package == "blueprints/"
    assert lock.blueprints["postgres@1"].package.startswith("platform-compiler ")
    assert {len(content.digest) for content in lock.blueprints.values()} == {64}
    assert (root / LOCK_FILE).read_text() == lock_text(make_lock(load_platform(root)))
    assert faults(root) == []
    assert upgrade(root) == Upgrade([], [])


def test_a_spec_may_change_under_its_lock(root: Path) -> None:
    (root / "apps/books.yaml").write_text(APP.replace("height: 3", "height: 5"))
    assert faults(root) == []
    found = upgrade(root)
    assert found.blueprints == []
    assert {(pin.component, pin.environment, pin.objects, pin.inputs_changed) for pin in found.pins} == {
        ("books/books", "dev", (("update", "config"),), True),
        ("books/books", "prod", (("update", "config"),), True),
        ("shop/web", "dev", (("update", "deployment"), ("update", "env")), False),
        ("shop/web", "prod", (("update", "deployment"), ("update", "env")), False),
    }


def test_another_binding_version_or_app_does_not_hold(root: Path) -> None:
    (root / "stacks/dev.yaml").write_text(DEV.replace("postgres@1", "external-postgres@1"))
    (root / "apps/shop.yaml").write_text(SHOP.replace("password: x", "password: x, host: h"))
    (root / "apps/new.yaml").write_text(APP.replace("books", "new"))
    found = faults(root)
    assert {item.code for item in found} == {"PC356"}
    assert [str(item.location) for item in found if "shop/db" in item.summary] == ["apps/shop.yaml:4:19"]
    assert {item.summary for item in found} == {
        "shop/db compiles with external-postgres@1 in dev, and platc.lock has postgres@1",
        "new/new compiles with shelf@1 in dev, and platc.lock does not have it",
        "new/new compiles with shelf@1 in prod, and platc.lock does not have it",
    }
    assert faults(root, "books") == []
    changed = {(pin.component, pin.environment): (pin.before, pin.after) for pin in upgrade(root).pins}
    assert changed["shop/db", "dev"] == ("postgres@1", "external-postgres@1")
    assert changed["new/new", "prod"] == ("", "shelf@1")


def test_other_content_of_a_blueprint_does_not_hold(root: Path) -> None:
    (root / "blueprints/shelf.py").write_text(SHELF.replace('"title": self.title', '"title": self.title.upper()'))
    (fault,) = faults(root)
    assert fault.code == "PC356"
    assert fault.summary == "shelf@1 is not what is pinned: blueprints/, other content"
    assert fault.location is not None
    assert fault.location.source.startswith('"shelf@1": ')
    found = upgrade(root)
    assert [(item.name, item.change) for item in found.blueprints] == [("shelf@1", "blueprints/, other content")]
    assert [(pin.component, pin.environment, pin.objects) for pin in found.pins] == [
        ("books/books", "dev", (("update", "config"),)),
        ("books/books", "prod", (("update", "config"),)),
    ]


def test_content_covers_what_a_blueprint_imports_and_nothing_else(root: Path) -> None:
    (root / "blueprints/parts.py").write_text("STEP = 2\n")
    assert faults(root) == []
    (root / "blueprints/shelf.py").write_text("from .parts import STEP\n" + SHELF.replace('"""', "'''", 2))
    write_lock(root, make_lock(load_platform(root)))
    (root / "blueprints/parts.py").write_text("STEP = 3\n")
    assert [item.summary for item in faults(root)] == ["shelf@1 is not what is pinned: blueprints/, other content"]
    (root / "blueprints/parts.py").write_bytes(b"STEP = 2\r\n")
    assert faults(root) == [], "line ends are no content"


def test_another_package_version_does_not_hold(root: Path) -> None:
    file = root / LOCK_FILE
    data = json.loads(file.read_text())
    data["blueprints"]["postgres@1"]["package"] = "platform-compiler 0.0.1"
    file.write_text(json.dumps(data))
    (fault,) = faults(root)
    assert "postgres@1 is not what is pinned: platform-compiler 0.0.1 -> platform-compiler " in fault.summary


def test_a_file_that_is_no_lock_is_told(root: Path) -> None:
    good = (root / LOCK_FILE).read_text()
    for text in ("{}", "[]", "x", good.replace('"format": 1', '"format": 2'), good.replace("digest", "digits")):
        (root / LOCK_FILE).write_text(text)
        with pytest.raises(CompileError, match="PC356"):
            read_lock(root)


def test_a_broken_environment_is_for_the_compile_to_tell(root: Path) -> None:
    (root / "stacks/prod.yaml").write_text("kubernetes: x\n")
    assert faults(root) == []


def test_a_removed_app_leaves_a_lock_that_holds(root: Path) -> None:
    (root / "apps/shop.yaml").unlink()
    assert faults(root) == []
    assert {(pin.component, pin.after) for pin in upgrade(root).pins} == {("shop/db", ""), ("shop/web", "")}


def test_the_commands(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(root)
    assert find_root(Path.cwd()) == root
    assert run(["check", "--locked"]) == 0
    assert run(["upgrade", "--plan"]) == 0
    assert capsys.readouterr().out.endswith("platc.lock is up to date\n")
    (root / "blueprints/shelf.py").write_text(SHELF.replace('"title": self.title', '"name": self.title'))
    assert run(["check", "--locked"]) == 1
    assert "PC356 not-locked: shelf@1 is not what is pinned" in capsys.readouterr().err
    assert run(["check"]) == 0
    capsys.readouterr()
    assert run(["upgrade", "--plan"]) == 2
    told = capsys.readouterr().out
    assert told == (
        "shelf@1: blueprints/, other content\n"
        "dev:\n  books/books  shelf@1: update config\nprod:\n  books/books  shelf@1: update config\n"
    )
    assert run(["upgrade", "--plan", "--format", "json"]) == 2
    assert json.loads(capsys.readouterr().out)["pins"][0]["objects"] == [["update", "config"]]
    assert run(["check", "--locked"]) == 1
    assert run(["upgrade"]) == 0
    assert run(["check", "--locked"]) == 0
    (root / LOCK_FILE).unlink()
    capsys.readouterr()
    assert run(["check", "--locked"]) == 1
    assert "there is no platc.lock" in capsys.readouterr().err
    (root / "apps/books.yaml").write_text("app: books\n")
    assert run(["upgrade"]) == 1
    assert not (root / LOCK_FILE).exists()
