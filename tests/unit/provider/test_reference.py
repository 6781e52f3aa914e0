"""The embedded provider against what the official one stored and previewed for the same program (skips without it)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from platform_compiler.plugin.messages import provider_pb2
from platform_compiler.provider.servicer import KubernetesProvider
from platform_compiler.provider.wire import SECRET, SIGNATURE, reveal, to_python, to_struct
from tests.conftest import SHARED

REFERENCE = SHARED / "data" / "pulumi-kubernetes-reference"
pytestmark = pytest.mark.skipif(
    not REFERENCE.is_dir(), reason="the official provider's records are not beside the project"
)
RANDOM = {"__fieldManager"}
"""What the official provider draws at random."""
KINDS = {0: "add", 1: "add-replace", 2: "delete", 3: "delete-replace", 4: "update", 5: "update-replace"}


def resources(name: str) -> list[dict[str, Any]]:
    state = json.loads((REFERENCE / f"{name}-state.json").read_text())
    found = [item for item in state["deployment"]["resources"] if item["type"].startswith("kubernetes:")]
    assert found
    return found


def plain(value: Any) -> Any:
    """Encrypted values as a mark, since nobody here has the key."""
    if isinstance(value, dict):
        return "(secret)" if value.get(SIGNATURE) == SECRET else {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


@pytest.fixture
def provider(tmp_path: Path) -> KubernetesProvider:
    servicer = KubernetesProvider()
    args = to_struct({"renderYamlToDirectory": str(tmp_path / "rendered")})
    servicer.Configure(provider_pb2.ConfigureRequest(args=args), None)  # type: ignore[arg-type]
    return servicer


def program_inputs(item: dict[str, Any]) -> dict[str, Any]:
    """What a program would send: the stored inputs, with a Secret's data as text."""
    inputs = dict(item["inputs"])
    if item["type"].endswith(":Secret"):
        inputs.pop("data")
        inputs["stringData"] = {SIGNATURE: SECRET, "value": {"TOKEN": "hunter2"}}
    return inputs


@pytest.mark.parametrize("name", ["render-1", "render-2", "cluster-1", "cluster-2"])
def test_check_stores_the_official_inputs(provider: KubernetesProvider, name: str) -> None:
    for item in resources(name):
        request = provider_pb2.CheckRequest(urn=item["urn"], news=to_struct(program_inputs(item)))
        response = provider.Check(request, None)  # type: ignore[arg-type]
        assert not response.failures
        assert plain(to_python(response.inputs)) == plain(item["inputs"]), item["urn"]


@pytest.mark.parametrize("name", ["render-1", "render-2"])
def test_create_returns_the_official_outputs(provider: KubernetesProvider, name: str, tmp_path: Path) -> None:
    for item in resources(name):
        check = provider_pb2.CheckRequest(urn=item["urn"], news=to_struct(program_inputs(item)))
        inputs = provider.Check(check, None).inputs  # type: ignore[arg-type]
        request = provider_pb2.CreateRequest(urn=item["urn"], properties=inputs)
        response = provider.Create(request, None)  # type: ignore[arg-type]
        outputs = to_python(response.properties)
        assert response.id == item["id"]
        assert {key: plain(value) for key, value in outputs.items() if key not in RANDOM} == {
            key: plain(value) for key, value in item["outputs"].items() if key not in RANDOM
        }
        assert outputs.keys() == item["outputs"].keys()
    written = {file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*.yaml")}
    printed = (REFERENCE / "render-1-up.txt").read_text() + (REFERENCE / "render-2-up.txt").read_text()
    assert written
    for file in written:
        assert f"rendered {file}" in printed


@pytest.mark.parametrize(
    ("before", "preview"),
    [
        ("render-1", "render-2-preview"),
        ("render-2", "render-3-preview-replace"),
        ("cluster-1", "cluster-2-preview"),
        ("cluster-2", "cluster-3-preview-replace"),
    ],
)
def test_diff_previews_the_official_steps(provider: KubernetesProvider, before: str, preview: str) -> None:
    stored = {item["urn"]: item for item in resources(before)}
    steps = json.loads((REFERENCE / f"{preview}.json").read_text())["steps"]
    compared = 0
    for step in steps:
        new = step.get("newState") or {}
        if step["urn"] not in stored or "inputs" not in new or step["op"] not in {"same", "update", "replace"}:
            continue
        old = stored[step["urn"]]
        if old["type"].endswith(":Secret"):
            continue  # its ciphertexts differ from one encryption to the next
        request = provider_pb2.DiffRequest(
            urn=step["urn"],
            olds=to_struct(old["outputs"]),
            old_inputs=to_struct(old["inputs"]),
            news=to_struct(new["inputs"]),
        )
        response = provider.Diff(request, None)  # type: ignore[arg-type]
        kinds = {path: KINDS[change.kind] for path, change in response.detailedDiff.items()}
        assert kinds == {path: change["kind"] for path, change in (step.get("detailedDiff") or {}).items()}
        assert sorted(response.replaces) == sorted(step.get("replaceReasons") or [])
        operation = "replace" if response.replaces else "update" if kinds else "same"
        assert operation == step["op"]
        compared += 1
    assert compared >= 2


def test_reveal_is_the_inverse_of_the_mark() -> None:
    assert reveal({"data": {SIGNATURE: SECRET, "value": {"a": [{SIGNATURE: SECRET, "value": 1}]}}}) == {
        "data": {"a": [1]}
    }
