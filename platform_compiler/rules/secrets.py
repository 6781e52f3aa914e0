"""PC406: a secret stands only where Kubernetes keeps secrets: in the `data` and `stringData` of a Secret.

Inputs are checked when they are validated; this rule finds what a blueprint's own code would put in clear. A manifest
without secrets is plain data, which `marshal` writes in microseconds and refuses otherwise; only a manifest that it
refuses is searched.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator
from typing import Any

from platform_compiler.diagnostics import Diagnostic
from platform_compiler.graph.resource import Graph
from platform_compiler.graph.secret import SecretText
from platform_compiler.rules.view import View


def secrets_stay_secret(graph: Graph, view: View) -> Iterator[Diagnostic]:
    """No manifest but a Secret's data holds a secret."""
    if _is_plain([resource.manifest for resource in graph]):
        return
    for resource in graph:
        if _is_plain(resource.manifest):
            continue
        for key, value in resource.manifest.items():
            if resource.kind == "Secret" and key in {"data", "stringData"}:
                continue
            path = _find_secret(value, key)
            if path is not None:
                summary = f"{resource.origin.blueprint} puts a secret in clear into {resource.kind} {path}"
                expected = "a reference to a Secret"
                yield Diagnostic("PC406", summary, view.locate(resource.origin), expected, view.author(resource))


def _is_plain(data: Any) -> bool:
    try:
        marshal.dumps(data)
    except ValueError:
        return False
    return True


def _find_secret(value: Any, path: str) -> str | None:
    kind = type(value)
    if kind is dict:
        for key, item in value.items():
            if type(item) is not str and (found := _find_secret(item, f"{path}.{key}")):
                return found
    elif kind is list:
        for index, item in enumerate(value):
            if type(item) is not str and (found := _find_secret(item, f"{path}[{index}]")):
                return found
    elif kind is SecretText:
        return path
    return None
