"""PC406, PC702: a manifest is plain data, but for the secrets in the `data` and `stringData` of a Secret.

Inputs are checked when they are validated; this rule finds what a blueprint's own code would put in clear, or what no
format can write, such as a date. Plain data is what `marshal` writes in microseconds and refuses otherwise; only a
manifest that it refuses is searched.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator
from typing import Any

from platform_compiler.diagnostics import Diagnostic
from platform_compiler.graph.resource import Graph
from platform_compiler.graph.secret import SecretText
from platform_compiler.rules.view import View

_SCALARS = frozenset({str, int, float, bool, type(None)})


def secrets_stay_secret(graph: Graph, view: View) -> Iterator[Diagnostic]:
    """No manifest but a Secret's data holds a secret, and none holds anything else that is no plain data."""
    if _is_plain([resource.manifest for resource in graph]):
        return
    for resource in graph:
        if _is_plain(resource.manifest):
            continue
        for key, value in resource.manifest.items():
            kept = resource.kind == "Secret" and key in {"data", "stringData"}
            for path, found in _not_plain(value, key):
                if not isinstance(found, SecretText):
                    code, expected = "PC702", "text, numbers, true, false, null, lists and mappings"
                    what = f"puts a {type(found).__name__}, which is no plain data,"
                elif not kept:
                    code, expected, what = "PC406", "a reference to a Secret", "puts a secret in clear"
                else:
                    continue
                summary = f"{resource.origin.blueprint} {what} into {resource.kind} {path}"
                yield Diagnostic(code, summary, view.locate(resource.origin), expected, view.author(resource))


def _is_plain(data: Any) -> bool:
    try:
        marshal.dumps(data)
    except ValueError:
        return False
    return True


def _not_plain(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    kind = type(value)
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str:
                yield path, key
            yield from _not_plain(item, f"{path}.{key}")
    elif kind is list or kind is tuple:
        for index, item in enumerate(value):
            yield from _not_plain(item, f"{path}[{index}]")
    elif kind not in _SCALARS:
        yield path, value
