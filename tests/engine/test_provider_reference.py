"""The real engine with the embedded provider against what it did with the official one, for the same typed program."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi_kubernetes as k8s
import pytest
import yaml
from pulumi import ResourceOptions, automation

from platform_compiler.engine.install import Pulumi
from tests.unit.provider.reference import REFERENCE, SECRET_TEXT, deployment, provider_of, steps, told

pytestmark = [
    pytest.mark.engine,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not REFERENCE.is_dir(), reason="the official provider's records are not beside the project"),
]
NOT_COMPARED = {"created", "modified", "sourcePosition", "stackTrace"}
"""Times, and where the program stood."""
Program = Callable[[], None]


@dataclass(frozen=True)
class Revision:
    """One revision of the program that the official provider was recorded with."""

    level: str = "info"
    replicas: int = 2
    ticks: bool = True
    label: str = "web"
    target: dict[str, str] = field(default_factory=lambda: {"render_yaml_to_directory": "rendered"})

    def run(self) -> None:
        """The program itself."""
        provider = k8s.Provider("target", **self.target)
        namespace = k8s.core.v1.Namespace("shop", metadata={"name": "shop"}, opts=ResourceOptions(provider=provider))
        options = ResourceOptions(provider=provider, depends_on=[namespace])
        web = {"name": "web", "namespace": "shop", "labels": {"app.kubernetes.io/name": "web"}}
        k8s.core.v1.ConfigMap("web", metadata=web, data={"LOG_LEVEL": self.level}, opts=options)
        k8s.core.v1.Secret("web", metadata=web, string_data=SECRET_TEXT, opts=options)
        container = {"name": "web", "image": "nginx:1.27", "ports": [{"containerPort": 80}]}
        k8s.apps.v1.Deployment(
            "web",
            metadata=web,
            spec={
                "replicas": self.replicas,
                "selector": {"matchLabels": {"app": self.label}},
                "template": {"metadata": {"labels": {"app": self.label}}, "spec": {"containers": [container]}},
            },
            opts=options,
        )
        ports = [{"port": 80}]
        k8s.core.v1.Service("web", metadata=web, spec={"ports": ports, "selector": {"app": self.label}}, opts=options)
        if self.ticks:
            _tick(options)


def _tick(options: ResourceOptions) -> None:
    pod = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "busybox"}]}
    k8s.batch.v1.CronJob(
        "tick",
        metadata={"name": "tick", "namespace": "shop", "labels": {"app.kubernetes.io/name": "tick"}},
        spec={"schedule": "*/5 * * * *", "jobTemplate": {"spec": {"template": {"spec": pod}}}},
        opts=options,
    )


FIRST = Revision().run
SECOND = Revision(level="debug", replicas=3, ticks=False).run
THIRD = Revision(level="debug", replicas=3, ticks=False, label="web2").run


@dataclass
class Seen:
    """What the engine told of a run: its steps by URN, with the changed properties, and the provider's lines."""

    steps: dict[str, dict[str, Any]] = field(default_factory=dict)
    lines: set[str] = field(default_factory=set)

    def __call__(self, event: Any) -> None:
        if event.resource_pre_event is not None:
            self._step(event.resource_pre_event.metadata)
        told = event.diagnostic_event
        if told is not None and "kubernetes:" in (told.urn or ""):
            prefix = "warning: " if told.severity == "warning" else ""
            self.lines.add(f"{prefix}{_without_colour(told.message).removeprefix('warning: ').strip()}")

    def _step(self, metadata: Any) -> None:
        operation = str(getattr(metadata.op, "value", metadata.op))
        if operation in {"create-replacement", "delete-replaced"}:
            return  # the parts of a replacement, which is a step of its own
        changes = {
            path: {
                "kind": str(getattr(change.diff_kind, "value", change.diff_kind)),
                "inputDiff": change.input_diff,
            }
            for path, change in (metadata.detailed_diff or {}).items()
        }
        self.steps[metadata.urn] = {"op": operation, "detailedDiff": changes, "replaceReasons": metadata.keys or []}


def _without_colour(text: str) -> str:
    return text.replace("<{%reset%}>", "").replace("<{%fg 11%}>", "")


@dataclass
class Stack:
    """A stack in a folder of its own, with the embedded provider in a private Pulumi home."""

    folder: Path
    _stack: automation.Stack

    def run(self, operation: str, program: Program) -> Seen:
        seen = Seen()
        given = {} if operation == "destroy" else {"program": program}
        getattr(self._stack, operation)(on_event=seen, **given)
        return seen

    def state(self) -> dict[str, dict[str, Any]]:
        """The stored resources by URN."""
        return _comparable(self._stack.export_stack().deployment["resources"])

    def load(self, content: dict[str, Any]) -> None:
        """Take a deployment from elsewhere, its secrets in plaintext; they are encrypted with this stack's own key."""
        own = self._stack.export_stack().deployment["secrets_providers"]
        content = {**content, "secrets_providers": own}
        self._stack.import_stack(automation.Deployment(version=3, deployment=content))

    def files(self) -> set[str]:
        return {file.relative_to(self.folder).as_posix() for file in (self.folder / "rendered").rglob("*.yaml")}


@pytest.fixture
def stack(pulumi: Pulumi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    return new_stack("render", pulumi, tmp_path, monkeypatch)


def new_stack(name: str, pulumi: Pulumi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A stack of the project `reference`, in whose home there is only the embedded provider."""
    for variable in ("KUBECONFIG", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        monkeypatch.delenv(variable, raising=False)
    home, folder, state = (tmp_path / part for part in ("home", "work", "state"))
    launcher = home / "plugins" / "resource-kubernetes-v4.34.2" / "pulumi-resource-kubernetes"
    for path in (launcher.parent, folder, state):
        path.mkdir(parents=True)
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m platform_compiler.provider "$@"\n')
    launcher.chmod(0o755)
    variables = {
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
    options = automation.LocalWorkspaceOptions(
        work_dir=str(folder),
        pulumi_home=str(home),
        env_vars=variables,
        project_settings=automation.ProjectSettings(name="reference", runtime="python", main=str(folder)),
        pulumi_command=automation.PulumiCommand(str(pulumi.path.parent.parent), skip_version_check=True),
    )
    created = automation.create_stack(name, project_name="reference", program=FIRST, opts=options)
    return Stack(folder, created)


def _comparable(items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Resources by URN without what differs from run to run: times, places, random ids, ciphertexts."""
    found = {}
    for item in items:
        kept = {key: _plain(value) for key, value in item.items() if key not in NOT_COMPARED}
        kept.get("outputs", {}).pop("__fieldManager", None)
        kept["provider"] = kept.get("provider", "").rpartition("::")[0]
        if item["type"].startswith("pulumi:providers:"):
            kept["id"] = "(random)"
        found[item["urn"]] = kept
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        secret = "ciphertext" in value or "plaintext" in value
        return "(secret)" if secret else {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _expected_steps(state: str) -> dict[str, dict[str, Any]]:
    """What the official provider previewed on a state; what is not a step stays the same."""
    same = {"op": "same", "detailedDiff": {}, "replaceReasons": []}
    found = {item["urn"]: same for item in deployment(state)["resources"]}
    for urn, step in steps(state).items():
        reasons = step.get("replaceReasons") or []
        found[urn] = {"op": step["op"], "detailedDiff": step["detailedDiff"] or {}, "replaceReasons": reasons}
    return found


def test_three_revisions_go_as_with_the_official_provider(stack: Stack) -> None:
    created = stack.run("up", FIRST)
    assert stack.state() == _comparable(deployment("render-1")["resources"])
    assert created.lines == set(told("render-1"))
    assert stack.files() == {line.removeprefix("rendered ") for line in told("render-1") if line.endswith(".yaml")}

    previewed = stack.run("preview", SECOND)
    assert previewed.steps == _expected_steps("render-1")
    updated = stack.run("up", SECOND)
    assert stack.state() == _comparable(deployment("render-2")["resources"])
    assert updated.lines == set(told("render-2"))
    assert "rendered/1-manifest/batch_v1-cronjob-shop-tick.yaml" not in stack.files()

    assert stack.run("preview", THIRD).steps == _expected_steps("render-2")


def test_a_stack_of_the_official_provider_passes_with_an_empty_preview(stack: Stack) -> None:
    for state, program in (("render-1", FIRST), ("render-2", SECOND)):
        stack.load(deployment(state))
        assert {step["op"] for step in stack.run("preview", program).steps.values()} == {"same"}
        assert provider_of(state)["id"], "the provider stays the one that it was"
    stack.run("up", THIRD)
    assert "rendered/1-manifest/apps_v1-deployment-shop-web.yaml" in stack.files()
    stack.run("destroy", THIRD)
    assert stack.files() == set()


def test_a_generated_name_is_replaced_before_the_old_object_goes(stack: Stack) -> None:
    def program(value: str) -> Program:
        def run() -> None:
            provider = k8s.Provider("target", render_yaml_to_directory="rendered", namespace="team")
            k8s.core.v1.ConfigMap("env", data={"A": value}, opts=ResourceOptions(provider=provider))

        return run

    stack.run("up", program("1"))
    (first,) = stack.files()
    assert first.startswith("rendered/1-manifest/v1-configmap-team-env-")
    assert {step["op"] for step in stack.run("preview", program("1")).steps.values()} == {"same"}
    changed = stack.run("up", program("2"))
    (second,) = stack.files()
    assert second != first
    assert changed.lines == {f"rendered {second}", f"deleted {first}"}


def test_definitions_and_custom_resources_go_through_typed_classes(stack: Stack) -> None:
    stack.run("up", _widgets("blue"))
    definition = "rendered/0-crd/apiextensions.k8s.io_v1-customresourcedefinition-default-widgets.acme.dev.yaml"
    widget = "rendered/1-manifest/acme.dev_v1-widget-default-w.yaml"
    assert stack.files() == {definition, widget}
    schema = yaml.safe_load((stack.folder / definition).read_text())["spec"]["versions"][0]["schema"]
    assert schema["openAPIV3Schema"]["x-kubernetes-preserve-unknown-fields"] is True
    assert yaml.safe_load((stack.folder / widget).read_text())["spec"] == {"colour": "blue", "sizes": [1, 2.5]}
    assert {step["op"] for step in stack.run("preview", _widgets("blue")).steps.values()} == {"same"}
    previewed = stack.run("preview", _widgets("red")).steps
    (changed,) = [step for step in previewed.values() if step["op"] != "same"]
    assert changed["detailedDiff"] == {"spec.colour": {"kind": "update", "inputDiff": False}}


def _widgets(colour: str) -> Program:
    """A definition, and an object of its kind."""

    def run() -> None:
        provider = k8s.Provider("target", render_yaml_to_directory="rendered", namespace="team")
        options = ResourceOptions(provider=provider)
        schema = {"openAPIV3Schema": {"type": "object", "x_kubernetes_preserve_unknown_fields": True}}
        definition = k8s.apiextensions.v1.CustomResourceDefinition(
            "widgets",
            metadata={"name": "widgets.acme.dev"},
            spec={
                "group": "acme.dev",
                "scope": "Cluster",
                "names": {"kind": "Widget", "plural": "widgets"},
                "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
            },
            opts=options,
        )
        k8s.apiextensions.CustomResource(
            "w",
            api_version="acme.dev/v1",
            kind="Widget",
            metadata={"name": "w"},
            spec={"colour": colour, "sizes": [1, 2.5]},
            opts=ResourceOptions(provider=provider, depends_on=[definition]),
        )

    return run
