"""Fixtures for tests of blueprints; pytest finds them wherever this package is installed.

`compile_app` compiles a spec and returns its objects, `app_faults` what is wrong with one, `check_examples` runs a
blueprint's examples as `platc blueprint test` does. The blueprints are those of the platform that pytest runs in.

The compiler is imported when a fixture is used, for a plug-in is loaded at every start of pytest.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from platform_compiler.authoring.objects import Objects
    from platform_compiler.diagnostics import Diagnostic


class CompileApp(Protocol):
    """The type of `compile_app`."""

    def __call__(self, *specs: str, env: str | None = None) -> Objects:
        """The objects of the specs, in the platform's environment `env`; without one, in a plain one of its own."""


class AppFaults(Protocol):
    """The type of `app_faults`."""

    def __call__(self, *specs: str, env: str | None = None) -> tuple[Diagnostic, ...]:
        """What is wrong with the specs; nothing when they compile."""


class CheckExamples(Protocol):
    """The type of `check_examples`."""

    def __call__(self, name: str) -> None:
        """Fail the test unless every example of the blueprint `name` or `name@version` is fine."""


def _root(config: pytest.Config) -> Path:
    from platform_compiler.root import root_or_here  # noqa: PLC0415 - see above

    return root_or_here(config.rootpath)


@pytest.fixture
def compile_app(pytestconfig: pytest.Config) -> CompileApp:
    """Compile specs and return their objects by `kind/name`; a fault fails the test with the compiler's report."""

    def compile_specs(*specs: str, env: str | None = None) -> Objects:
        from platform_compiler.authoring.snippets import compile_snippets, schema_report  # noqa: PLC0415 - see above
        from platform_compiler.diagnostics import CompileError  # noqa: PLC0415
        from platform_compiler.report import as_text  # noqa: PLC0415

        try:
            objects = compile_snippets(_root(pytestconfig), specs, env)
        except CompileError as error:
            return pytest.fail(as_text(error.diagnostics), pytrace=False)
        if report := schema_report(objects):
            return pytest.fail(report, pytrace=False)
        return objects

    return compile_specs


@pytest.fixture
def app_faults(pytestconfig: pytest.Config) -> AppFaults:
    """Compile specs and return what is wrong with them."""

    def faults(*specs: str, env: str | None = None) -> tuple[Diagnostic, ...]:
        from platform_compiler.authoring.snippets import compile_snippets  # noqa: PLC0415 - see above
        from platform_compiler.diagnostics import CompileError  # noqa: PLC0415

        try:
            compile_snippets(_root(pytestconfig), specs, env)
        except CompileError as error:
            return error.diagnostics
        return ()

    return faults


@pytest.fixture
def check_examples(pytestconfig: pytest.Config) -> CheckExamples:
    """Run the examples of a blueprint; a fault fails the test with the report of `platc blueprint test`."""

    def check(name: str) -> None:
        from platform_compiler.authoring.run import run_examples  # noqa: PLC0415 - see above
        from platform_compiler.authoring.snippets import table_of  # noqa: PLC0415
        from platform_compiler.report import as_text  # noqa: PLC0415

        root = _root(pytestconfig)
        table = table_of(root)
        outcome = run_examples(root, table, table.named(name))
        if outcome.faults:
            pytest.fail(as_text(outcome.faults) + "".join(outcome.differences), pytrace=False)

    return check
