"""The offline plan on states made by hand; `tests/engine/test_plan.py` holds it against the engine itself."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from platform_compiler.cli.group import run
from platform_compiler.compiler import compile_stack
from platform_compiler.emit.stack import StackProgram, stack_program, target_names
from platform_compiler.emit.urns import APP_TYPE, COMPONENT_TYPE, PROVIDER_TYPE, STACK_TYPE, Urns, marked, type_token
from platform_compiler.engine.stored import StateError, known_names, read_state
from platform_compiler.fleet.plan import Plan, ProtectedError, make_plan

Make = Callable[..., Path]
State = list[dict[str, Any]]
SPEC = """app: shop
team: shop
components:
  web: {blueprint: web-service@1, image: "a:1", replicas: {min: 2, max: 4}, env: {KEY: "${secrets.key}", A: one}}
  db: {blueprint: postgres, password: x}
"""
CLUSTER = "target: {cluster: {context: kind}}\nbindings: {postgres: postgres@1}\n"
CONFIG = "config:\n  shop:key:\n    secure: v1:one\n"
CIPHERTEXT = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}


@pytest.fixture
def shop(make_platform: Make) -> Path:
    return make_platform({"apps/shop.yaml": SPEC, "stacks/Pulumi.dev.yaml": CONFIG}, dev=CLUSTER)


def program(root: Path) -> StackProgram:
    return stack_program(compile_stack(root, "dev"), project="test")


def state_of(made: StackProgram) -> State:
    """The state that an `up` of the program leaves; Secrets have their values encrypted."""
    urns = Urns(made.stack, made.project)
    nodes = made.graph.components
    containers = [(urns.root, STACK_TYPE), *((urns.app(node.app), APP_TYPE) for node in nodes)]
    containers += [(urns.component(node.id), COMPONENT_TYPE) for node in nodes]
    texts = {key: str(value).lower() if value is True else value for key, value in made.provider_inputs.items()}
    provider = {"urn": urns.provider, "type": PROVIDER_TYPE, "inputs": {**texts, "version": "4.34.2", "__internal": {}}}
    objects = []
    for resource in made.registered:
        urn = urns.resource(resource)
        inputs = marked(resource.manifest, urn)
        if inputs.pop("stringData", None):
            inputs["data"] = CIPHERTEXT
        outputs = {**inputs, "status": {"phase": "there"}, "__inputs": inputs, "__fieldManager": "m"}
        objects.append({"urn": urn, "type": type_token(resource), "inputs": inputs, "outputs": outputs})
    return [*({"urn": urn, "type": kind} for urn, kind in dict(containers).items()), provider, *objects]


def told(plan: Plan) -> dict[str, str]:
    return {step.id: step.operation for step in plan.steps}


def test_nothing_changes_after_an_up(shop: Path) -> None:
    made = program(shop)
    state = state_of(made)
    plan = make_plan(made, state)
    assert told(plan) == {}
    assert plan.summary == {"same": len(state)}


def test_an_empty_state_creates_everything(shop: Path) -> None:
    made = program(shop)
    plan = make_plan(made, [])
    assert plan.summary == {"create": len(state_of(made))}


def test_changes_have_their_fields_and_replaces_their_rules(shop: Path) -> None:
    state = state_of(program(shop))
    (shop / "apps/shop.yaml").write_text(SPEC.replace("a:1", "a:2").replace("A: one", "A: two"))
    plan = make_plan(program(shop), state)
    assert told(plan) == {"shop/web/deployment": "update", "shop/web/env": "replace"}
    steps = {step.id: step for step in plan.steps}
    parts = {part.path: (part.kind, part.old, part.new) for part in steps["shop/web/deployment"].properties}
    assert parts["spec.template.spec.containers[0].image"] == ("update", "a:1", "a:2")
    assert steps["shop/web/env"].properties[0] == steps["shop/web/env"].properties[0].__class__(
        "data.A", "update-replace", "one", "two"
    )


def test_ignored_changes_are_none(shop: Path) -> None:
    """An autoscaler owns the number of replicas: what stands in state does not count."""
    made = program(shop)
    state = state_of(made)
    (deployment,) = [item for item in state if item["urn"].endswith("::shop/web/deployment")]
    for part in (deployment["inputs"], deployment["outputs"], deployment["outputs"]["__inputs"]):
        part["spec"] = {**part["spec"], "replicas": 7}
    assert told(make_plan(made, state)) == {}


def test_secrets_change_with_their_ciphertexts_and_show_no_value(shop: Path) -> None:
    state = state_of(program(shop))
    (shop / "stacks/Pulumi.dev.yaml").write_text(CONFIG.replace("v1:one", "v1:two"))
    plan = make_plan(program(shop), state)
    assert told(plan) == {"shop/web/secret": "replace", "shop/web/deployment": "update"}
    assert "ciphertext" not in repr(plan)


def test_what_only_the_state_has_is_deleted(shop: Path) -> None:
    state = state_of(program(shop))
    (config,) = [item for item in state if item["urn"].endswith("::shop/web/env")]
    state.append({**config, "delete": True})  # a replaced one whose deletion has failed
    (shop / "apps/shop.yaml").write_text(SPEC.partition("  db:")[0])
    for item in state:
        item["retainOnDelete"] = item["urn"].endswith("::shop/db/data")
    steps = [step for step in make_plan(program(shop), state).steps if step.operation == "delete"]
    deleted = [step.id for step in steps]
    assert [step.id for step in steps if step.forgets] == ["shop/db/data"]
    assert {(step.namespace, step.name) for step in steps if step.kind == "StatefulSet"} == {("shop", "shop-db")}
    assert deleted.count("shop/web/env") == 1
    assert {name for name in deleted if not name.startswith("shop/db")} == {"shop/web/env"}
    assert {"shop/db", "shop/db/data", "shop/db/stateful-set"} <= set(deleted)


def test_what_is_protected_is_neither_deleted_nor_replaced(shop: Path) -> None:
    spec = SPEC.replace("{blueprint: postgres,", "{blueprint: postgres, protect: true,")
    (shop / "apps/shop.yaml").write_text(spec)
    state = state_of(program(shop))
    for item in state:
        item["protect"] = "::shop/db" in item["urn"]
    (data,) = [item for item in state if item["urn"].endswith("::shop/db/data")]
    state.append({**data, "delete": True})  # of a replaced one only the former copy goes
    assert make_plan(program(shop), state).summary["delete"] == 1
    (shop / "apps/shop.yaml").write_text(spec.partition("  db:")[0])
    with pytest.raises(ProtectedError) as told:
        make_plan(program(shop), state)
    assert "shop/db (Component) is protected: delete is refused" in str(told.value)
    assert "shop/db/stateful-set (StatefulSet) is protected: delete is refused" in str(told.value)
    assert "shop/web" not in str(told.value)
    assert make_plan(program(shop), state, ["shop/web/**"]).summary["delete"] == 0
    (shop / "apps/shop.yaml").write_text(spec.replace("password: x", "password: x, storage-class: fast"))
    with pytest.raises(
        ProtectedError, match=r"shop/db/data \(PersistentVolumeClaim\) is protected: replace is refused"
    ):
        make_plan(program(shop), state)
    (shop / "apps/shop.yaml").write_text(SPEC.replace("password: x", "password: x, storage-class: fast"))
    assert replaced(make_plan(program(shop), state)) == {"shop/db/data"}


def replaced(plan: Plan) -> set[str]:
    return {step.id for step in plan.steps if step.operation == "replace"}


def test_a_renamed_component_is_found_under_its_former_name(shop: Path) -> None:
    state = state_of(program(shop))
    (shop / "apps/shop.yaml").write_text(SPEC.replace("  web: {", "  site: {renamed-from: web, "))
    plan = make_plan(program(shop), state)
    assert {step.operation for step in plan.steps} == {"replace"}
    assert "shop/site/deployment" in told(plan)


def test_another_target_replaces_everything(shop: Path) -> None:
    state = state_of(program(shop))
    for item in state:
        if item["type"] == PROVIDER_TYPE:
            item["inputs"] = {"renderYamlToDirectory": "../rendered/dev"}
    plan = make_plan(program(shop), state)
    assert plan.summary["replace"] == len(program(shop).registered) + 1


def test_named_apps_leave_others_alone(shop: Path) -> None:
    (shop / "apps/other.yaml").write_text("app: other\nteam: other\nblueprint: worker@1\nimage: a\n")
    state = state_of(program(shop))
    (shop / "apps/other.yaml").write_text("app: other\nteam: other\nblueprint: worker@1\nimage: b\n")
    (shop / "apps/shop.yaml").write_text(SPEC.replace("a:1", "a:2"))
    compiled = compile_stack(shop, "dev", ["shop"])
    plan = make_plan(
        stack_program(compiled, project="test"), state, target_names(compiled, ["shop"], known_names(state))
    )
    assert told(plan) == {"shop/web/deployment": "update"}


@pytest.mark.parametrize("compressed", [False, True])
def test_state_is_read_from_a_folder(shop: Path, tmp_path: Path, compressed: bool) -> None:
    text = json.dumps({"version": 3, "checkpoint": {"latest": {"resources": [{"urn": "u", "type": "t"}]}}}).encode()
    folder = tmp_path / "else where" / ".pulumi" / "stacks" / "test"
    folder.mkdir(parents=True)
    (folder / ("dev.json.gz" if compressed else "dev.json")).write_bytes(gzip.compress(text) if compressed else text)
    url = {"PULUMI_BACKEND_URL": f"{(tmp_path / 'else where').as_uri()}?create_dir=true"}
    assert read_state(shop, "test", "dev", print, url) == [{"urn": "u", "type": "t"}]
    assert read_state(shop, "test", "prod", print, url) == []
    assert read_state(shop, "test", "dev", print, {}) == []


def test_a_broken_state_is_told(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = shop / ".platform" / "state" / ".pulumi" / "stacks" / "test" / "dev.json"
    file.parent.mkdir(parents=True)
    for text in ('{"checkpoint": {"latest": {"resources": [{"type": "t"}]}}}', '{"check', "{}"):
        file.write_text(text)
        with pytest.raises(StateError, match=r"dev\.json is no state of a stack") as told:
            read_state(shop, "test", "dev", print, {})
        assert "is a whole copy" in told.value.hint
    monkeypatch.chdir(shop)
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    assert run(["plan", "--env", "dev"]) == 3
    assert "is no state of a stack" in capsys.readouterr().err


def test_the_command_exits_with_2_for_changes(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(shop)
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    assert run(["plan", "--env", "dev"]) == 2
    text = capsys.readouterr().out
    assert "shop/web (web-service@1)  apps/shop.yaml:4" in text
    assert text.endswith(" create\n")
    file = shop / ".platform" / "state" / ".pulumi" / "stacks" / "test" / "dev.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"checkpoint": {"latest": {"resources": state_of(program(shop))}}}))
    assert run(["plan", "--env", "dev", "--json", "shop"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["changes"] == []
    assert record["summary"].keys() == {"same"}


def test_the_plan_starts_no_engine_and_imports_no_sdk(shop: Path) -> None:
    program = (
        "import sys; from platform_compiler.cli.group import run\n"
        "code = run(['plan', '--env', 'dev'])\n"
        "sys.exit(code if not {'pulumi', 'grpc'} & set(sys.modules) else 1)\n"
    )
    variables = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, cwd=shop, env=variables, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 2, result.stdout + result.stderr
