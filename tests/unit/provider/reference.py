"""What the official provider stored, previewed and printed for one small program, made comparable (see `REFERENCE`).

Its secrets are encrypted with a key that nobody here has. Where one is needed, the same invented value takes the place
of each, so that unchanged secrets are equal and only the places of secrets are compared.
"""

from __future__ import annotations

import json
import re
from typing import Any

from platform_compiler.provider.wire import SECRET, SIGNATURE
from tests.conftest import SHARED

REFERENCE = SHARED / "data" / "pulumi-kubernetes-reference"
"""Official provider 4.34.2 with CLI 3.259.0, in render and cluster mode: create; update; preview of a replacement."""
STATES = ("render-1", "render-2", "cluster-1", "cluster-2")
PREVIEWS = {
    "render-1": "render-2-preview",
    "render-2": "render-3-preview-replace",
    "cluster-1": "cluster-2-preview",
    "cluster-2": "cluster-3-preview-replace",
}
"""Each state, and what was previewed on it."""
SECRET_DATA = {"TOKEN": "aHVudGVyMg=="}
SECRET_TEXT = {"TOKEN": "hunter2"}
PROVIDER = "pulumi:providers:kubernetes"
_TOLD = re.compile(r" kubernetes:\S+ \S+ .*?((?:warning: )?(?:rendered|deleted) (?:rendered/|file |YAML ).*)")


def deployment(state: str) -> dict[str, Any]:
    """A stored deployment, with invented secrets in plaintext, as `pulumi stack export --show-secrets` has them."""
    value: dict[str, Any] = json.loads((REFERENCE / f"{state}-state.json").read_text())["deployment"]
    plain: dict[str, Any] = _with_secrets(value, {SIGNATURE: SECRET, "plaintext": json.dumps(SECRET_DATA)})
    return plain


def resources(state: str) -> list[dict[str, Any]]:
    """The Kubernetes objects in a state, with invented secrets as the engine sends them."""
    items = json.loads((REFERENCE / f"{state}-state.json").read_text())["deployment"]["resources"]
    return [_with_secrets(item, _sent_secret()) for item in items if item["type"].startswith("kubernetes:")]


def provider_of(state: str) -> dict[str, Any]:
    """The provider's own resource in a state."""
    items = json.loads((REFERENCE / f"{state}-state.json").read_text())["deployment"]["resources"]
    (found,) = [item for item in items if item["type"] == PROVIDER]
    assert isinstance(found, dict)
    return found


def steps(state: str) -> dict[str, dict[str, Any]]:
    """The steps that were previewed on a state, by URN; what is not there stays the same."""
    preview = json.loads((REFERENCE / f"{PREVIEWS[state]}.json").read_text())
    return {step["urn"]: _with_secrets(step, _sent_secret()) for step in preview["steps"]}


def program_inputs(item: dict[str, Any]) -> dict[str, Any]:
    """What a program would send for a stored resource: its inputs, with a Secret's data as text."""
    inputs = dict(item["inputs"])
    if item["type"].endswith(":Secret"):
        inputs.pop("data")
        inputs["stringData"] = {SIGNATURE: SECRET, "value": SECRET_TEXT}
    return inputs


def told(run: str) -> list[str]:
    """What the provider told while a run changed resources: each text once, in the order of the texts."""
    lines = (REFERENCE / f"{run}-up.txt").read_text().splitlines()
    found = (_TOLD.search(line) for line in lines)
    return sorted({match[1].strip() for match in found if match})


def without_random(outputs: dict[str, Any]) -> dict[str, Any]:
    """Outputs without what the official provider draws at random."""
    return {key: value for key, value in outputs.items() if key != "__fieldManager"}


def _sent_secret() -> dict[str, Any]:
    return {SIGNATURE: SECRET, "value": dict(SECRET_DATA)}


def _with_secrets(value: Any, replacement: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return replacement
        return {key: _with_secrets(item, replacement) for key, item in value.items()}
    return [_with_secrets(item, replacement) for item in value] if isinstance(value, list) else value
