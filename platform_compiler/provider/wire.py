"""Values as Pulumi's engine sends them (`google.protobuf.Struct`) to plain Python and back.

Secrets and unknowns keep their form: a secret is a dict with Pulumi's signature key, an unknown a constant text. So
they pass through the provider untouched, and come back to the engine as what they were.
Source: Pulumi SDK, `sdk/proto/pulumi/resource.proto` and the constants of `sdk/go/common/resource/properties.go`.
"""

from __future__ import annotations

from typing import Any, Final

from google.protobuf.struct_pb2 import NULL_VALUE, ListValue, Struct, Value

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a public constant of the protocol
UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def to_python(struct: Struct) -> dict[str, Any]:
    """A struct as a dict; numbers without a fraction become int."""
    return {key: _value(value) for key, value in struct.fields.items()}


def _value(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return value.string_value
    if kind == "struct_value":
        return to_python(value.struct_value)
    if kind == "list_value":
        return [_value(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return value.bool_value if kind == "bool_value" else None


def to_struct(value: dict[str, Any]) -> Struct:
    """A dict as a struct; raises TypeError for what has no form in one."""
    struct = Struct()
    _fill(struct, value)
    return struct


def _fill(struct: Struct, value: dict[str, Any]) -> None:
    for key, item in value.items():
        _set(struct.fields[key], item)


def _set(target: Value, item: Any) -> None:
    kind = type(item)
    if kind is str:
        target.string_value = item
    elif kind is dict:
        target.struct_value.SetInParent()
        _fill(target.struct_value, item)
    elif kind is bool:
        target.bool_value = item
    elif kind is int or kind is float:
        target.number_value = item
    elif kind is list:
        _extend(target.list_value, item)
    elif item is None:
        target.null_value = NULL_VALUE
    else:
        raise TypeError(f"{kind.__name__} cannot be sent to the engine")


def _extend(target: ListValue, items: list[Any]) -> None:
    target.SetInParent()
    for item in items:
        _set(target.values.add(), item)


def secret(value: Any) -> dict[str, Any]:
    """`value` marked secret as a whole; marks inside it go, one that is there already stays."""
    return value if is_secret(value) else {SIGNATURE: SECRET, "value": reveal(value)}


def is_secret(value: Any) -> bool:
    """Whether `value` itself is marked secret."""
    return isinstance(value, dict) and value.get(SIGNATURE) == SECRET


def is_foreign(value: Any) -> bool:
    """Whether `value` is a file, an archive or another thing of Pulumi's own that no Kubernetes object can hold."""
    return isinstance(value, dict) and SIGNATURE in value and value[SIGNATURE] != SECRET


def reveal(value: Any) -> Any:
    """`value` without any marks of secrets in it."""
    if is_secret(value):
        return reveal(value["value"])
    if isinstance(value, dict):
        return {key: reveal(item) for key, item in value.items()}
    return [reveal(item) for item in value] if isinstance(value, list) else value


def has_unknowns(value: Any) -> bool:
    """Whether anything in `value` is not known yet, as in a preview."""
    return _any(value, lambda item: item == UNKNOWN)


def has_secrets(value: Any) -> bool:
    """Whether anything in `value` is marked secret."""
    return _any(value, is_secret)


def has_foreign(value: Any) -> bool:
    """Whether anything in `value` is no plain value (see `is_foreign`)."""
    return _any(value, is_foreign)


def _any(value: Any, test: Any) -> bool:
    if test(value):
        return True
    if isinstance(value, dict):
        return any(_any(item, test) for item in value.values())
    return isinstance(value, list) and any(_any(item, test) for item in value)
