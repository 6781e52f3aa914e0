"""Determinism, linking, narrowing, explain, trace and schema on small platforms and on the sample."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from platform_compiler.blueprint.table import load_table
from platform_compiler.compiler import compile_stack
from platform_compiler.diagnostics import CompileError, Diagnostics
from platform_compiler.emit.drawing import as_dot, as_json, as_mermaid
from platform_compiler.explain import explain
from platform_compiler.graph.resource import ComponentNode, Graph, Origin
from platform_compiler.graph.secret import SecretRef, SecretText
from platform_compiler.loading import load_platform
from platform_compiler.schema import app_schema
from platform_compiler.trace import Tracer
from tests.conftest import ROOT

Make = Callable[..., Path]
WEB = "app: web\nteam: shop\nblueprint: web-service@1\nimage: acme/web:1\n"
COMPILE = """
import sys
from pathlib import Path
from platform_compiler.compiler import compile_stack
from platform_compiler.emit.manifests import joined
from platform_compiler.emit.drawing import as_json
compiled = compile_stack(Path(sys.argv[1]), "dev")
sys.stdout.buffer.write((joined(compiled.graph, []) + as_json(compiled.graph)).encode())
"""


def compile_bytes(root: Path, **environment: str) -> bytes:
    command = [sys.executable, "-c", COMPILE, str(root)]
    variables = {**os.environ, **environment}
    return subprocess.run(command, env=variables, capture_output=True, check=True, timeout=60).stdout


def test_same_bytes_whatever_hash_seed_locale_and_process(sample: Path) -> None:
    first = compile_bytes(sample, PYTHONHASHSEED="1", LC_ALL="C", TZ="UTC")
    second = compile_bytes(sample, PYTHONHASHSEED="2", LC_ALL="C.UTF-8", TZ="Asia/Tokyo", PYTHONUTF8="1")
    assert first == second
    assert b"kind: Deployment" in first


def test_moving_files_and_reordering_keys_changes_no_object(sample: Path, tmp_path: Path) -> None:
    before = [item.manifest for item in compile_stack(sample, "dev").resources]
    moved = tmp_path / "moved"
    shutil.copytree(sample, moved)
    shutil.rmtree(moved / "apps")
    for index, file in enumerate(sorted((sample / "apps").rglob("*.yaml"), reverse=True)):
        data = yaml.safe_load(file.read_text())
        target = moved / "apps" / f"z{index}" / f"{index}.yaml"
        target.parent.mkdir(parents=True)
        target.write_text(yaml.safe_dump(_reversed(data), sort_keys=False))
    assert [item.manifest for item in compile_stack(moved, "dev").resources] == before


def _reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _reversed(item) for key, item in reversed(value.items())}
    return value


def test_services_may_refer_to_each_other(make_platform: Make) -> None:
    root = make_platform(
        {
            "apps/a.yaml": WEB.replace("app: web", "app: a") + 'env: {B: "${apps.b.url}"}\n',
            "apps/b.yaml": WEB.replace("app: web", "app: b") + 'env: {A: "${apps.a.url}"}\nservice-port: 80\n',
        }
    )
    compiled = compile_stack(root, "dev")
    assert compiled.graph.by_id["a/a/env"].manifest["data"]["B"] == "http://b"
    assert compiled.graph.by_id["b/b/env"].manifest["data"]["A"] == "http://a:8080"


def test_booleans_and_numbers_are_the_same_text_alone_and_joined(make_platform: Make) -> None:
    debug = "${environment.values.debug}"
    env = f"env:\n  A: {debug}\n  B: debug={debug}${{environment.values.level}}\n  C: ${{secrets.a}}{debug}\n"
    root = make_platform(
        {"apps/web.yaml": WEB + env},
        dev="target: {render: out}\nvalues: {debug: true, level: 2}\n",
    )
    inputs = compile_stack(root, "dev").components["web/web"].inputs["env"]
    assert (inputs["A"], inputs["B"]) == (True, "debug=true2")
    assert inputs["C"].parts[1:] == ("true",)


def test_a_reference_yields_one_policy_owned_by_the_caller(make_platform: Make) -> None:
    root = make_platform(
        {
            "apps/a.yaml": WEB.replace("app: web", "app: a") + 'env: {B: "${apps.b.url}", C: "${apps.b.host}"}\n',
            "apps/b.yaml": WEB.replace("app: web", "app: b").replace("team: shop", "team: other"),
        }
    )
    compiled = compile_stack(root, "dev")
    policies = [item for item in compiled.resources if item.kind == "NetworkPolicy" and item.origin.app]
    assert [(item.id, item.namespace) for item in policies] == [("a/a/call-b-b", "other")]
    spec = policies[0].manifest["spec"]
    assert spec["ingress"][0]["from"][0]["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "shop"}
    assert spec["ingress"][0]["ports"] == [{"port": 8080, "protocol": "TCP"}]


def test_pre_deploy_jobs_come_before_workloads_but_after_what_they_need(make_platform: Make) -> None:
    spec = (
        "app: shop\nteam: shop\ncomponents:\n"
        "  web: {blueprint: web-service@1, image: a}\n"
        "  db: {blueprint: postgres}\n"
        '  migrate: {blueprint: job@1, image: a, run: pre-deploy, env: {URL: "${components.db.url}"}, after: [db]}\n'
    )
    graph = compile_stack(make_platform({"apps/shop.yaml": spec}), "dev").graph
    assert "shop/migrate/job" in graph.by_id["shop/web/deployment"].depends_on
    assert "shop/db/stateful-set" in graph.by_id["shop/migrate/job"].depends_on
    assert "shop/migrate/job" not in graph.by_id["shop/db/stateful-set"].depends_on


def test_pre_deploy_jobs_do_not_come_before_what_their_needs_wait_for(make_platform: Make) -> None:
    spec = (
        "app: shop\nteam: shop\ncomponents:\n"
        "  web: {blueprint: web-service@1, image: a}\n"
        "  db: {blueprint: postgres, after: [volume-setup]}\n"
        "  volume-setup: {blueprint: job@1, image: a}\n"
        "  migrate: {blueprint: job@1, image: a, run: pre-deploy, after: [db]}\n"
    )
    nodes = {node.name: node for node in compile_stack(make_platform({"apps/shop.yaml": spec}), "dev").graph.components}
    assert (nodes["volume-setup"].after, nodes["db"].after) == ((), ("shop/volume-setup",))
    assert (nodes["migrate"].after, nodes["web"].after) == (("shop/db",), ("shop/migrate",))


@pytest.mark.parametrize("closed", [False, True])
def test_a_long_order_is_no_matter(make_platform: Make, closed: bool) -> None:
    lines = [
        f"  c{number}: {{blueprint: worker@1, image: a{f', after: [c{number + 1}]' if number < 1099 else ''}}}\n"
        for number in range(1100)
    ]
    if closed:
        lines[-1] = "  c1099: {blueprint: worker@1, image: a, after: [c0]}\n"
    root = make_platform({"apps/shop.yaml": "app: shop\nteam: shop\ncomponents:\n" + "".join(lines)})
    if closed:
        assert [fault.partition(" ")[2] for fault in faults_of(root)] == ["PC409"]
    else:
        assert len(compile_stack(root, "dev").graph.components) == 1100


def test_secrets_become_references_and_names_follow_ciphertexts(make_platform: Make) -> None:
    dev = "target: {cluster: {context: kind}}\n"
    files = {
        "apps/web.yaml": WEB + 'env: {KEY: "${secrets.key}", DSN: "u:${secrets.key}@h", PLAIN: x}\n',
        "stacks/Pulumi.dev.yaml": "config:\n  web:key:\n    secure: v1:one\n",
    }
    root = make_platform(files, dev=dev)
    first = compile_stack(root, "dev").graph.by_id["web/web/secret"]
    assert first.manifest["stringData"] == {
        "DSN": SecretText(("u:", SecretRef("config", "web", "key"), "@h")),
        "KEY": SecretText((SecretRef("config", "web", "key"),)),
    }
    container = (
        compile_stack(root, "dev")
        .graph.by_id["web/web/deployment"]
        .manifest["spec"]["template"]["spec"]["containers"][0]
    )
    assert [item["name"] for item in container["env"]] == ["DSN", "KEY"]
    (root / "stacks" / "Pulumi.dev.yaml").write_text("config:\n  web:key:\n    secure: v1:two\n")
    second = compile_stack(root, "dev").graph.by_id["web/web/secret"]
    assert first.name != second.name


def test_a_secret_cannot_become_plain_text() -> None:
    secret = SecretText((SecretRef("config", "a", "b"),))
    for turn in (str, lambda value: f"{value}", lambda value: "x" + value):
        with pytest.raises(TypeError):
            turn(secret)


def test_narrowing_compiles_the_named_apps_and_their_namespaces(sample: Path) -> None:
    whole = {item.id: item.manifest for item in compile_stack(sample, "dev").resources}
    some = {item.id: item.manifest for item in compile_stack(sample, "dev", ["frontend"]).resources}
    assert some.items() <= whole.items()
    assert {key.split("/")[0] for key in some} == {"frontend", "namespace"}


def test_another_apps_faults_do_not_stop_a_narrowed_compile(make_platform: Make) -> None:
    root = make_platform(
        {"apps/web.yaml": WEB, "apps/bad.yaml": "app: bad\nteam: t\nblueprint: nope\n", "apps/x.yaml": "- 1\n"}
    )
    assert compile_stack(root, "dev", ["web"]).graph.by_id["web/web/deployment"].name == "web"
    with pytest.raises(CompileError):
        compile_stack(root, "dev")


def test_explain_names_layer_file_and_line(make_platform: Make) -> None:
    dev = "target: {render: r}\ndomain: d.test\ndefaults:\n  web-service: {replicas: {max: 9}, grace-period: 5}\n"
    spec = (
        WEB
        + 'replicas: {min: 2, max: 4}\nexpose: {host: "x.${environment.domain}"}\n'
        + "environments:\n  dev:\n    replicas: {min: 3}\n"
    )
    compiled = compile_stack(make_platform({"apps/web.yaml": spec}, dev=dev), "dev")

    def told(target: str) -> tuple[object, str, str, str]:
        (entry,) = explain(compiled, target)
        return entry.value, entry.layer, str(entry.location or ""), entry.written

    assert told("web.web.replicas.min") == (3, "spec, environments.dev", "apps/web.yaml:9:16", "")
    assert told("web.replicas.max") == (4, "spec", "apps/web.yaml:5:20", "")
    assert told("web.grace-period") == (5, "environment dev, defaults", "stacks/dev.yaml:4:37", "")
    assert told("web.port") == (8080, "default of web-service@1", "", "")
    assert told("web.expose.host") == ("x.d.test", "spec", "apps/web.yaml:6:10", "x.${environment.domain}")
    assert len(explain(compiled, "web.replicas")) == 5
    for wrong in ("nope", "web.nope", "web.web.replicas.nope"):
        with pytest.raises(CompileError):
            explain(compiled, wrong)


def test_a_domain_may_have_a_port(make_platform: Make) -> None:
    spec = WEB + 'env: {URL: "http://${environment.domain}/"}\n'
    root = make_platform({"apps/web.yaml": spec}, dev="domain: localhost:8080\n")
    (config,) = (item for item in compile_stack(root, "dev").resources if item.manifest["kind"] == "ConfigMap")
    assert config.manifest["data"]["URL"] == "http://localhost:8080/"


def test_trace_finds_the_line_that_decides_a_property(make_platform: Make) -> None:
    spec = WEB + "replicas:\n  min: 2\nenv:\n  A: one\n  B: two\nport: 9000\n"
    compiled = compile_stack(make_platform({"apps/web.yaml": spec}), "dev")
    tracer = Tracer(compiled.components["web/web"])

    def line(role: str, *path: str | int) -> int | None:
        location = tracer.locate(f"web/web/{role}", list(path))
        return location.line if location else None

    container = ("spec", "template", "spec", "containers", 0)
    assert line("deployment", "spec", "replicas") == 6
    assert line("deployment", *container, "image") == 4
    assert line("service", "spec", "ports", 0, "port") == 10
    assert line("env", "data", "B") == 9
    assert line("deployment", *container, "envFrom", 0, "configMapRef", "name") in {None, 7}
    assert line("deployment", "kind") is None


def test_trace_finds_the_patch_that_decides_a_property(make_platform: Make) -> None:
    spec = WEB + "patches:\n  - kind: Deployment\n    merge:\n      spec: {paused: true}\n"
    compiled = compile_stack(make_platform({"apps/web.yaml": spec}), "dev")
    location = Tracer(compiled.components["web/web"]).locate("web/web/deployment", ["spec", "paused"])
    assert location is not None
    assert location.line == 8


def test_sample_specs_fit_the_schema_and_faults_do_not() -> None:
    table = load_table(ROOT, Diagnostics())
    schema = app_schema(table, ("dev", "staging", "prod"))
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    for file in sorted((ROOT / "apps").rglob("*.yaml")):
        assert list(validator.iter_errors(yaml.safe_load(file.read_text()))) == [], file
    good = yaml.safe_load(WEB)
    fault: dict[str, Any]
    for fault in (
        {"prot": 1},
        {"port": "x"},
        {"replicas": {"mim": 1}},
        {"blueprint": "nope@1"},
        {"environments": {"x": {}}},
    ):
        assert list(validator.iter_errors({**good, **fault})), fault
    for fine in ({"port": "${components.db.port}"}, {"replicas": 3}, {"command": "x"}, {"env": {"A": 1, "B": True}}):
        assert not list(validator.iter_errors({**good, **fine})), fine


def test_drawings_name_components_and_edges(sample: Path) -> None:
    graph = compile_stack(sample, "dev", ["voting"]).graph
    assert "n_voting__worker -. after .-> n_voting__db" in as_mermaid(graph)
    assert '"voting/vote" -> "voting/redis";' in as_dot(graph)
    data = json.loads(as_json(graph))
    worker = next(item for item in data["components"] if item["id"] == "voting/worker")
    assert worker["references"] == ["voting/db", "voting/redis"]
    assert worker["file"] == "apps/voting.yaml"
    assert all({"id", "kind", "file", "line", "dependsOn"} <= item.keys() for item in data["resources"])


def test_nodes_of_a_drawing_differ() -> None:
    names = ("a", "b", "a-b", "a--b", "a---b", "a-d-b")
    nodes = [ComponentNode(f"{app}/{name}", Origin(app, name, "x@1", "f", 1)) for app in names for name in names]
    drawn = as_mermaid(Graph((), tuple(nodes))).splitlines()
    keys = [text.split("[")[0].split()[-1] for text in drawn if "[" in text]
    assert len(keys) == len({*keys}) == 6 + 36


def test_every_resource_knows_its_origin(sample: Path) -> None:
    platform = load_platform(sample)
    compiled = compile_stack(sample, "dev")
    assert set(platform.apps) == {item.origin.app for item in compiled.resources if item.origin.app}
    for item in compiled.resources:
        text = (sample / item.origin.file).read_text().splitlines()[item.origin.line - 1]
        assert item.origin.component in text or "blueprint:" in text or "namespace" in text


def faults_of(root: Path, *apps: str) -> list[str]:
    with pytest.raises(CompileError) as caught:
        compile_stack(root, "dev", apps)
    return [f"{fault.location} {fault.code}" for fault in caught.value.diagnostics]


B = WEB.replace("app: web", "app: b") + 'env: {WEB: "${apps.web.url}"}\n'


@pytest.mark.parametrize(
    ("web", "expected"),
    [
        (WEB + "env: {A: [}\n", "apps/web.yaml:5:11 PC101"),
        (WEB.replace("team: shop\n", ""), "apps/web.yaml:1:1 PC202"),
        (WEB.replace("app: web\n", ""), "apps/web.yaml:1:1 PC202"),
        (WEB + "prot: 1\n", "apps/web.yaml:5:1 PC201"),
        (WEB.replace("web-service@1", "web-service@9"), "apps/web.yaml:3:12 PC303"),
        (WEB + 'port: "${apps.c.port}"\n', "apps/c.yaml:5:7 PC203"),
    ],
    ids=["syntax", "no team", "no name", "unknown field", "unknown version", "a fault of what it refers to"],
)
def test_a_fault_of_an_app_is_told_once_to_itself_and_to_its_callers(
    make_platform: Make, web: str, expected: str
) -> None:
    c = WEB.replace("app: web", "app: c") + ("port: x\n" if "apps.c" in web else "")
    root = make_platform({"apps/b.yaml": B, "apps/web.yaml": web, "apps/c.yaml": c})
    assert faults_of(root, "web") == faults_of(root, "b") == faults_of(root) == [expected]


def test_two_files_of_one_app_are_told_to_a_command_that_names_it(make_platform: Make) -> None:
    root = make_platform({"apps/a.yaml": WEB, "apps/b.yaml": B, "apps/web.yaml": WEB, "apps/x.yaml": WEB + "x: 1\n"})
    assert faults_of(root, "web") == ["apps/web.yaml:1:6 PC206", "apps/x.yaml:1:6 PC206"] == faults_of(root, "b")


def test_a_caller_does_not_hear_of_components_that_it_does_not_call(make_platform: Make) -> None:
    web = "app: web\nteam: shop\ncomponents:\n  web: {blueprint: web-service@1, image: a}\n  x: {blueprint: nope}\n"
    root = make_platform({"apps/b.yaml": B, "apps/web.yaml": web})
    assert compile_stack(root, "dev", ["b"]).graph.by_id["b/b/call-web-web"]
    assert faults_of(root, "web") == ["apps/web.yaml:5:18 PC301"]


def test_what_waits_for_a_faulty_component_is_not_at_fault(make_platform: Make) -> None:
    web = (
        "app: web\nteam: shop\ncomponents:\n  x: {blueprint: nope}\n"
        "  web: {blueprint: web-service@1, image: a, after: [x]}\n"
    )
    assert faults_of(make_platform({"apps/web.yaml": web})) == ["apps/web.yaml:4:18 PC301"]


def test_explain_shows_no_secret_in_a_list(make_platform: Make) -> None:
    patch = 'patches: [{kind: Secret, operations: [{op: add, path: /data, value: ["${secrets.b}"]}]}]\n'
    compiled = compile_stack(make_platform({"apps/web.yaml": WEB + 'env: {A: "${secrets.a}"}\n' + patch}), "dev")
    values = {entry.path: entry.value for entry in explain(compiled, "web.patches")}
    assert values["web.web.patches.0.operations.0.value"] == ["(secret)"]
