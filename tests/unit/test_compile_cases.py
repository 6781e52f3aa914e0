"""Every folder of `cases/compile` is a platform; `expected/<environment>.yaml` is what it compiles to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from platform_compiler.compiler import compile_stack
from platform_compiler.emit.manifests import joined
from platform_compiler.root import environment_names

CASES = Path(__file__).parents[1] / "cases" / "compile"
PAIRS = [
    (folder, environment)
    for folder in sorted(CASES.iterdir())
    if folder.is_dir()
    for environment in environment_names(folder)
]


@pytest.mark.parametrize(("folder", "environment"), PAIRS, ids=lambda value: getattr(value, "name", value))
def test_case(folder: Path, environment: str, golden: Callable[[Path, str], None]) -> None:
    compiled = compile_stack(folder, environment)
    text = joined(compiled.graph, [])
    for secret in (item for item in compiled.resources if item.kind == "Secret"):
        keys = ", ".join(secret.manifest["stringData"])
        text += f"# left out: Secret {secret.namespace}/{secret.name} with {keys}\n"
    golden(folder / "expected" / f"{environment}.yaml", text)
    documents = [document for document in yaml.safe_load_all(text) if document]
    assert documents == [item.manifest for item in compiled.resources if item.kind != "Secret"]
