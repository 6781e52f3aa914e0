"""Examples: where they are found, and the environment that they compile in."""

from __future__ import annotations

import pytest

from platform_compiler.authoring.examples import compile_example, examples_of, own_resources
from platform_compiler.authoring.snippets import table_of
from platform_compiler.diagnostics import CompileError
from tests.unit.authoring.conftest import RunEcho, WriteEcho


def test_examples_are_the_specs_beside_the_file_by_name(write_echo: WriteEcho) -> None:
    root = write_echo()
    folder = root / "blueprints" / "examples" / "echo@1"
    (folder / "another.yaml").write_text((folder / "basic.yaml").read_text())
    (root / "blueprints" / "examples" / "echo@2").mkdir()
    (blueprint,) = table_of(root).named("echo")
    assert [(example.name, example.expected.relative_to(folder).as_posix()) for example in examples_of(blueprint)] == [
        ("another", "expected/another.yaml"),
        ("basic", "expected/basic.yaml"),
    ]


def test_the_environment_of_examples_is_not_one_of_the_platform(write_echo: WriteEcho) -> None:
    root = write_echo(('{"text": self.text}', '{"text": str(ctx.environment.spec.domain)}'))
    table = table_of(root)
    (example,) = examples_of(table.named("echo")[0])
    text = own_resources(compile_example(example, table, root))[0].manifest["data"]["text"]
    assert text == "example.com"
    (root / "blueprints" / "examples" / "environment.yaml").write_text("domain: acme.dev\n")
    text = own_resources(compile_example(example, table, root))[0].manifest["data"]["text"]
    assert text == "acme.dev"
    (root / "blueprints" / "examples" / "environment.yaml").write_text("domian: acme.dev\n")
    with pytest.raises(CompileError, match="PC201"):
        compile_example(example, table, root)


def test_it_offers_what_the_blueprint_requires_and_the_asked_version(run_echo: RunEcho) -> None:
    outcome = run_echo(
        ("version=1)", 'version=1, requires=["gateway-api"])'),
        ('{"text": self.text}', '{"text": self.text, "version": ctx.environment.spec.kubernetes}'),
        update=True,
    )
    assert outcome.faults == ()
    assert outcome.trials[0].objects == 2
