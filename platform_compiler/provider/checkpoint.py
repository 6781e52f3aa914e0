"""What stands in Pulumi's state for an object, and how to read it again.

State holds the object as it is there, so that programs can use its fields, and beside them what the provider needs to
know next time: the inputs that made it (`__inputs`), the field manager that owns its fields, and the version of its
API at first. In state the `x-kubernetes-*` fields of a CustomResourceDefinition have underscores, as the SDKs want.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from platform_compiler.provider.objects import Object, annotation
from platform_compiler.provider.sensitive import mark_secrets
from platform_compiler.provider.wire import reveal

INPUTS: Final = "__inputs"
INITIAL_API_VERSION: Final = "__initialApiVersion"
FIELD_MANAGER: Final = "__fieldManager"
FIELD_MANAGER_ANNOTATION: Final = "pulumi.com/patchFieldManager"
CLIENT_SIDE_MANAGER: Final = "pulumi-kubernetes"
_DASHED: Final = {
    f"x_kubernetes_{name.replace('-', '_')}": f"x-kubernetes-{name}"
    for name in (
        "embedded-resource", "int-or-string", "list-map-keys", "list-type", "map-type", "preserve-unknown-fields",
        "validations",
    )
}  # fmt: skip
_UNDERSCORED: Final = {dashed: underscored for underscored, dashed in _DASHED.items()}


@dataclass(frozen=True, slots=True)
class Stored:
    """An object's state, without marks of secrets; everything is empty when there is none."""

    inputs: Object
    live: Object
    field_manager: str
    initial_api_version: str


def read_checkpoint(state: Object) -> Stored:
    """Take a resource's outputs apart."""
    live = with_dashes(reveal(state))
    inputs = live.pop(INPUTS, None) or {}
    return Stored(inputs, live, live.pop(FIELD_MANAGER, "") or "", live.pop(INITIAL_API_VERSION, "") or "")


def checkpoint(inputs: Object, live: Object, *, marked: Object, field_manager: str, initial_api_version: str) -> Object:
    """A resource's outputs; values become secret where they are in `marked`, its inputs with the marks of secrets."""
    marked = _renamed(marked, _UNDERSCORED)
    return {
        **mark_secrets(_renamed(live, _UNDERSCORED), marked),
        FIELD_MANAGER: field_manager,
        INITIAL_API_VERSION: initial_api_version,
        INPUTS: mark_secrets(_renamed(inputs, _UNDERSCORED), marked),
    }


def field_manager(urn: str, inputs: Object, stored: str, *, client_side_apply: bool) -> str:
    """The name that owns the object's fields: the annotated one, the stored one, or one that follows from the URN."""
    if client_side_apply:
        return CLIENT_SIDE_MANAGER
    given = annotation(inputs, FIELD_MANAGER_ANNOTATION)
    return given or stored or f"{CLIENT_SIDE_MANAGER}-{hashlib.sha256(urn.encode()).hexdigest()[:8]}"


def with_dashes(value: Object) -> Object:
    """`value` with the field names that Kubernetes uses."""
    renamed: Object = _renamed(value, _DASHED)
    return renamed


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(key, key): _renamed(item, names) for key, item in value.items()}
    return [_renamed(item, names) for item in value] if isinstance(value, list) else value
