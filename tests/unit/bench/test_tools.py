"""Every tool that is here makes the same objects as ours; those that are not are skipped by name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bench import workload
from bench.compile import check, measure
from bench.measure import run
from bench.tools import OURS, TOOLS, Tool, UnfairError, count, normalized

SEVEN = {
    "ConfigMap",
    "Deployment",
    "HorizontalPodAutoscaler",
    "Ingress",
    "PodDisruptionBudget",
    "Service",
    "ServiceAccount",
}
CONFIG = "kind: ConfigMap\nmetadata: {{name: {name}-env-{digest}}}\n"
USER = "kind: Deployment\nspec: {{configMap: {name}-env-{digest}}}\n"


def stream(name: str, digest: str, referred: str | None = None) -> str:
    return "---\n".join([CONFIG.format(name=name, digest=digest), USER.format(name=name, digest=referred or digest)])


def test_objects_are_equal_whatever_their_order_hash_and_form() -> None:
    yaml_text = stream("web", "0123456789") + "---\nkind: Namespace\nmetadata: {name: bench}\n"
    json_text = (
        '{"kind": "Deployment", "spec": {"configMap": "web-env-abcdefabcd"}}\n---\n'
        '{"kind": "ConfigMap", "metadata": {"name": "web-env-abcdefabcd"}}\n'
    )
    assert normalized([yaml_text]) == normalized([json_text])
    assert count([yaml_text]) == 2


def test_a_reference_to_another_hash_is_unfair() -> None:
    with pytest.raises(UnfairError, match="web-env-0123456789 is not named exactly twice"):
        normalized([stream("web", "0123456789", "abcdefabcd")])


def test_a_tool_that_does_less_or_something_else_is_unfair() -> None:
    with pytest.raises(UnfairError, match="makes 2 objects for 1 apps, not 7"):
        check(OURS, [stream("web", "0123456789")], 1, None)
    seven = [f"kind: Service\nmetadata: {{name: s{index}}}\n" for index in range(7)]
    expected = check(OURS, seven, 1, None)
    assert check(OURS, list(reversed(seven)), 1, expected) == expected
    with pytest.raises(UnfairError, match="makes other objects"):
        check(OURS, [*seven[:6], "kind: Service\nmetadata: {name: other}\n"], 1, expected)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_tool_makes_the_seven_objects_of_each_app(tool: Tool, tmp_path: Path) -> None:
    if not tool.program().exists() or (tool.name == "cdk8s" and not shutil.which("node")):
        pytest.skip(f"{tool.name} is not here; `python -m bench setup` obtains it")
    objects = workload.model(tmp_path / "model")
    expected = None
    for each in dict.fromkeys([OURS, tool]):
        place = tmp_path / each.name.replace(" ", "-")
        run(each.prepare(place, 3, objects), timeout=60)
        expected = check(each, each.texts(place), 3, expected)
    assert expected is not None
    assert {item["kind"] for item in objects} == SEVEN
    assert len(expected) == 3 * len(SEVEN)


def test_a_tool_that_is_missing_is_named_with_what_obtains_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATC_CACHE", str(tmp_path))
    (result,) = measure([1], runs=1, limit=60, names=["platc", "jsonnet"])
    assert list(result.samples) == ["platc"]
    assert result.failures == {"Jsonnet": "not here: `python -m bench setup` obtains it"}
