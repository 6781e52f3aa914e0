"""Run as a process of its own: compiles examples and prints their objects, `{"web-service@1 basic": [YAML, ...]}`.

Called as `python -m platform_compiler.authoring.elsewhere ROOT NAME...`; `trial.py` compares.
"""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout, suppress
from pathlib import Path

from platform_compiler.authoring.examples import compile_example, document_of, examples_of, own_resources
from platform_compiler.blueprint.table import UnknownBlueprintError, load_table
from platform_compiler.diagnostics import CompileError, Diagnostics


def main(root: Path, names: list[str]) -> None:
    """Print the objects of every example that compiles; faults are told by the process that compares."""
    made: dict[str, list[str]] = {}
    with redirect_stdout(sys.stderr):  # whatever a blueprint prints
        diagnostics = Diagnostics()
        table = load_table(root, diagnostics)
        try:
            blueprints = [cls for name in names for cls in table.named(name)]
        except UnknownBlueprintError as error:
            sys.exit("; ".join([item.summary for item in diagnostics.items] or [str(error)]))
        for example in (example for cls in blueprints for example in examples_of(cls)):
            with suppress(CompileError):
                compiled = compile_example(example, table, root)
                made[str(example)] = [document_of(resource) for resource in own_resources(compiled)]
    sys.stdout.write(json.dumps(made))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
