"""The provider's own config: what it may be, what it means, and which changes of it need every object anew.

Values come as texts, for Pulumi's config has no other type: booleans are "true" and "false", objects are JSON. Options
that only matter for the official provider (Helm, client limits) are taken and not used. Two clusters are the same when
their kubeconfig says the same of them, or when both configs carry the same `clusterIdentifier`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from platform_compiler.provider.objects import Object
from platform_compiler.provider.wire import UNKNOWN, reveal

RENDER: Final = "renderYamlToDirectory"
IDENTIFIER: Final = "clusterIdentifier"
CONNECTION: Final = ("kubeconfig", "context", "cluster")
PATH_LIMIT: Final = 1024
"""A longer kubeconfig, in characters, is no path of one."""
_VARIABLE: Final = "kubernetes:config:"
_SWITCHES: Final = {
    "enableServerSideApply": "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY",
    "enableConfigMapMutable": "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE",
    "enableSecretMutable": "PULUMI_K8S_ENABLE_SECRET_MUTABLE",
}
"""Boolean options and the environment variables that stand in for them."""

Failure = tuple[str, str]
"""A property and what is wrong with it."""


class ConfigError(ValueError):
    """The provider's config cannot be read."""


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """The options that matter here."""

    render_folder: str = ""
    namespace: str = ""
    client_side_apply: bool = False
    config_map_mutable: bool = False
    secret_mutable: bool = False
    always_render: bool = False
    connection: tuple[str, str, str] = ("", "", "")
    """The kubeconfig (its text or path), its context and cluster; empty for the ones in use."""


def read_config(variables: Mapping[str, str], arguments: Object, environment: Mapping[str, str]) -> ProviderConfig:
    """The config as the engine sends it: `variables` by prefixed name, `arguments` as the provider's inputs."""
    named = {key.removeprefix(_VARIABLE): value for key, value in variables.items() if key.startswith(_VARIABLE)}
    raw: dict[str, Any] = {**named, **reveal(arguments)}

    def switch(name: str, *, default: bool) -> bool:
        value = raw.get(name, environment.get(_SWITCHES.get(name, "")))
        return default if value is None else _is_true(value)

    return ProviderConfig(
        render_folder=_text(raw.get(RENDER)),
        namespace=_text(raw.get("namespace")),
        client_side_apply=not switch("enableServerSideApply", default=True),
        config_map_mutable=switch("enableConfigMapMutable", default=False),
        secret_mutable=switch("enableSecretMutable", default=False),
        always_render=switch("alwaysRender", default=False),
        connection=(_text(raw.get("kubeconfig")), _text(raw.get("context")), _text(raw.get("cluster"))),
    )


def check_config(news: Object, environment: Mapping[str, str]) -> list[Failure]:
    """What contradicts itself in a provider's inputs."""
    config = reveal(news)
    renders = bool(config.get(RENDER))
    failures = [
        (key, f'"{key}" arg is not compatible with "{RENDER}" arg')
        for key in ("cluster", "context", "kubeconfig")
        if renders and config.get(key) and not _is_ambient(key, config[key], environment)
    ]
    if _is_true(config.get("alwaysRender")) and not renders:
        failures.append(("alwaysRender", f'"alwaysRender" requires "{RENDER}" to be set'))
    return failures


def diff_config(olds: Object, news: Object) -> tuple[list[str], list[str]]:
    """The changed options, and those of them that mean another target; raises `ConfigError`."""
    old, new = reveal(olds), reveal(news)
    changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key) and _counts(key))
    if new.get(IDENTIFIER) and old.get(IDENTIFIER) == new[IDENTIFIER]:
        return changed, []
    replaces = [IDENTIFIER] if IDENTIFIER in changed and old.get(IDENTIFIER) and new.get(IDENTIFIER) else []
    unknown = [key for key in CONNECTION if new.get(key) == UNKNOWN]
    if unknown:
        return changed, [*replaces, *unknown]
    if RENDER in changed:
        replaces.append(RENDER)
    touched = [key for key in CONNECTION if key in changed]
    if touched and _is_another_cluster(old, new):
        replaces.extend(touched)
    return changed, replaces


def _counts(key: str) -> bool:
    return key != "version" and not key.startswith("__")


def _text(value: Any) -> str:
    return value if isinstance(value, str) and value != UNKNOWN else ""


def _is_true(value: Any) -> bool:
    return value is True or value == "true"


def _is_ambient(key: str, value: Any, environment: Mapping[str, str]) -> bool:
    """The SDKs fill `kubeconfig` from the environment: that is no contradiction."""
    return key == "kubeconfig" and value == environment.get("KUBECONFIG")


def _is_another_cluster(old: Object, new: Object) -> bool:
    before, after = _active_cluster(old), _active_cluster(new)
    return before is not None and after is not None and before != after


def _active_cluster(config: Object) -> Any:
    """What the kubeconfig says of the cluster that the config selects; None where it does not."""
    kubeconfig = _load(config.get("kubeconfig"))
    contexts = {item.get("name"): item.get("context") for item in kubeconfig.get("contexts") or ()}
    clusters = {item.get("name"): item.get("cluster") for item in kubeconfig.get("clusters") or ()}
    context = contexts.get(config.get("context") or kubeconfig.get("current-context"))
    return clusters.get(config.get("cluster") or context.get("cluster")) if context else None


def _load(kubeconfig: Any) -> Object:
    """A kubeconfig given as an object, as text, or as the path of a file."""
    import yaml  # noqa: PLC0415 - only a changed connection needs it, and it costs 20 ms of every start

    if not kubeconfig or isinstance(kubeconfig, dict):
        return kubeconfig or {}
    text = str(kubeconfig)
    try:
        if "\n" not in text and len(text) < PATH_LIMIT and Path(text).expanduser().is_file():
            text = Path(text).expanduser().read_text(encoding="utf-8")
        value = json.loads(text) if text.startswith("{") else yaml.load(text, Loader=yaml.CSafeLoader)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"cannot read the kubeconfig: {error}") from None
    return value if isinstance(value, dict) else {}
