"""Two versions side by side, and what is said of the one that goes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
import yaml

from platform_compiler.blueprint.table import load_table
from platform_compiler.cli.group import run
from platform_compiler.compiler import check, compile_stack
from platform_compiler.diagnostics import Diagnostics, Severity
from platform_compiler.loading import load_platform
from platform_compiler.report import as_github, as_sarif, as_text
from platform_compiler.schema import app_schema
from tests.unit.fleet.shelf import APP, SHELF

Make = Callable[..., Path]
NEW = "app: films\nteam: library\nblueprint: shelf@2\nname: Films\nsize: {height: 4}\n"


def test_versions_live_side_by_side(make_platform: Make) -> None:
    root = make_platform({"blueprints/shelf.py": SHELF, "apps/books.yaml": APP, "apps/films.yaml": NEW})
    graph = compile_stack(root, "dev").graph
    assert {name: item.manifest["data"]["height"] for name, item in graph.by_id.items() if item.origin.app} == {
        "books/books/config": "3",
        "films/films/config": "4",
    }
    assert [item.origin.blueprint for item in graph if item.origin.app] == ["shelf@1", "shelf@2"]


def test_defaults_of_one_version_take_the_place_of_those_of_all(make_platform: Make) -> None:
    dev = "target: {render: r}\ndefaults:\n  shelf: {height: 7}\n  shelf@2: {size: {height: 8}}\n"
    files = {"blueprints/shelf.py": SHELF, "apps/films.yaml": NEW.replace("size: {height: 4}\n", "")}
    files["apps/books.yaml"] = APP.replace("height: 3\n", "")
    graph = compile_stack(make_platform(files, dev=dev), "dev").graph
    assert graph.by_id["books/books/config"].manifest["data"]["height"] == "7"
    assert graph.by_id["films/films/config"].manifest["data"]["height"] == "8"


def test_what_goes_warns_with_date_and_cure_at_its_line(make_platform: Make) -> None:
    spec = APP + "doors: [{color: blue}, {lock: brass}]\nenvironments: {dev: {tags: {a: b}}}\n"
    root = make_platform({"blueprints/shelf.py": SHELF, "apps/books.yaml": spec, "apps/films.yaml": NEW})
    found, resources = check(load_platform(root), ["dev"])
    assert resources > 0
    assert {item.severity for item in found} == {Severity.WARNING}
    assert as_text(found) == (
        "apps/books.yaml:4:12: warning PC351 deprecated-blueprint: "
        "shelf@1 is deprecated since 2026-06-01 and goes by 2027-01-01\n"
        "    4 | blueprint: shelf@1 # the good old one\n      |            ^^^^^^^\n"
        "  hint: write shelf@2; `platc migrate` does it\n\n"
        "apps/books.yaml:9:25: warning PC352 deprecated-field: "
        "doors.1.lock of shelf@1 is deprecated since 1.4 and goes by 2.0\n"
        "    9 | doors: [{color: blue}, {lock: brass}]\n      |                         ^^^^\n"
        "  hint: write `labels`\n\n"
        "apps/books.yaml:10:22: warning PC352 deprecated-field: "
        "tags of shelf@1 is deprecated since 1.4 and goes by 2.0\n"
        "   10 | environments: {dev: {tags: {a: b}}}\n      |                      ^^^^\n"
        "  hint: write `labels`\n\n3 warnings\n"
    )
    assert {item["level"] for item in json.loads(as_sarif(found))["runs"][0]["results"]} == {"warning"}
    assert as_github(found).startswith("::warning title=PC351 deprecated-blueprint,file=apps/books.yaml,line=4,")


def test_warnings_do_not_fail_the_run(
    make_platform: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(make_platform({"blueprints/shelf.py": SHELF, "apps/books.yaml": APP}))
    assert run(["check"]) == 0
    captured = capsys.readouterr()
    assert "2 warnings" in captured.err
    assert "1 app fine in dev" in captured.out


def test_editors_check_each_version_by_its_own_fields(make_platform: Make) -> None:
    table = load_table(make_platform({"blueprints/shelf.py": SHELF}), Diagnostics())
    validator = jsonschema.Draft202012Validator(app_schema(table, ("dev",)))
    first, second = yaml.safe_load(APP), yaml.safe_load(NEW)
    assert list(validator.iter_errors(first)) == list(validator.iter_errors(second)) == []
    assert list(validator.iter_errors({**first, "blueprint": "shelf@2"}))
    assert list(validator.iter_errors({**second, "blueprint": "shelf"})) == [], "which one, the environment knows"


def test_versions_may_have_different_models_of_one_name(make_platform: Make) -> None:
    files = {
        f"blueprints/pin{version}.py": (
            "from platform_compiler.blueprint import Blueprint\n"
            "from platform_compiler.spec.validation import Model\n\n\n"
            f"class Head(Model):\n    {field}: int = 1\n\n\n"
            f'class Pin(Blueprint, name="pin", version={version}):\n    head: Head = Head()\n'
        )
        for version, field in ((1, "width"), (2, "size"))
    }
    table = load_table(make_platform(files), Diagnostics())
    validator = jsonschema.Draft202012Validator(app_schema(table, ("dev",)))
    good = [{"app": "a", "team": "t", "blueprint": f"pin@{n}", "head": {k: 2}} for n, k in ((1, "width"), (2, "size"))]
    assert [list(validator.iter_errors(spec)) for spec in good] == [[], []]
    assert list(validator.iter_errors({**good[0], "head": {"size": 2}}))


def test_editors_strike_deprecated_fields_through(make_platform: Make) -> None:
    table = load_table(make_platform({"blueprints/shelf.py": SHELF}), Diagnostics())
    definitions = app_schema(table, ("dev",))["$defs"]
    references = definitions["shelf@1"]["properties"]
    fields = {name: definitions[references[name]["$ref"].removeprefix("#/$defs/")] for name in ("tags", "title")}
    assert json.dumps(fields["tags"]).count('"deprecated": true') == 1
    assert "deprecated" not in json.dumps(fields["title"])
