"""The protocol's methods, one by one, without an engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml

from platform_compiler.plugin.messages import provider_pb2
from platform_compiler.provider.servicer import KubernetesProvider
from platform_compiler.provider.wire import UNKNOWN, reveal, secret, to_python, to_struct
from tests.unit.provider.conftest import AbortedError, Log, configured, obj, urn

SECRET_TYPE = "kubernetes:core/v1:Secret"
FILE = "rendered/1-manifest/v1-configmap-n-x.yaml"


def create(provider: KubernetesProvider, context: Any, inputs: dict[str, Any], resource: str = urn()) -> Any:
    request = provider_pb2.CreateRequest(urn=resource, properties=to_struct(inputs))
    return provider.Create(request, context)


def test_what_it_can_take_is_what_the_official_one_takes(provider: KubernetesProvider, context: Any) -> None:
    handshake = provider.Handshake(provider_pb2.ProviderHandshakeRequest(), context)
    assert (handshake.accept_secrets, handshake.accept_resources, handshake.accept_outputs) == (True, False, False)
    args = to_struct({"renderYamlToDirectory": "rendered"})
    response = provider.Configure(provider_pb2.ConfigureRequest(args=args), context)
    assert (response.acceptSecrets, response.supportsPreview) == (True, True)
    assert (response.acceptResources, response.acceptOutputs) == (False, False)
    assert response.supports_autonaming_configuration
    assert provider.GetPluginInfo(None, context).version == "4.34.2"
    assert json.loads(provider.GetSchema(None, context).schema) == {"name": "kubernetes", "version": "4.34.2"}


def test_a_kubeconfig_without_a_context_is_told(context: Any, log: Log) -> None:
    kubeconfig = "apiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: []\n"
    with pytest.raises(AbortedError, match="cannot use the current context of the kubeconfig"):
        configured(context, log, kubeconfig=kubeconfig)
    with pytest.raises(AbortedError, match="not configured"):
        create(KubernetesProvider(), context, obj("ConfigMap"))


def test_config_failures_name_the_property(provider: KubernetesProvider, context: Any) -> None:
    news = to_struct({"renderYamlToDirectory": "out", "context": "c"})
    response = provider.CheckConfig(provider_pb2.CheckRequest(news=news), context)
    assert [failure.property for failure in response.failures] == ["context"]
    assert response.inputs == news
    olds = to_struct({"renderYamlToDirectory": "in"})
    diff = provider.DiffConfig(provider_pb2.DiffRequest(olds=olds, news=to_struct({})), context)
    assert list(diff.replaces) == ["renderYamlToDirectory"]
    assert diff.changes == provider_pb2.DiffResponse.DIFF_SOME
    same = provider.DiffConfig(provider_pb2.DiffRequest(olds=olds, news=olds), context)
    assert same.changes == provider_pb2.DiffResponse.DIFF_NONE


def test_what_is_no_object_is_a_failure_of_its_property(provider: KubernetesProvider, context: Any) -> None:
    request = provider_pb2.CheckRequest(urn=urn(), news=to_struct({"metadata": {"name": "a/b"}}))
    (failure,) = provider.Check(request, context).failures
    assert failure.property == "metadata.name"
    assert "'a/b'" in failure.reason


def test_two_resources_cannot_be_the_same_object(provider: KubernetesProvider, context: Any) -> None:
    news = to_struct({"metadata": {"name": "a", "namespace": "n"}})
    first = provider_pb2.CheckRequest(urn=urn(name="one"), news=news)
    assert not provider.Check(first, context).failures
    assert not provider.Check(first, context).failures, "a replacement is checked twice"
    (failure,) = provider.Check(provider_pb2.CheckRequest(urn=urn(name="two"), news=news), context).failures
    assert urn(name="one") in failure.reason


def test_a_definition_tells_the_scope_of_its_kind(context: Any, log: Log, rendered: Path) -> None:
    provider = configured(context, log, renderYamlToDirectory=rendered.name, namespace="team")
    spec = {"group": "acme.dev", "scope": "Cluster", "names": {"kind": "Widget"}}
    definition = {"metadata": {"name": "widgets.acme.dev"}, "spec": spec}
    token = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
    provider.Check(provider_pb2.CheckRequest(urn=urn(token), news=to_struct(definition)), context)
    news = to_struct({"metadata": {"name": "w"}})
    widget = provider_pb2.CheckRequest(urn=urn("kubernetes:acme.dev/v1:Widget"), news=news)
    assert "namespace" not in to_python(provider.Check(widget, context).inputs)["metadata"]


def test_the_stacks_naming_rules_reach_the_object(provider: KubernetesProvider, context: Any) -> None:
    options = provider_pb2.CheckRequest.AutonamingOptions
    proposed = options(mode=options.PROPOSE, proposed_name="web-dev")
    request = provider_pb2.CheckRequest(urn=urn(), news=to_struct({}), autonaming=proposed)
    assert to_python(provider.Check(request, context).inputs)["metadata"]["name"] == "web-dev"
    disabled = provider_pb2.CheckRequest(urn=urn(), news=to_struct({}), autonaming=options(mode=options.DISABLE))
    assert provider.Check(disabled, context).failures


def test_secrets_are_warned_of_and_stay_secret(provider: KubernetesProvider, context: Any, log: Log) -> None:
    news = {"metadata": {"name": "s", "namespace": "n"}, "stringData": secret({"A": "b"})}
    checked = provider.Check(provider_pb2.CheckRequest(urn=urn(SECRET_TYPE), news=to_struct(news)), context).inputs
    created = provider.Create(provider_pb2.CreateRequest(urn=urn(SECRET_TYPE), properties=checked), context)
    outputs = to_python(created.properties)
    assert outputs["data"] == outputs["__inputs"]["data"] == secret({"A": "Yg=="})
    file = "rendered/1-manifest/v1-secret-n-s.yaml"
    assert log.lines == [
        ("warning", "rendered YAML will contain a secret value in plaintext"),
        ("warning", f"rendered file {file} contains a secret value in plaintext"),
        ("status", f"rendered {file}"),
    ]


def test_a_preview_makes_nothing(provider: KubernetesProvider, context: Any, rendered: Path, log: Log) -> None:
    inputs = to_struct(obj("ConfigMap", data={"a": UNKNOWN}))
    created = provider.Create(provider_pb2.CreateRequest(urn=urn(), properties=inputs, preview=True), context)
    assert created.properties == inputs
    assert created.id == ""
    updated = provider.Update(provider_pb2.UpdateRequest(urn=urn(), news=inputs, preview=True), context)
    assert updated.properties == inputs
    assert not rendered.exists()
    assert log.lines == []


def test_an_object_from_its_creation_to_its_deletion(
    provider: KubernetesProvider, context: Any, log: Log, rendered: Path
) -> None:
    created = create(provider, context, obj("ConfigMap", data={"a": "1"}))
    assert created.id == "n/x"
    outputs = to_python(created.properties)
    assert outputs.pop("__inputs") == obj("ConfigMap", data={"a": "1"})
    assert outputs.pop("__initialApiVersion") == "v1"
    manager = outputs.pop("__fieldManager")
    assert manager.startswith("pulumi-kubernetes-")
    assert outputs == obj("ConfigMap", data={"a": "1"})

    news = obj("ConfigMap", data={"a": "2"})
    request = provider_pb2.UpdateRequest(urn=urn(), id="n/x", olds=created.properties, news=to_struct(news))
    updated = provider.Update(request, context)
    assert to_python(updated.properties)["__fieldManager"] == manager
    assert yaml.safe_load((rendered.parent / FILE).read_text()) == news

    provider.Delete(provider_pb2.DeleteRequest(urn=urn(), id="n/x", properties=updated.properties), context)
    assert list(rendered.rglob("*.yaml")) == []
    assert log.lines == [("status", f"rendered {FILE}")] * 2 + [("status", f"deleted {FILE}")]


def test_the_first_version_of_the_api_is_kept(provider: KubernetesProvider, context: Any, rendered: Path) -> None:
    old, new = obj("Ingress", "networking.k8s.io/v1beta1"), obj("Ingress", "networking.k8s.io/v1")
    state = create(provider, context, old).properties
    request = provider_pb2.UpdateRequest(urn=urn(), id="n/x", olds=state, news=to_struct(new))
    assert to_python(provider.Update(request, context).properties)["__initialApiVersion"] == old["apiVersion"]
    assert [file.name for file in rendered.rglob("*.yaml")] == ["networking.k8s.io_v1-ingress-n-x.yaml"]


def test_an_annotation_names_the_field_manager(provider: KubernetesProvider, context: Any) -> None:
    inputs = obj("ConfigMap")
    inputs["metadata"]["annotations"] = {"pulumi.com/patchFieldManager": "mine"}
    assert to_python(create(provider, context, inputs).properties)["__fieldManager"] == "mine"


def test_definitions_have_underscores_in_state_and_dashes_in_files(
    provider: KubernetesProvider, context: Any, rendered: Path
) -> None:
    definition = obj("CustomResourceDefinition", "apiextensions.k8s.io/v1", spec={"x-kubernetes-validations": [1]})
    outputs = to_python(create(provider, context, definition).properties)
    assert outputs["spec"] == outputs["__inputs"]["spec"] == {"x_kubernetes_validations": [1]}
    (file,) = (rendered / "0-crd").iterdir()
    assert yaml.safe_load(file.read_text()) == definition
    request = provider_pb2.DiffRequest(urn=urn(), olds=to_struct(outputs), news=to_struct(definition))
    assert provider.Diff(request, context).changes == provider_pb2.DiffResponse.DIFF_NONE


def read(provider: KubernetesProvider, context: Any, state: Any, inputs: dict[str, Any], *, token: str = "") -> Any:
    resource = urn(token) if token else urn()
    request = provider_pb2.ReadRequest(urn=resource, id="n/x", properties=state, inputs=to_struct(inputs))
    return provider.Read(request, context)


def test_a_refresh_finds_an_object_unchanged_gone_or_changed(
    provider: KubernetesProvider, context: Any, rendered: Path
) -> None:
    inputs = obj("ConfigMap", data={"a": "1"})
    state = create(provider, context, inputs).properties
    same = read(provider, context, state, inputs)
    assert (same.id, same.properties, to_python(same.inputs)) == ("n/x", state, inputs)

    (file,) = rendered.rglob("*.yaml")
    file.write_text(file.read_text().replace('"1"', '"by hand"') + "immutable: true\n")
    changed = read(provider, context, state, inputs)
    assert to_python(changed.inputs)["data"] == {"a": "by hand"}
    request = provider_pb2.DiffRequest(urn=urn(), olds=changed.properties, news=to_struct(inputs))
    assert list(provider.Diff(request, context).detailedDiff) == ["data.a"]

    file.unlink()
    gone = read(provider, context, state, inputs)
    assert gone.id == ""
    assert not gone.properties.fields


def test_deletion_goes_by_the_id_of_state(provider: KubernetesProvider, context: Any, rendered: Path) -> None:
    state = create(provider, context, obj("ConfigMap")).properties
    state["metadata"]["name"] = "other"
    provider.Delete(provider_pb2.DeleteRequest(urn=urn(), id="n/x", properties=state), context)
    assert [*rendered.rglob("*.yaml")] == []


def test_a_refresh_keeps_secrets_secret(provider: KubernetesProvider, context: Any) -> None:
    inputs = obj("Secret", data=secret({"A": "Yg=="}))
    state = create(provider, context, inputs, urn(SECRET_TYPE)).properties
    found = read(provider, context, state, inputs, token=SECRET_TYPE)
    assert found.properties == state
    assert to_python(found.inputs) == inputs


def test_a_file_can_be_imported_by_its_id(provider: KubernetesProvider, context: Any) -> None:
    assert read(provider, context, to_struct({}), {}).id == ""
    state = create(provider, context, obj("ConfigMap", data={"a": "1"})).properties
    found = read(provider, context, to_struct({}), {})
    assert found.properties == state
    assert to_python(found.inputs) == obj("ConfigMap", data={"a": "1"})
    request = provider_pb2.ReadRequest(urn=urn(), id="../../x")
    with pytest.raises(AbortedError, match="no valid name"):
        provider.Read(request, context)


def test_a_diff_tells_kinds_replacements_and_the_order(provider: KubernetesProvider, context: Any) -> None:
    state = create(provider, context, obj("ConfigMap", data={"a": "1", "b": "2"})).properties
    news = to_struct(obj("ConfigMap", data={"a": "2"}, immutable=True))
    response = provider.Diff(provider_pb2.DiffRequest(urn=urn(), olds=state, news=news), context)
    kinds = provider_pb2.PropertyDiff
    found = {path: (change.kind, change.inputDiff) for path, change in response.detailedDiff.items()}
    assert found == {
        "data.a": (kinds.UPDATE_REPLACE, False),
        "data.b": (kinds.DELETE_REPLACE, True),
        "immutable": (kinds.ADD, False),
    }
    assert sorted(response.replaces) == ["data.a", "data.b"]
    assert response.deleteBeforeReplace
    assert response.hasDetailedDiff
    ignored = provider_pb2.DiffRequest(urn=urn(), olds=state, news=news, ignoreChanges=["data", "immutable"])
    assert provider.Diff(ignored, context).changes == provider_pb2.DiffResponse.DIFF_NONE
    wrong = provider_pb2.DiffRequest(urn=urn(), olds=state, news=news, ignoreChanges=["data["])
    with pytest.raises(AbortedError, match="no property path"):
        provider.Diff(wrong, context)


def test_state_without_inputs_is_compared_by_the_engines(provider: KubernetesProvider, context: Any) -> None:
    value = to_struct(obj("ConfigMap", data={"a": "1"}))
    request = provider_pb2.DiffRequest(urn=urn(), olds=value, old_inputs=value, news=value)
    assert provider.Diff(request, context).changes == provider_pb2.DiffResponse.DIFF_NONE


def test_always_render_reports_a_change_for_everything(context: Any, log: Log, rendered: Path) -> None:
    provider = configured(context, log, renderYamlToDirectory=rendered.name, alwaysRender="true")
    state = create(provider, context, obj("ConfigMap")).properties
    response = provider.Diff(provider_pb2.DiffRequest(urn=urn(), olds=state, news=to_struct(obj("ConfigMap"))), context)
    assert response.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert not response.detailedDiff


def test_a_failure_of_the_target_is_the_answers_status(
    provider: KubernetesProvider, context: Any, rendered: Path
) -> None:
    rendered.write_text("a file where the folder should be")
    with pytest.raises(AbortedError, match=r"cannot write rendered/1-manifest") as error:
        create(provider, context, obj("ConfigMap"))
    assert error.value.code is grpc.StatusCode.UNKNOWN


def test_what_is_not_offered_says_so(provider: KubernetesProvider, context: Any) -> None:
    calls = (
        (provider.Invoke, provider_pb2.InvokeRequest(tok="kubernetes:yaml:decode")),
        (provider.Call, provider_pb2.CallRequest(tok="kubernetes:x:y")),
        (provider.Construct, provider_pb2.ConstructRequest(type="kubernetes:helm.sh/v4:Chart")),
    )
    for call, request in calls:
        with pytest.raises(AbortedError, match="needs the official plugin") as error:
            call(request, context)
        assert error.value.code is grpc.StatusCode.UNIMPLEMENTED


def test_unmarked_values_come_back_unmarked(provider: KubernetesProvider, context: Any) -> None:
    outputs = to_python(create(provider, context, obj("ConfigMap", data={"a": secret("s"), "b": "t"})).properties)
    assert outputs["data"] == {"a": secret("s"), "b": "t"}
    assert reveal(outputs["__inputs"]["data"]) == {"a": "s", "b": "t"}
