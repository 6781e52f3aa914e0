"""The embedded provider on a real cluster against what the official one stored and previewed there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from platform_compiler.cluster.client import Cluster
from platform_compiler.engine.install import Pulumi
from platform_compiler.localcluster.cluster import LocalCluster
from tests.engine.test_provider_reference import Revision, new_stack
from tests.unit.provider.reference import REFERENCE, deployment, steps

pytestmark = pytest.mark.skipif(not REFERENCE.is_dir(), reason="the official provider's records are not here")
VOLATILE = {"uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "clusterIP", "clusterIPs"}
"""What the cluster draws or counts; `managedFields` tell of another way to create, without server-side apply."""


def comparable(items: list[dict[str, Any]]) -> dict[str, Any]:
    """Inputs and outputs by URN, without times, random values, ciphertexts and the status of that moment."""
    return {
        item["urn"]: {"id": item["id"], "inputs": _plain(item["inputs"]), "outputs": _plain(item["outputs"])}
        for item in items
        if item["type"].startswith("kubernetes:")
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        if "ciphertext" in value or "plaintext" in value:
            return "(secret)"
        dropped = VOLATILE | {"__fieldManager", "status"}
        return {key: _plain(item) for key, item in value.items() if key not in dropped}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def test_states_and_previews_are_those_of_the_official_provider(
    pulumi: Pulumi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, control_plane: LocalCluster, cluster: Cluster
) -> None:
    stack = new_stack("cluster", pulumi, tmp_path, monkeypatch)
    target = {"kubeconfig": str(control_plane.kubeconfig)}
    first = Revision(target=target)
    second = Revision(level="debug", replicas=3, ticks=False, target=target)
    third = Revision(level="debug", replicas=3, ticks=False, label="web2", target=target)

    stack.run("up", first.run)
    mine = stack._stack.export_stack().deployment["resources"]
    assert comparable(mine) == comparable(deployment("cluster-1")["resources"])

    for state, revision in (("cluster-1", second), ("cluster-2", third)):
        previewed = {
            urn: (step["op"], step["detailedDiff"])
            for urn, step in stack.run("preview", revision.run).steps.items()
            if step["op"] != "same" and "kubernetes:" in urn
        }
        parts = {"create-replacement", "delete-replaced"}
        assert previewed == {
            urn: (step["op"], step["detailedDiff"] or {})
            for urn, step in steps(state).items()
            if step["op"] not in parts and "kubernetes:" in urn
        }
        stack.run("up", revision.run)
    live = cluster.get("apps/v1", "Deployment", "shop", "web")
    assert live is not None
    assert live["spec"]["selector"] == {"matchLabels": {"app": "web2"}}
    stack.run("destroy", third.run)
    assert cluster.get("apps/v1", "Deployment", "shop", "web") is None


def test_a_stack_of_the_official_provider_passes_with_an_empty_preview(
    pulumi: Pulumi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, control_plane: LocalCluster
) -> None:
    stack = new_stack("cluster", pulumi, tmp_path, monkeypatch)
    target = {"kubeconfig": str(control_plane.kubeconfig)}
    stack.run("up", Revision(target=target).run)
    own = stack._stack.export_stack().deployment
    theirs = deployment("cluster-1")
    (provider,) = [item for item in own["resources"] if item["type"].startswith("pulumi:providers:")]
    others = [item for item in theirs["resources"] if not item["type"].startswith("pulumi:providers:")]
    for item in others:
        if item.get("provider"):
            item["provider"] = f"{provider['urn']}::{provider['id']}"
    stack.load({**theirs, "resources": [others[0], provider, *others[1:]]})
    previewed = stack.run("preview", Revision(target=target).run).steps
    assert {step["op"] for step in previewed.values()} == {"same"}
    stack.run("up", Revision(level="debug", target=target).run)
    stack.run("destroy", Revision(target=target).run)
