"""Values to and from the engine, and where secrets are in them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_compiler.provider.sensitive import mark_secrets
from platform_compiler.provider.wire import (
    SIGNATURE,
    UNKNOWN,
    has_foreign,
    has_secrets,
    has_unknowns,
    reveal,
    secret,
    to_python,
    to_struct,
)

SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(st.dictionaries(st.text(), VALUES))
def test_a_value_survives_the_way_there_and_back(value: dict[str, Any]) -> None:
    assert to_python(to_struct(value)) == value


def test_marks_survive_and_can_be_taken_off() -> None:
    value = {"a": 1, "b": 1.5, "c": [True, "x", {"d": []}], "e": {}, "f": secret("s"), "g": UNKNOWN, "h": None}
    assert to_python(to_struct(value)) == value
    assert reveal({"data": secret({"a": [secret(1)]})}) == {"data": {"a": [1]}}
    assert secret(secret("x")) == secret("x")


def test_numbers_without_a_fraction_are_whole() -> None:
    assert [repr(number) for number in to_python(to_struct({"a": [1, 2.0, 2.5, -3]}))["a"]] == ["1", "2", "2.5", "-3"]


def test_what_has_no_form_in_a_message_is_refused() -> None:
    with pytest.raises(TypeError, match="set"):
        to_struct({"a": {1, 2}})


def test_marks_are_found_at_any_depth() -> None:
    assert has_unknowns({"a": [{"b": UNKNOWN}]})
    assert has_secrets({"a": [{"b": secret("x")}]})
    assert has_foreign({"a": [{SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "text": "a file"}]})
    assert not has_foreign(secret("x"))
    assert not has_unknowns({"a": "b"})


def test_secrets_are_marked_again_where_they_were() -> None:
    marked = {"spec": {"env": [{"value": secret("s")}], "token": secret("t"), "plain": "p"}}
    result = mark_secrets({"spec": {"env": [{"value": "s"}], "token": "t", "plain": "p"}}, marked)
    assert result == {"spec": {"env": secret([{"value": "s"}]), "token": secret("t"), "plain": "p"}}


def test_secrets_stay_secret_when_the_shape_changes() -> None:
    assert mark_secrets({"a": {"b": "c"}}, {"a": secret("x")}) == {"a": secret({"b": "c"})}
    assert mark_secrets({"a": "x"}, {"a": {"b": secret("x")}}) == {"a": secret("x")}


def test_the_data_of_a_secret_is_always_secret() -> None:
    marked = mark_secrets({"kind": "Secret", "data": {"a": "b"}, "type": "Opaque"}, {})
    assert marked == {"kind": "Secret", "data": secret({"a": "b"}), "type": "Opaque"}
    config = mark_secrets({"kind": "ConfigMap", "data": {"a": "b", "c": "d"}}, {"data": {"a": secret("b")}})
    assert config["data"] == {"a": secret("b"), "c": "d"}
