"""Deep merge and the layer that wins."""

from __future__ import annotations

from platform_compiler.spec.overlay import Layer, merge, winner
from platform_compiler.spec.parsing import parse_document

BASE = parse_document("base.yaml", "a: {b: 1, c: [1, 2]}\nd: x\n")
OVER = parse_document("over.yaml", "deep:\n  a: {b: 2, c: [3]}\n  d: null\n")


def layers() -> list[Layer]:
    return [Layer("base", BASE.data, BASE, ()), Layer("over", OVER.data["deep"], OVER, ("deep",))]


def test_mappings_merge_lists_are_replaced_null_removes() -> None:
    assert merge([layer.data for layer in layers()]) == {"a": {"b": 2, "c": [3]}}


def test_merging_changes_no_layer() -> None:
    merge([layer.data for layer in layers()])
    assert BASE.data == {"a": {"b": 1, "c": [1, 2]}, "d": "x"}


def test_a_mapping_replaces_a_scalar_and_the_other_way() -> None:
    assert merge([{"a": 1}, {"a": {"b": 2}}]) == {"a": {"b": 2}}
    assert merge([{"a": {"b": 2}}, {"a": 1}]) == {"a": 1}


def test_the_winner_is_the_topmost_that_speaks_of_the_path() -> None:
    over = winner(layers(), ("a", "b"))
    assert over is not None
    assert str(over.locate(("a", "b"))) == "over.yaml:2:10"
    only_base = winner([layers()[0], Layer("over", {"a": {"b": 2}}, OVER, ())], ("a", "c", 1))
    assert only_base is not None
    assert only_base.name == "base"
    assert winner(layers(), ("zzz",)) is None
