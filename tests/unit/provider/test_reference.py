"""The embedded provider against what the official one stored, previewed and printed (skips where that is missing)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from platform_compiler.plugin.messages import provider_pb2
from platform_compiler.provider.checkpoint import read_checkpoint
from platform_compiler.provider.prune import prune
from platform_compiler.provider.servicer import KubernetesProvider
from platform_compiler.provider.wire import reveal, to_python, to_struct
from tests.unit.provider.conftest import Log
from tests.unit.provider.reference import (
    PREVIEWS,
    REFERENCE,
    STATES,
    program_inputs,
    provider_of,
    resources,
    steps,
    told,
    without_random,
)

pytestmark = pytest.mark.skipif(
    not REFERENCE.is_dir(), reason="the official provider's records are not beside the project"
)
KINDS = {0: "add", 1: "add-replace", 2: "delete", 3: "delete-replace", 4: "update", 5: "update-replace"}


def create(provider: KubernetesProvider, context: Any, item: dict[str, Any]) -> Any:
    """Check and create, as the engine does for a new resource."""
    check = provider_pb2.CheckRequest(urn=item["urn"], news=to_struct(program_inputs(item)))
    request = provider_pb2.CreateRequest(urn=item["urn"], properties=provider.Check(check, context).inputs)
    return provider.Create(request, context)


@pytest.mark.parametrize("state", STATES)
def test_check_stores_the_official_inputs(provider: KubernetesProvider, context: Any, state: str) -> None:
    for item in resources(state):
        request = provider_pb2.CheckRequest(urn=item["urn"], news=to_struct(program_inputs(item)))
        response = provider.Check(request, context)
        assert not response.failures
        assert to_python(response.inputs) == item["inputs"], item["urn"]
        again = provider_pb2.CheckRequest(urn=item["urn"], news=response.inputs, olds=response.inputs)
        assert provider.Check(again, context).inputs == response.inputs


@pytest.mark.parametrize("state", ["render-1", "render-2"])
def test_create_returns_the_official_outputs(provider: KubernetesProvider, context: Any, state: str) -> None:
    for item in resources(state):
        response = create(provider, context, item)
        outputs = to_python(response.properties)
        assert response.id == item["id"]
        assert without_random(outputs) == without_random(item["outputs"]), item["urn"]
        assert outputs.keys() == item["outputs"].keys()
        assert len(outputs["__fieldManager"]) == len(item["outputs"]["__fieldManager"])


@pytest.mark.parametrize("state", ["cluster-1", "cluster-2"])
def test_create_returns_of_a_clusters_outputs_what_a_folder_can_know(
    provider: KubernetesProvider, context: Any, state: str
) -> None:
    for item in resources(state):
        response = create(provider, context, item)
        outputs, live = to_python(response.properties), read_checkpoint(item["outputs"]).live
        assert response.id == item["id"]
        assert outputs["__inputs"] == item["outputs"]["__inputs"]
        assert outputs["__initialApiVersion"] == item["outputs"]["__initialApiVersion"]
        assert read_checkpoint(outputs).live == prune(live, reveal(item["inputs"]))


@pytest.mark.parametrize("state", PREVIEWS)
def test_diff_previews_the_official_steps(provider: KubernetesProvider, context: Any, state: str) -> None:
    previewed, seen = steps(state), set()
    for item in resources(state):
        step = previewed.get(item["urn"], {"op": "same"})
        seen.add(step["op"])
        if step["op"] == "delete":
            continue
        news = step["newState"]["inputs"] if "newState" in step else item["inputs"]
        request = provider_pb2.DiffRequest(
            urn=item["urn"],
            olds=to_struct(item["outputs"]),
            old_inputs=to_struct(item["inputs"]),
            news=to_struct(news),
        )
        response = provider.Diff(request, context)
        found = {
            path: {"kind": KINDS[change.kind], "inputDiff": change.inputDiff}
            for path, change in response.detailedDiff.items()
        }
        assert found == (step.get("detailedDiff") or {}), item["urn"]
        assert sorted(response.replaces) == sorted(step.get("replaceReasons") or [])
        operation = "replace" if response.replaces else "update" if found else "same"
        assert operation == step["op"]
        assert response.deleteBeforeReplace == (operation == "replace"), "no replaced object here has a new name"
        assert not response.diffs, "the official provider leaves this to the detailed diff"
    assert {"same", "update", "replace"} <= seen


@pytest.mark.parametrize("state", STATES)
def test_unchanged_inputs_are_no_difference(provider: KubernetesProvider, context: Any, state: str) -> None:
    for item in resources(state):
        request = provider_pb2.CheckRequest(urn=item["urn"], news=to_struct(program_inputs(item)))
        inputs = provider.Check(request, context).inputs
        diff = provider_pb2.DiffRequest(urn=item["urn"], olds=to_struct(item["outputs"]), news=inputs)
        assert provider.Diff(diff, context).changes == provider_pb2.DiffResponse.DIFF_NONE, item["urn"]


@pytest.mark.parametrize("state", STATES)
def test_the_providers_own_config_is_taken_and_unchanged(
    provider: KubernetesProvider, context: Any, state: str
) -> None:
    item = provider_of(state)
    checked = provider.CheckConfig(provider_pb2.CheckRequest(news=to_struct(item["inputs"])), context)
    assert not checked.failures
    assert to_python(checked.inputs) == item["inputs"]
    request = provider_pb2.DiffRequest(olds=to_struct(item["outputs"]), news=to_struct(item["inputs"]))
    assert provider.DiffConfig(request, context).changes == provider_pb2.DiffResponse.DIFF_NONE


def test_an_update_goes_from_one_official_state_to_the_next(
    provider: KubernetesProvider, context: Any, log: Log, rendered: Path
) -> None:
    before = {item["urn"]: item for item in resources("render-1")}
    after = {item["urn"]: item for item in resources("render-2")}
    for item in before.values():
        create(provider, context, item)
    assert _lines(log) == told("render-1")
    log.lines.clear()

    for urn, item in before.items():
        if urn not in after:
            provider.Delete(provider_pb2.DeleteRequest(urn=urn, properties=to_struct(item["outputs"])), context)
            continue
        check = provider_pb2.CheckRequest(urn=urn, news=to_struct(program_inputs(after[urn])))
        news = to_python(provider.Check(check, context).inputs)
        request = provider_pb2.DiffRequest(urn=urn, olds=to_struct(item["outputs"]), news=to_struct(news))
        diff = provider.Diff(request, context)
        if diff.replaces:
            provider.Delete(provider_pb2.DeleteRequest(urn=urn, properties=to_struct(item["outputs"])), context)
            create(provider, context, after[urn])
        elif diff.changes == provider_pb2.DiffResponse.DIFF_SOME:
            update = provider_pb2.UpdateRequest(urn=urn, olds=to_struct(item["outputs"]), news=to_struct(news))
            outputs = provider.Update(update, context).properties
            assert to_python(outputs) == after[urn]["outputs"], "the field manager stays, too"
    assert _lines(log) == told("render-2")
    files = {file.name for file in rendered.rglob("*.yaml")}
    kept = {line.rpartition("/")[2] for line in told("render-1") if line.startswith("rendered rendered/")}
    assert files == kept - {"batch_v1-cronjob-shop-tick.yaml"}


def _lines(log: Log) -> list[str]:
    return sorted({f"{'warning: ' if kind == 'warning' else ''}{message}" for kind, message in log.lines})
