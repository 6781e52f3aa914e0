"""Destroy with the real engine: it lists, asks for the name, and keeps what is protected or retained."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.test_stack import SHOP, rendered, shop, state

__all__ = ["shop"]
Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]
OTHER = "app: other\nteam: shop\nblueprint: worker@1\nimage: acme/other:1\n"


def kinds(platform: Path) -> set[str]:
    return {str(document["kind"]) for document in rendered(platform).values()}


def in_state(platform: Path) -> set[str]:
    return {item["urn"].rpartition("::")[2] for item in state(platform) if item["type"].startswith("kubernetes:")}


def on_a_terminal(platform: Path, answer: str, *arguments: str) -> tuple[int, str]:
    """Run `platc` with `answer` typed on a terminal; its exit code, and what it said on stderr."""
    ours, theirs = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
    command = [sys.executable, "-c", "from platform_compiler.cli import main; main()", *arguments]
    os.write(ours, f"{answer}\n".encode())
    try:
        result = subprocess.run(
            command,
            cwd=platform,
            env=environment,
            stdin=theirs,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        os.close(ours)
        os.close(theirs)
    return result.returncode, result.stderr


def test_destroy_lists_what_goes_and_wants_the_name(platform: Path, shop: Path, platc: Run) -> None:
    platc("up", "--env", "dev", "--yes")
    files = rendered(platform)
    asked = platc("destroy", "--env", "dev", code=1)
    assert "this needs a terminal to ask on, or --yes" in asked.stderr
    assert "\nshop/web\n  - NetworkPolicy shop/shop-web-calls-shop-db\n  - Deployment shop/shop-web\n" in asked.stdout
    assert "shop/db\n  keeps PersistentVolumeClaim shop/" in asked.stdout
    assert "namespaces\n  keeps Namespace shop\n" in asked.stdout
    code, told = on_a_terminal(platform, "yes", "destroy", "--env", "dev")
    assert code == 1
    assert "that is not the environment's name; nothing is deleted" in told
    assert rendered(platform) == files
    shop.write_text("broken: [")
    code, told = on_a_terminal(platform, "dev", "destroy", "--env", "dev")
    assert code == 0, told
    assert kinds(platform) == {"Namespace", "PersistentVolumeClaim"}
    assert in_state(platform) == set()


def test_destroy_says_what_it_kept_and_include_protected_keeps_nothing(platform: Path, shop: Path, platc: Run) -> None:
    shop.write_text(SHOP.replace("    storage: 1Gi\n", "    storage: 1Gi\n    protect: true\n"))
    platc("up", "--env", "dev", "--yes")
    kept = platc("destroy", "--env", "dev", "--yes").stdout
    assert "kept, protected: StatefulSet shop/shop-db" in kept
    assert "kept, protected: Namespace shop" in kept
    assert "Deployment" not in kept.partition("kept,")[2]
    assert {"StatefulSet", "PersistentVolumeClaim", "Namespace"} <= kinds(platform)
    assert "Deployment" not in kinds(platform)
    assert {"shop/db/stateful-set", "namespace/shop"} <= in_state(platform)
    assert not any(name.startswith("shop/web/") for name in in_state(platform))

    everything = platc("destroy", "--env", "dev", "--yes", "--include-protected").stdout
    assert "kept" not in everything
    assert rendered(platform) == {}
    assert in_state(platform) == set()


def test_retained_objects_are_named_when_the_stack_forgets_them(platform: Path, shop: Path, platc: Run) -> None:
    platc("up", "--env", "dev", "--yes")
    told = platc("destroy", "--env", "dev", "--yes").stdout
    assert "kept, no longer in the stack: Namespace shop" in told
    assert "kept, no longer in the stack: PersistentVolumeClaim shop/" in told


@pytest.mark.parametrize("protect", [False, True])
def test_destroy_of_an_app_leaves_the_others_and_their_namespace(
    platform: Path, shop: Path, platc: Run, protect: bool
) -> None:
    (platform / "apps" / "other.yaml").write_text(OTHER)
    if protect:
        shop.write_text(SHOP.replace("    storage: 1Gi\n", "    storage: 1Gi\n    protect: true\n"))
    platc("up", "--env", "dev", "--yes")
    assert "did you mean 'shop'" in platc("destroy", "--env", "dev", "--yes", "shopp", code=1).stderr
    platc("destroy", "--env", "dev", "--yes", "shop")
    left = in_state(platform)
    assert {"namespace/shop", "other/other/deployment"} <= left
    assert ("shop/db/stateful-set" in left) is protect
    assert "shop/web/deployment" not in left
    assert "apps_v1-deployment-shop-other.yaml" in rendered(platform)
