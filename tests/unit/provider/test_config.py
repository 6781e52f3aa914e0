"""The provider's own config."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from platform_compiler.provider.config import ConfigError, check_config, diff_config, read_config
from platform_compiler.provider.wire import UNKNOWN, secret


def kubeconfig(server: str, *, token: str = "t") -> str:
    return (
        f"clusters: [{{name: c, cluster: {{server: {server}}}}}, {{name: d, cluster: {{server: other}}}}]\n"
        f"users: [{{name: u, user: {{token: {token}}}}}]\n"
        "contexts: [{name: x, context: {cluster: c, user: u}}, {name: y, context: {cluster: d, user: u}}]\n"
        "current-context: x\n"
    )


def test_options_come_from_variables_arguments_and_the_environment() -> None:
    variables = {"kubernetes:config:namespace": "team", "kubernetes:config:enableSecretMutable": "true", "other:x": "y"}
    arguments = {"renderYamlToDirectory": secret("out"), "enableServerSideApply": "false"}
    config = read_config(variables, arguments, {"PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE": "true"})
    assert (config.render_folder, config.namespace) == ("out", "team")
    assert (config.client_side_apply, config.config_map_mutable, config.secret_mutable) == (True, True, True)
    assert not config.always_render
    assert read_config({}, {}, {}).render_folder == ""


@pytest.mark.parametrize(
    ("news", "failed"),
    [
        ({"renderYamlToDirectory": "out"}, []),
        ({"renderYamlToDirectory": "out", "context": "c", "cluster": "d"}, ["cluster", "context"]),
        ({"renderYamlToDirectory": "out", "kubeconfig": "/own"}, ["kubeconfig"]),
        ({"renderYamlToDirectory": "out", "kubeconfig": "/ambient"}, []),
        ({"alwaysRender": "true"}, ["alwaysRender"]),
        ({"context": "c", "clusterIdentifier": "x"}, []),
    ],
)
def test_a_config_that_contradicts_itself_is_refused(news: dict[str, Any], failed: list[str]) -> None:
    assert [key for key, _ in check_config(news, {"KUBECONFIG": "/ambient"})] == failed


@pytest.mark.parametrize(
    ("old", "new", "changed", "replaces"),
    [
        ({"version": "1", "__internal": {}}, {"version": "2"}, [], []),
        ({"renderYamlToDirectory": "a"}, {"renderYamlToDirectory": "b"}, ["renderYamlToDirectory"], True),
        (
            {"renderYamlToDirectory": "a", "clusterIdentifier": "x"},
            {"renderYamlToDirectory": "b", "clusterIdentifier": "x"},
            ["renderYamlToDirectory"],
            False,
        ),
        ({"clusterIdentifier": "x"}, {"clusterIdentifier": "y"}, ["clusterIdentifier"], True),
        ({}, {"clusterIdentifier": "y"}, ["clusterIdentifier"], False),
        ({"namespace": "a"}, {"namespace": "b"}, ["namespace"], False),
        ({"kubeconfig": kubeconfig("a")}, {"kubeconfig": kubeconfig("b")}, ["kubeconfig"], True),
        ({"kubeconfig": kubeconfig("a")}, {"kubeconfig": kubeconfig("a", token="new")}, ["kubeconfig"], False),
        (
            {"kubeconfig": kubeconfig("a")},
            {"kubeconfig": kubeconfig("a"), "context": "y"},
            ["context"],
            True,
        ),
        ({"context": "x"}, {"context": "y"}, ["context"], False),
        ({"kubeconfig": kubeconfig("a")}, {"kubeconfig": UNKNOWN}, ["kubeconfig"], True),
    ],
)
def test_another_target_replaces_everything(
    old: dict[str, Any], new: dict[str, Any], changed: list[str], replaces: bool
) -> None:
    assert diff_config(old, new) == (changed, changed if replaces else [])


def test_a_kubeconfig_may_be_a_file_or_an_object(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(kubeconfig("a"))
    assert diff_config({"kubeconfig": kubeconfig("a")}, {"kubeconfig": str(file)})[1] == []
    given = {
        "clusters": [{"name": "c", "cluster": {"server": "b"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c"}}],
        "current-context": "x",
    }
    assert diff_config({"kubeconfig": str(file)}, {"kubeconfig": given})[1] == ["kubeconfig"]
    with pytest.raises(ConfigError, match="cannot read the kubeconfig"):
        diff_config({"kubeconfig": "a: ["}, {"kubeconfig": str(file)})
