"""`platc blueprint test`: goldens, schemas, determinism, and mistakes told with the line of the blueprint."""

from __future__ import annotations

from pathlib import Path

import pytest

from platform_compiler.authoring.run import Outcome, run_examples
from platform_compiler.authoring.snippets import table_of
from platform_compiler.blueprint.table import load_table
from platform_compiler.diagnostics import CompileError, Diagnostic, Diagnostics, Severity
from platform_compiler.report import as_text
from tests.conftest import ROOT
from tests.unit.authoring.conftest import SPEC, RunEcho, WriteEcho

YIELD_SERVICE = (
    'yield ctx.resource("service", "v1", "Service", spec={"selector": ctx.selector, "ports": [{"port": 80}]})'
)


def again(root: Path, *, update: bool = False) -> Outcome:
    table = table_of(root)
    return run_examples(root, table, table.named("echo"), update=update)


def only_fault(outcome: Outcome) -> Diagnostic:
    (fault,) = outcome.faults
    return fault


def test_an_example_passes_once_its_objects_are_written_down(write_echo: WriteEcho) -> None:
    root = write_echo()
    missing = only_fault(again(root))
    assert (missing.code, missing.hint) == ("PC714", "platc blueprint test --update echo@1")
    written = again(root, update=True)
    assert (written.faults, written.trials[0].updated, written.trials[0].objects) == ((), True, 2)
    expected = root / "blueprints" / "examples" / "echo@1" / "expected" / "basic.yaml"
    assert expected.read_text().count("---\napiVersion: v1\n") == 2
    assert again(root).faults == ()
    assert not again(root, update=True).trials[0].updated


def test_a_change_is_told_at_the_line_that_differs(write_echo: WriteEcho) -> None:
    root = write_echo()
    again(root, update=True)
    example = root / "blueprints" / "examples" / "echo@1" / "basic.yaml"
    example.write_text(SPEC.replace("hi", "ho"))
    outcome = again(root)
    fault = only_fault(outcome)
    assert fault.code == "PC714"
    assert fault.location is not None
    assert "name: shop-text-" in fault.location.source
    assert "-  text: hi\n+  text: ho\n" in outcome.differences[0]


def test_an_expected_file_without_an_example_is_told_and_removed(write_echo: WriteEcho) -> None:
    root = write_echo()
    again(root, update=True)
    stale = root / "blueprints" / "examples" / "echo@1" / "expected" / "old.yaml"
    stale.write_text("---\n")
    assert only_fault(again(root)).summary.startswith("no example stands behind")
    assert again(root, update=True).faults == ()
    assert not stale.exists()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            '"ports": [{"port": 80}]',
            '"ports": [{"port": "80"}]',
            "blueprints/echo.py:21:99: error PC712 schema-mismatch: spec.ports[0].port is '80' in the Service shop "
            "that blueprints/examples/echo@1/basic.yaml:3 asks for",
        ),
        (
            '{"selector": ctx.selector, ',
            '{"selectr": ctx.selector, ',
            "blueprints/echo.py:21:62: error PC712 schema-mismatch: spec.selectr is no field of core.v1.ServiceSpec in "
            "the Service shop that blueprints/examples/echo@1/basic.yaml:3 asks for",
        ),
        (
            '[{"port": 80}]',
            "[{}]",
            "blueprints/echo.py:21:9: error PC712 schema-mismatch: spec.ports[0].port is missing",
        ),
        (
            '"v1", "Service"',
            '"networking.k8s.io/v1beta1", "IPAddress"',
            "has no networking.k8s.io/v1beta1 IPAddress in the IPAddress shop that",
        ),
        (
            '{"text": self.text}',
            '{"text": str(__import__("uuid").uuid4())}',
            "blueprints/echo.py:20:9: error PC713 not-deterministic: the ConfigMap shop-text-",
        ),
        (
            '{"text": self.text}',
            '{"text": " ".join({"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"})}',
            "in another process",
        ),
        (
            YIELD_SERVICE,
            'yield ctx.resource("pod", "v1", "Pod", spec={"containers": [{"name": "a"}], "hostNetwork": True})',
            "PC801 pod-security: the pods of Pod shop break it: hostNetwork is true",
        ),
        ('{"text": self.text}', '{"text": self.txt}', "PC701 blueprint-failed: echo@1 raised AttributeError"),
        ("place=ctx.name", "plaec=ctx.name", "PC711 wrong-output: echo@1 gives the undeclared output 'plaec'"),
        (
            "return self.Outputs(place=ctx.name)",
            "return None",
            "PC711 wrong-output: echo@1 gives NoneType, not its Outputs",
        ),
        (
            "return self.Outputs(place=ctx.name)",
            "return self.here",
            "echo@1 raised AttributeError: Echo has no attribute",
        ),
        ('"ports": [{"port": 80}]', '"ports": frozenset()', "PC702 bad-manifest: the Service shop of echo@1"),
    ],
)
def test_mistakes_are_told_to_the_author(run_echo: RunEcho, old: str, new: str, told: str) -> None:
    outcome = run_echo((old, new), update=True)
    text = as_text(outcome.faults)
    assert told in text
    assert "Traceback" not in text
    assert outcome.trials[0].state == "failed"


def test_a_list_instead_of_yields_is_told_at_the_method(run_echo: RunEcho) -> None:
    listed = 'return [ctx.resource("service", "v1", "Service", spec={"ports": [{}]})]'
    outcome = run_echo(('yield ctx.config_map("text", {"text": self.text})', listed), (YIELD_SERVICE, ""))
    assert [str(fault.location) for fault in outcome.faults] == ["blueprints/echo.py:19:5"]


def test_what_comes_out_only_sometimes_is_told(run_echo: RunEcho) -> None:
    counted = f"calls.append(1)\n        if len(calls) % 2:\n            {YIELD_SERVICE}"
    fault = only_fault(run_echo((YIELD_SERVICE, counted), ("class Echo", "calls: list[int] = []\n\n\nclass Echo")))
    assert fault.code == "PC713"
    assert str(fault.location).startswith("blueprints/echo.py:")


def test_a_blueprint_without_an_example_is_a_warning(write_echo: WriteEcho) -> None:
    root = write_echo()
    (root / "blueprints" / "examples" / "echo@1" / "basic.yaml").unlink()
    fault = only_fault(again(root))
    assert (fault.code, fault.severity, str(fault.location)) == ("PC715", Severity.WARNING, "blueprints/echo.py:6:1")


def test_a_fault_of_one_version_names_it(run_echo: RunEcho) -> None:
    body = '"networking.k8s.io/v1beta1", "IPAddress", spec={"parentRef": {"name": "a", "resource": "b"}})'
    new = f'yield ctx.resource("service", {body}'
    fault = only_fault(run_echo((YIELD_SERVICE, new), update=True))
    assert fault.summary.endswith("(Kubernetes 1.37)")


def test_written_docs_are_held_to_the_class(write_echo: WriteEcho) -> None:
    root = write_echo()
    table = table_of(root)
    run_examples(root, table, table.named("echo"), update=True, new_pages=True)
    page = root / "docs" / "blueprints" / "echo.md"
    assert '| `text` | text | `"hello"` |' in page.read_text()
    page.write_text(page.read_text().replace("hello", "hallo"))
    assert only_fault(again(root)).location == ("docs/blueprints/echo.md", 20, 1, 31, '| `text` | text | `"hallo"` | |')
    assert again(root, update=True).faults == ()
    page.write_text("Written by hand.\n")
    assert again(root).faults == ()


def test_every_standard_blueprint_has_examples_that_pass() -> None:
    table = load_table(ROOT, Diagnostics())
    outcome = run_examples(ROOT, table, [*table])
    assert outcome.faults == (), as_text(outcome.faults)
    assert {str(trial.example.blueprint.blueprint_id) for trial in outcome.trials} == {
        str(cls.blueprint_id) for cls in table
    }


def test_an_example_of_something_else_is_told(write_echo: WriteEcho) -> None:
    root = write_echo()
    example = root / "blueprints" / "examples" / "echo@1" / "basic.yaml"
    example.write_text("app: shop\nteam: store\nblueprint: worker@1\nimage: acme/web:1\n")
    fault = only_fault(again(root))
    assert (fault.code, fault.summary) == ("PC715", "the example does not use echo@1")


def test_what_only_fails_in_another_process_is_told(write_echo: WriteEcho, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_echo(
        ("class Echo", 'if __import__("os").environ["WHERE"] != "here":\n    raise SystemExit("no")\n\n\nclass Echo')
    )
    monkeypatch.setenv("WHERE", "here")
    table = table_of(root)
    monkeypatch.setenv("WHERE", "elsewhere")
    with pytest.raises(
        CompileError, match="PC713 the examples compile here, but not in another process: SystemExit: no"
    ):
        run_examples(root, table, table.named("echo"))
