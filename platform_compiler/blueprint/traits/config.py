"""What a container runs with: its command line and its variables.

Plain variables are kept in a ConfigMap, secret ones in a Secret, both named by content.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from platform_compiler.blueprint.context import Context, FieldError
from platform_compiler.graph.resource import Resource
from platform_compiler.graph.secret import SecretText

Texts = Mapping[str, str | SecretText]


def command_of(part: Any) -> dict[str, Any]:
    """The `command` and `args` of a container, as far as the spec has them."""
    words = {"command": part.command, "args": part.args}
    return {key: list(value) for key, value in words.items() if value}


def with_own(env: Texts, own: Texts, fields: Mapping[str, str]) -> dict[str, str | SecretText]:
    """The spec's variables and the blueprint's `own`, which would hide one of the same name; `fields` decide those."""
    for name in own:
        if name in env:
            expected = f"`{fields[name]}: VALUE` beside `env`" if name in fields else "no such variable"
            raise FieldError(("env", name), f"the blueprint sets {name} itself", expected=expected)
    return {**env, **own}


def config_objects(
    ctx: Context, env: Texts, steps: Iterable[tuple[str, Texts]]
) -> tuple[Resource | None, Resource | None]:
    """The ConfigMap and the Secret, where there are any, of a container and of the named `steps` around it.

    The plain variables of steps are written where they are used.
    """
    plain = {name: text for name, text in env.items() if isinstance(text, str)}
    secrets = {name: text for name, text in env.items() if isinstance(text, SecretText)}
    for step, texts in steps:
        for name, text in texts.items():
            if isinstance(text, SecretText):
                secrets[f"{step}.{name}"] = text
    config = ctx.config_map("env", plain) if plain else None
    secret = ctx.secret_object("secret", secrets) if secrets else None
    return config, secret


def secret_variables(env: Texts, secret: Resource | None) -> list[dict[str, Any]]:
    """The variables of a container that are kept in `secret` (`core/v1.EnvVar`)."""
    return [_from_secret(name, name, secret) for name, text in sorted(env.items()) if isinstance(text, SecretText)]


def step_variables(step: str, env: Texts, secret: Resource | None) -> list[dict[str, Any]]:
    """Every variable of a step (`core/v1.EnvVar`)."""
    return [
        _from_secret(name, f"{step}.{name}", secret) if isinstance(text, SecretText) else {"name": name, "value": text}
        for name, text in sorted(env.items())
    ]


def _from_secret(name: str, key: str, secret: Resource | None) -> dict[str, Any]:
    assert secret is not None
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": secret.name, "key": key}}}
