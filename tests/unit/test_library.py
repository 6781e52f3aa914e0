"""What goldens do not show of the library: order, lifecycles, the effect of a change, the schema for editors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from zoneinfo import available_timezones

import jsonschema
import pytest
import yaml

from blueprints.cron_job import CronJob
from platform_compiler.blueprint.context import FieldError
from platform_compiler.blueprint.table import load_table
from platform_compiler.blueprint.traits.patches import MARK, Patch, patched
from platform_compiler.compiler import Compiled, compile_stack
from platform_compiler.diagnostics import CompileError, Diagnostics
from platform_compiler.graph.resource import Origin, Resource
from platform_compiler.schema import app_schema
from tests.conftest import DEV, ROOT

Make = Callable[..., Path]
CASES = ROOT / "tests" / "cases" / "compile"


def compiled(make: Make, spec: str, dev: str = DEV) -> Compiled:
    return compile_stack(make({"apps/shop.yaml": f"app: shop\nteam: web\ncomponents:\n{spec}"}, dev=dev), "dev")


def test_post_deploy_jobs_come_after_workloads_but_before_what_needs_them(make_platform: Make) -> None:
    graph = compiled(
        make_platform,
        "  web: {blueprint: web-service@1, image: acme/web:1}\n"
        "  migrate: {blueprint: job@1, image: acme/web:1, run: pre-deploy}\n"
        "  smoke: {blueprint: job@1, image: acme/smoke:1, run: post-deploy}\n"
        "  report: {blueprint: worker@1, image: acme/web:1, after: [smoke]}\n",
    ).graph
    waits = {item.name: set(item.after) for item in graph.components}
    assert waits["smoke"] == {"shop/migrate", "shop/web"}
    assert waits["report"] == {"shop/migrate", "shop/smoke"}
    assert waits["migrate"] == set()
    assert "shop/web/deployment" in graph.by_id["shop/smoke/job"].depends_on


def test_claims_are_kept_and_grow_in_place(make_platform: Make) -> None:
    spec = "  files: {blueprint: worker@1, image: a/b:1, volumes: {data: {path: /d, storage: %s}}}\n"
    before = compiled(make_platform, spec % "1Gi").graph.by_id["shop/files/volume-data"]
    after = compiled(make_platform, spec % "5Gi").graph.by_id["shop/files/volume-data"]
    assert before.lifecycle.retain_on_delete
    assert before.lifecycle.stateful
    assert (before.id, before.name) == (after.id, after.name)
    assert after.manifest["spec"]["resources"] == {"requests": {"storage": "5Gi"}}


def test_a_claim_can_be_given_up(make_platform: Make) -> None:
    spec = "  files: {blueprint: worker@1, image: a/b:1, volumes: {data: {path: /d, storage: 1Gi, retain: false}}}\n"
    claim = compiled(make_platform, spec).graph.by_id["shop/files/volume-data"]
    assert not claim.lifecycle.retain_on_delete
    assert claim.lifecycle.stateful


@pytest.mark.parametrize(("management", "waits"), [("ordered", True), ("parallel", False)])
def test_replicas_wait_for_each_other_when_they_are_ordered(make_platform: Make, management: str, waits: bool) -> None:
    spec = f"  store: {{blueprint: stateful-service@1, image: a/b:1, replicas: 2, pod-management: {management}}}\n"
    second = compiled(make_platform, spec).graph.by_id["shop/store/stateful-set-1"]
    assert ("shop/store/stateful-set-0" in second.depends_on) is waits


def test_one_more_replica_changes_no_object_of_the_others(make_platform: Make) -> None:
    spec = (
        "  store: {blueprint: stateful-service@1, image: a/b:1, replicas: %d, volumes: {d: {path: /d, storage: 1Gi}}}\n"
    )
    one = {item.id: item.manifest for item in compiled(make_platform, spec % 1).resources}
    two = {item.id: item.manifest for item in compiled(make_platform, spec % 2).resources}
    assert {key: two[key] for key in one} == one
    assert {"shop/store/stateful-set-1", "shop/store/volume-d-1"} <= two.keys() - one.keys()


@pytest.mark.parametrize(("own", "least"), [("{min: 6}", 6), ("{min: 2, max: 2}", 2)])
def test_a_range_of_one_turns_an_environments_scaling_off(make_platform: Make, own: str, least: int) -> None:
    dev = DEV + "defaults: {web-service: {replicas: {min: 2, max: 6, cpu: 80%}}}\n"
    spec = f"  web: {{blueprint: web-service@1, image: a/b:1, replicas: {own}}}\n"
    by_id = compiled(make_platform, spec, dev).graph.by_id
    assert by_id["shop/web/deployment"].manifest["spec"]["replicas"] == least
    assert "shop/web/autoscaler" not in by_id


def test_a_health_path_for_all_leaves_grpc_alone(make_platform: Make) -> None:
    dev = DEV + "defaults: {web-service: {health: /healthz}}\n"
    spec = (
        "  rpc: {blueprint: web-service@1, image: a/b:1, protocol: grpc}\n"
        "  own: {blueprint: web-service@1, image: a/b:1, protocol: grpc, probes: {readiness: {http: /x, port: 81}}}\n"
    )
    by_id = compiled(make_platform, spec, dev).graph.by_id
    pods = [by_id[f"shop/{name}/deployment"].manifest["spec"]["template"]["spec"] for name in ("rpc", "own")]
    rpc, own = (pod["containers"][0] for pod in pods)
    assert rpc["readinessProbe"] == rpc["livenessProbe"] == own["livenessProbe"] == {"grpc": {"port": 8080}}
    assert own["readinessProbe"] == {"httpGet": {"path": "/x", "port": 81}}


def test_a_small_number_is_passed_on_as_it_is_written(make_platform: Make) -> None:
    spec = "  web: {blueprint: worker@1, image: a/b:1, env: {RATE: 0.00001, MANY: 10000000000000000.0, FLAG: true}}\n"
    (config,) = (item for item in compiled(make_platform, spec).resources if item.manifest["kind"] == "ConfigMap")
    assert config.manifest["data"] == {"FLAG": "true", "MANY": "10000000000000000.0", "RATE": "0.00001"}


def test_a_custom_object_waits_for_its_definition() -> None:
    graph = compile_stack(CASES / "library", "dev").graph
    gadget = graph.by_id["legacy/legacy/gadget-first"]
    assert "legacy/legacy/customresourcedefinition-gadgets.acme.test" in gadget.depends_on
    assert gadget.namespace == ""


def test_a_secret_in_a_file_goes_into_a_secret() -> None:
    graph = compile_stack(CASES / "fields", "dev").graph
    assert list(graph.by_id["shop/web/secret-files"].manifest["stringData"]) == ["1-database.ini"]
    assert list(graph.by_id["shop/web/files"].manifest["data"]) == ["3-motd"]


def test_an_interface_passes_from_one_implementation_to_the_other() -> None:
    dev, prod = (compile_stack(CASES / "library", name).graph.by_id for name in ("dev", "prod"))
    assert "data/mysql/stateful-set" in dev
    assert not any(key.startswith(("data/mysql/", "data/redis/", "data/postgres/")) for key in prod)
    assert dev["data/api/deployment"].name == prod["data/api/deployment"].name


def test_the_url_of_an_external_redis_is_for_its_own_app(make_platform: Make) -> None:
    dev = DEV.replace("redis@1}", "external-redis@1}")
    cache = "app: cache\nteam: web\nblueprint: redis\nhost: redis.acme.test\npassword: ${secrets.password}\n"
    user = "app: user\nteam: web\nblueprint: worker@1\nimage: a/b:1\nenv: {URL: '${apps.cache.url}'}\n"
    with pytest.raises(CompileError) as caught:
        compile_stack(make_platform({"apps/cache.yaml": cache, "apps/user.yaml": user}, dev=dev), "dev")
    assert [item.code for item in caught.value.diagnostics] == ["PC405"]


def test_every_case_fits_the_schema_for_editors() -> None:
    schema = app_schema(load_table(ROOT, Diagnostics()), ("dev", "prod"))
    validator = jsonschema.Draft202012Validator(schema)
    for name in ("fields", "library", "gateway", "patches"):
        for file in sorted((CASES / name / "apps").glob("*.yaml")):
            assert [error.message for error in validator.iter_errors(yaml.safe_load(file.read_text()))] == [], file.name


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ("{}", {kind: {"cpu": "100m", "memory": "128Mi"} for kind in ("requests", "limits")}),
        ("{memory: 64Mi}", {kind: {"cpu": "100m", "memory": "64Mi"} for kind in ("requests", "limits")}),
        (
            "{requests: {cpu: 2}}",
            {"requests": {"cpu": "2", "memory": "128Mi"}, "limits": {"memory": "128Mi"}},
        ),
    ],
)
def test_an_amount_that_is_named_nowhere_is_that_of_the_size(
    make_platform: Make, resources: str, expected: dict[str, dict[str, str]]
) -> None:
    side = f"{{name: side, image: a/b:1, resources: {resources}}}"
    spec = f"  web: {{blueprint: worker@1, image: a/b:1, resources: {resources}, sidecars: [{side}]}}\n"
    pod = compiled(make_platform, spec).graph.by_id["shop/web/deployment"].manifest["spec"]["template"]["spec"]
    assert pod["containers"][0]["resources"] == expected
    assert pod["initContainers"][0]["resources"] == expected


def test_a_size_is_not_looked_up_where_resources_name_everything(make_platform: Make) -> None:
    amounts = "size: tiny, resources: {requests: {cpu: 1}, memory: 1Gi}"
    side = f"{{name: side, image: a/b:1, {amounts}}}"
    spec = f"  web: {{blueprint: worker@1, image: a/b:1, {amounts}, sidecars: [{side}]}}\n"
    pod = compiled(make_platform, spec).graph.by_id["shop/web/deployment"].manifest["spec"]["template"]["spec"]
    named = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}
    assert pod["containers"][0]["resources"] == pod["initContainers"][0]["resources"] == named


@pytest.mark.parametrize("schedule", ["0 3 * * *", "*/5,7 0-6/2 ? JAN,dec mon-fri", "10/20 * 1 * 0", "@hourly"])
def test_schedules_of_cron_pass(make_platform: Make, schedule: str) -> None:
    spec = f"  cron: {{blueprint: cron-job@1, image: a/b:1, schedule: '{schedule}', timezone: Etc/GMT+5}}\n"
    assert compiled(make_platform, spec).graph.by_id["shop/cron/cron-job"].manifest["spec"]["schedule"] == schedule


@pytest.mark.skipif(not available_timezones(), reason="no tz database on this machine")
@pytest.mark.parametrize(
    ("zone", "hint"),
    [
        ("Berlin", "write Europe/Berlin"),
        ("Europ/Berlin", "did you mean 'Europe/Berlin'?"),
        ("Europe", ""),
        ("../x", ""),
    ],
)
def test_an_unknown_time_zone_is_told(make_platform: Make, zone: str, hint: str) -> None:
    spec = f"  cron: {{blueprint: cron-job@1, image: a/b:1, schedule: '@daily', timezone: {zone}}}\n"
    with pytest.raises(CompileError) as caught:
        compiled(make_platform, spec)
    (fault,) = caught.value.diagnostics
    assert (fault.code, fault.summary) == ("PC204", f"timezone: there is no time zone '{zone}'")
    assert fault.hint.startswith(hint)


def test_a_time_zone_passes_where_no_database_can_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform_compiler.blueprint.traits.schedule._exists", lambda _name: False)
    job = CronJob.model_validate({"image": "a/b:1", "schedule": "@daily", "timezone": "Mars/Olympus"})
    assert job.timezone == "Mars/Olympus"


def test_names_of_existing_objects_may_hold_dots(make_platform: Make) -> None:
    spec = (
        "  web: {blueprint: web-service@1, image: a/b:1, expose: {host: a.test, tls: shop.acme.dev}, "
        "env-from: [{secret: app.env}, {config-map: app.env}], pull-secrets: [registry.acme.dev], "
        "files: {/f: {secret: {name: a.b, key: k}}}, volumes: {v: {path: /v, claim: old.claim}}}\n"
    )
    graph = compiled(make_platform, spec).graph.by_id
    assert graph["shop/web/ingress"].manifest["spec"]["tls"][0]["secretName"] == "shop.acme.dev"
    pod = graph["shop/web/deployment"].manifest["spec"]["template"]["spec"]
    assert pod["imagePullSecrets"] == [{"name": "registry.acme.dev"}]


VAULT = """
from platform_compiler.blueprint import Blueprint, Context, Contribution, Endpoint, OutputModel, Wait


class Vault(Blueprint, name="vault", version=1):
    \"\"\"A store that consumers wait for.\"\"\"

    broken: bool = False

    class Outputs(OutputModel):
        \"\"\"Where it is.\"\"\"

        url: str

    def outputs(self, ctx: Context) -> OutputModel:
        return self.Outputs(url=f"https://{ctx.host}")

    def endpoint(self, ctx: Context) -> Endpoint:
        return Endpoint(ctx.selector, (8200,))

    def contribute(self, ctx: Context) -> Contribution:
        if self.broken:
            raise LookupError("no vault")
        rule = {"to": [{"ipBlock": {"cidr": "10.9.0.0/16"}}]}
        return Contribution(egress=(rule,), waits=(Wait(ctx.name, "acme/vault:1", ("vault", "status")),))

    def expand(self, ctx: Context):
        yield from ()
"""
USER = "  user: {blueprint: worker@1, image: a/b:1, egress: [], env: {VAULT: '${components.vault.url}'}}\n"


def test_any_blueprint_can_contribute_to_its_consumers(make_platform: Make) -> None:
    spec = f"app: shop\nteam: web\ncomponents:\n  vault: {{blueprint: vault@1}}\n{USER}"
    root = make_platform({"blueprints/vault.py": VAULT, "apps/shop.yaml": spec})
    graph = compile_stack(root, "dev").graph.by_id
    (step,) = graph["shop/user/deployment"].manifest["spec"]["template"]["spec"]["initContainers"]
    assert (step["name"], step["image"], step["command"]) == ("wait-shop-vault", "acme/vault:1", ["vault", "status"])
    assert step["securityContext"]["readOnlyRootFilesystem"] is True
    _dns, pods, network = graph["shop/user/egress"].manifest["spec"]["egress"]
    assert pods["ports"] == [{"port": 8200, "protocol": "TCP"}]
    assert network == {"to": [{"ipBlock": {"cidr": "10.9.0.0/16"}}]}


def test_a_fault_in_a_contribution_is_told_to_its_author(make_platform: Make) -> None:
    spec = f"app: shop\nteam: web\ncomponents:\n  vault: {{blueprint: vault@1, broken: true}}\n{USER}"
    with pytest.raises(CompileError) as caught:
        compile_stack(make_platform({"blueprints/vault.py": VAULT, "apps/shop.yaml": spec}), "dev")
    (fault,) = caught.value.diagnostics
    assert fault.code == "PC701"
    assert "vault@1 raised LookupError: no vault (blueprints/vault.py:23)" in fault.summary
    assert fault.location is not None
    assert fault.location.line == 4


def resource() -> Resource:
    manifest = {"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "a"}, "list": [1, 2], "map": {"a/b": {}}}
    return Resource("app/part/thing", manifest, Origin("app", "part", "x@1", "f", 1))


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"op": "add", "path": "/list/-", "value": 3}, {"list": [1, 2, 3]}),
        ({"op": "add", "path": "/list/0", "value": 0}, {"list": [0, 1, 2]}),
        ({"op": "add", "path": "/map/a~1b/c~0d", "value": 1}, {"map": {"a/b": {"c~d": 1}}}),
        ({"op": "replace", "path": "/list/1", "value": 9}, {"list": [1, 9]}),
        ({"op": "remove", "path": "/list/0"}, {"list": [2]}),
    ],
)
def test_operations_follow_their_standard(operation: dict[str, object], expected: dict[str, object]) -> None:
    before = resource()
    patch = Patch.model_validate({"kind": "Thing", "operations": [operation]})
    (after,) = patched([patch], [before])
    assert {key: after.manifest[key] for key in expected} == expected
    assert after.manifest["metadata"]["annotations"][MARK] == operation["path"]
    assert before == resource()


def test_patches_of_one_object_leave_all_their_marks() -> None:
    patches = [Patch(kind="Thing", merge={"list": [index]}) for index in (7, 8)] + [Patch(kind="Thing", merge={"x": 1})]
    (after,) = patched(patches, [resource()])
    assert after.manifest["list"] == [8]
    assert after.manifest["metadata"]["annotations"][MARK] == "/list,/x"


@pytest.mark.parametrize("path", ["/list/2", "/list/x", "/none", "/list/0/deep"])
def test_an_operation_needs_its_place(path: str) -> None:
    patch = Patch.model_validate({"kind": "Thing", "operations": [{"op": "remove", "path": path}]})
    with pytest.raises(FieldError) as caught:
        patched([patch], [resource()])
    assert caught.value.code == "PC208"
    assert path in caught.value.summary
