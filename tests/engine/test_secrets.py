"""Secrets through the real engine: encrypted in state and config, derived ones stable from run to run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from platform_compiler.compiler import compile_stack
from platform_compiler.emit.secrets import MissingSecretError, SecretValues, derive, reveal
from platform_compiler.emit.stack import StackProgram, stack_program
from platform_compiler.engine.errors import EngineRunError
from platform_compiler.engine.install import Pulumi
from platform_compiler.engine.run import Engine
from platform_compiler.graph.secret import SecretRef, SecretText

SPEC = """app: shop
team: shop
blueprint: web-service@1
image: acme/web:1
env: {KEY: "${secrets.key}"}
"""


def program_with_secrets(root: Path) -> StackProgram:
    """The stack as a cluster would get it, Secret objects and all, applied to a folder so that a test can run it."""
    compiled = compile_stack(root, "dev")
    program = stack_program(compiled, project="platform")
    return StackProgram(
        program.root, program.project, program.stack, program.graph, compiled.resources, (), program.provider_inputs
    )


@pytest.mark.engine
@pytest.mark.timeout(1800)
def test_values_are_encrypted_in_state(platform: Path, pulumi: Pulumi, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)
    (platform / "apps" / "shop.yaml").write_text(SPEC)
    with pytest.raises(EngineRunError) as missing:
        Engine(pulumi, program_with_secrets(platform)).run("up", lambda _step: None)
    assert any("pulumi config set --secret shop:key" in message for message in missing.value.messages)

    engine = Engine(pulumi, program_with_secrets(platform))
    engine.set_secret("shop:key", "hunter2-value")
    assert "hunter2-value" not in (platform / "stacks" / "Pulumi.dev.yaml").read_text()
    Engine(pulumi, program_with_secrets(platform)).run("up", lambda _step: None)
    states = [file.read_text() for file in (platform / ".platform" / "state").rglob("*.json*")]
    assert states
    for text in states:
        assert "hunter2-value" not in text
        assert "aHVudGVyMi12YWx1ZQ==" not in text
    latest = json.loads((platform / ".platform/state/.pulumi/stacks/platform/dev.json").read_text())
    (secret,) = [item for item in latest["checkpoint"]["latest"]["resources"] if item["type"].endswith(":Secret")]
    assert "ciphertext" in secret["inputs"]["data"]


def test_derived_secrets_are_stable_and_distinct() -> None:
    first = derive("seed", "shop/db/password/1")
    assert first == derive("seed", "shop/db/password/1")
    assert len({first, derive("seed", "shop/db/password/2"), derive("seed2", "shop/db/password/1")}) == 3
    assert len(first) == 32


def test_a_text_is_revealed_as_a_whole_or_names_what_is_missing() -> None:
    text = SecretText.join("postgres://u:", SecretRef("config", "shop", "pw"), "@h")
    assert reveal(text, SecretValues({"shop:pw": "x"})) == "postgres://u:x@h"
    with pytest.raises(MissingSecretError, match="pulumi config set --secret shop:pw"):
        reveal(text, SecretValues({}))
