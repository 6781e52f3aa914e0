"""A recorded checkpoint as requests: every input and option of state, but no Job again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict

from platform_compiler.emit.pulumi import SECRET_MARK, SECRET_SIGNATURE
from platform_compiler.emit.recorded import Recorded, with_needs
from platform_compiler.emit.replay import recording, request_of

STACK = "urn:pulumi:dev::platform::"
PARENTS = "platc:index:App$platc:index:Component$"


def recorded(kind: str, name: str, **data: Any) -> Recorded:
    return Recorded({"urn": f"{STACK}{PARENTS}{kind}::{name}", "type": kind, "custom": True, **data})


def job(name: str) -> Recorded:
    return recorded("kubernetes:batch/v1:Job", "shop/migrate/job", inputs={"metadata": {"name": name}})


def program(then: list[Recorded], now: list[Recorded]) -> Any:
    return recording(Path("/platform"), "platform", "dev", then=then, now=now)


def test_a_request_holds_what_state_holds() -> None:
    before = f"{STACK}kubernetes:core/v1:Namespace::namespace/shop"
    secret = {SECRET_SIGNATURE: SECRET_MARK, "plaintext": '{"KEY": "value"}'}
    resource = recorded(
        "kubernetes:core/v1:Secret",
        "shop/web/secret",
        parent=f"{STACK}platc:index:App$platc:index:Component::shop/web",
        inputs={"kind": "Secret", "stringData": secret, "list": [secret]},
        dependencies=[before, f"{STACK}gone"],
        protect=True,
        retainOnDelete=True,
        ignoreChanges=["spec.replicas"],
        replaceOnChanges=["spec.selector"],
        additionalSecretOutputs=["data"],
        deletedWith=before,
        customTimeouts={"create": 600, "delete": 0},
        aliases=[f"{STACK}former"],
        sourcePosition="project:///apps/my%20shop%231.yaml#7",
    )
    request = request_of(program([resource], []), resource, {before})
    shown = {SECRET_SIGNATURE: SECRET_MARK, "value": {"KEY": "value"}}
    assert MessageToDict(request.message) == {
        "type": "kubernetes:core/v1:Secret",
        "name": "shop/web/secret",
        "parent": resource.data["parent"],
        "custom": True,
        "version": "4.34.2",
        "acceptSecrets": True,
        "supportsPartialValues": True,
        "object": {"kind": "Secret", "stringData": shown, "list": [shown]},
        "propertyDependencies": {"kind": {}, "stringData": {}, "list": {}},
        "dependencies": [before],
        "protect": True,
        "retainOnDelete": True,
        "ignoreChanges": ["spec.replicas"],
        "replaceOnChanges": ["spec.selector"],
        "additionalSecretOutputs": ["data"],
        "deletedWith": before,
        "customTimeouts": {"create": "600s"},
        "aliases": [{"urn": f"{STACK}former"}],
        "sourcePosition": {"uri": "file:///platform/apps/my%20shop%231.yaml", "line": 7},
    }
    assert request.after == (resource.data["parent"], before)


def test_a_job_stays_as_it_is_now_or_stays_away() -> None:
    old, new = job("migrate-1"), job("migrate-2")
    same = program([old], [old])
    assert (same.resources, same.not_rerun) == ((old,), ())
    replaced = program([old], [new])
    assert (replaced.resources, replaced.not_rerun) == ((new,), (old,))
    removed = program([old], [])
    assert (removed.resources, removed.not_rerun) == ((), (old,))


def test_what_was_renamed_since_is_an_alias_of_what_it_was() -> None:
    former = recorded("platc:index:Component", "shop/db", created="2026-01-02T03:04:05.678901234Z")
    present = recorded("platc:index:Component", "shop/data", created="2026-01-02T03:04:05.678901234Z")
    other = recorded("platc:index:Component", "shop/web", created="2026-01-02T03:04:05.678901235Z")
    assert program([former, other], [present, other]).aliases == {former.urn: present.urn}
    assert program([former], [former, present]).aliases == {}
    timeless = recorded("platc:index:Component", "shop/a"), recorded("platc:index:Component", "shop/b")
    assert program([timeless[0]], [timeless[1]]).aliases == {}


def test_what_a_resource_needs_is_found_through_parents_providers_and_dependencies() -> None:
    volume = recorded("volume", "shop/db/volume", provider="urn:provider::id")
    database = recorded("database", "shop/db/main", dependencies=[volume.urn], parent="urn:db")
    needs = with_needs([volume, database], [database.urn])
    assert needs == {database.urn, volume.urn, "urn:db", "urn:provider"}
    assert with_needs([volume, database], []) == frozenset()
