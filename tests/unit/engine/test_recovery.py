"""What is done with the steps that a killed run left in state."""

from __future__ import annotations

from typing import Any

from platform_compiler.engine.recovery import recover

URN = "urn:pulumi:dev::platform::platc:index:App$platc:index:Component$kubernetes:core/v1:Service::shop/web/service"


def service(**more: Any) -> dict[str, Any]:
    metadata = {"name": "shop-web", "namespace": "shop"}
    return {"urn": URN, "type": "kubernetes:core/v1:Service", "inputs": {"metadata": metadata}, **more}


def test_a_finished_state_needs_no_cure() -> None:
    assert recover({"resources": [service(id="shop/shop-web")]}) is None
    assert recover({"resources": [], "pending_operations": []}) is None
    assert recover({}) is None


def test_what_may_have_been_created_is_written_into_state_and_looked_for() -> None:
    cure = recover({"resources": [], "pending_operations": [{"type": "creating", "resource": service()}]})
    assert cure is not None
    assert cure.deployment == {"resources": [service(id="shop/shop-web")]}
    assert cure.uncertain == (URN,)


def test_other_steps_are_dropped_for_the_next_run_does_them_again() -> None:
    there = service(id="shop/shop-web")
    provider = {"urn": "urn:pulumi:dev::platform::pulumi:providers:kubernetes::target"}
    pending = [
        {"type": "updating", "resource": there},
        {"type": "deleting", "resource": there},
        {"type": "creating", "resource": service()},
        {"type": "creating", "resource": {**provider, "type": "pulumi:providers:kubernetes"}},
    ]
    cure = recover({"resources": [there], "pending_operations": pending})
    assert cure is not None
    assert cure.deployment == {"resources": [there]}
    assert cure.uncertain == ()


def test_a_step_is_adopted_once_however_often_it_was_begun() -> None:
    pending = [{"type": "creating", "resource": service()}] * 2
    cure = recover({"pending_operations": pending})
    assert cure is not None
    assert cure.deployment["resources"] == [service(id="shop/shop-web")]
