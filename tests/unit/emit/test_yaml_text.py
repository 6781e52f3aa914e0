"""Our YAML writer against PyYAML's reader."""

from __future__ import annotations

import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from platform_compiler.emit.yaml_text import to_yaml

texts = st.one_of(
    st.text(max_size=12),
    st.text(alphabet=st.sampled_from("aZ0 :#-\n\t'\"\\{}[]&*!|>%@`,?é\u2028\x85\x7f\x00\ufeff😀=~./_"), max_size=9),
    st.sampled_from(
        ["no", "On", "null", "~", "", "1e3", "0x1f", "1_000", "12:30", "2026-01-01", "=", "<<", ".inf", "-", "70%"]
    ),
)
scalars = st.one_of(texts, st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False, allow_infinity=False))
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4))


@given(st.dictionaries(texts, values, max_size=5))
def test_what_is_written_is_read_back(value: dict[str, object]) -> None:
    assert yaml.load(to_yaml(value), yaml.CSafeLoader) == value


def test_manifests_look_as_people_write_them() -> None:
    manifest = {"a": {"b": ["x", {"c": 1, "d": []}], "e": {}}, "script": "line one\nline two\n", "cpu": "250m"}
    assert to_yaml(manifest) == (
        "a:\n  b:\n  - x\n  - c: 1\n    d: []\n  e: {}\nscript: |\n  line one\n  line two\ncpu: 250m\n"
    )


@pytest.mark.parametrize("value", [object(), {1, 2}, math.nan, math.inf, (1,)])
def test_what_yaml_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        to_yaml({"a": value})
