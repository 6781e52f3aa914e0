"""Values as Pulumi's engine sends them (`google.protobuf.Struct`) to plain Python and back.

Secrets and unknowns keep their form: a secret is a dict with Pulumi's signature key, an unknown a constant text. So
they pass through the provider untouched, and come back to the engine as what they were.
Source: Pulumi SDK, `sdk/proto/pulumi/resource.proto` and the constants of `sdk/go/common/resource/properties.go`.
"""

from __future__ import annotations

from typing import Any, Final

from google.protobuf.struct_pb2 import ListValue, Struct, Value

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
    """A dict as a struct; null values are left out, as the official provider does."""
    struct = Struct()
    _fill(struct, value)
    return struct


def _fill(struct: Struct, value: dict[str, Any]) -> None:
    for key, item in value.items():
        if item is not None:
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
        target.null_value = 0  # type: ignore[assignment]
    else:
        raise TypeError(f"{kind.__name__} cannot be sent to the engine")


def _extend(target: ListValue, items: list[Any]) -> None:
    target.SetInParent()
    for item in items:
        _set(target.values.add(), item)


def secret(value: Any) -> dict[str, Any]:
    """`value` marked secret; what is marked already stays as it is."""
    return value if is_secret(value) else {SIGNATURE: SECRET, "value": value}


def is_secret(value: Any) -> bool:
    """Whether `value` itself is marked secret."""
    return isinstance(value, dict) and value.get(SIGNATURE) == SECRET


def reveal(value: Any) -> Any:
    """`value` without any marks of secrets in it."""
    if is_secret(value):
        return reveal(value["value"])
    if isinstance(value, dict):
        return {key: reveal(item) for key, item in value.items()}
    return [reveal(item) for item in value] if isinstance(value, list) else value


def has_unknowns(value: Any) -> bool:
    """Whether anything in `value` is not known yet, as in a preview."""
    if isinstance(value, dict):
        return any(has_unknowns(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknowns(item) for item in value)
    return bool(value == UNKNOWN)
