"""Strict YAML: values, positions, and that no text at all gets past it with anything but a diagnostic."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from platform_compiler.diagnostics import CompileError, Diagnostic
from platform_compiler.spec.parsing import parse_document


def faults_of(text: str) -> tuple[Diagnostic, ...]:
    """The diagnostics of a text; none when it has data."""
    try:
        document = parse_document("f.yaml", text)
    except CompileError as error:
        return error.diagnostics
    return () if isinstance(document.data, dict) else (Diagnostic("PC110", "no mapping and no error"),)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("8080", 8080),
        ("-1", -1),
        ("0", 0),
        ("1.5", 1.5),
        ("-0.5", -0.5),
        ("1.0", 1.0),
        ("0.00001", 0.00001),
        ("-0.000025", -0.000025),
        ("10000000000000000.0", 1e16),
        ("12345678901234567890", 12345678901234567890),
        ("1.4.2", "1.4.2"),
        ("70%", "70%"),
        ("10Gi", "10Gi"),
        ("2026-01-01", "2026-01-01"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ('"no"', "no"),
        ("'0777'", "0777"),
        ("nose", "nose"),
        ("${a.b}", "${a.b}"),
        ("=", "="),
        ("1" * 100_000 + "x", "1" * 100_000 + "x"),
        ("1:" * 50_000 + "x", "1:" * 50_000 + "x"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_plain_scalars(text: str, value: object) -> None:
    assert parse_document("f.yaml", f"a: {text}\n").data == {"a": value}


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("1.10", 'write 1.1, or "1.10" for the text'),
        ("+5", 'write 5, or "+5" for the text'),
        (".5", 'write 0.5, or ".5" for the text'),
        ("01.5", 'write 1.5, or "01.5" for the text'),
        ("1.5e3", 'write 1500.0, or "1.5e3" for the text'),
        ("1.0e-5", 'write 0.00001, or "1.0e-5" for the text'),
        ("0.000010", 'write 0.00001, or "0.000010" for the text'),
        ("1.0e-300", 'write "1.0e-300" for the text, or a plain decimal'),
        ("1.0e999", 'write "1.0e999" for the text, or a plain decimal'),
        ("12345678901234567890.5", 'write 12345678901234567000.0, or "12345678901234567890.5" for the text'),
        ("5" * 5000, f'write "{"5" * 40}…" for the text, or a plain decimal'),
        ("1" * 100_000 + ".", f'write "{"1" * 40}…" for the text, or a plain decimal'),
    ],
    ids=lambda value: value[:20],
)
def test_numbers_that_would_not_come_out_as_they_are_written_are_refused(text: str, hint: str) -> None:
    assert [(item.code, item.hint) for item in faults_of(f"a: {text}\n")] == [("PC103", hint)]


def test_positions_are_those_of_the_text() -> None:
    document = parse_document("f.yaml", "app: web\nitems:\n  - {é: 1, b: [x, yy]}\n")
    place = document.locate(("items", 0, "b", 1))
    assert (place.line, place.column, place.length) == (3, 19, 2)
    assert document.locate(("items", 0, "b"), key=True).column == 12
    assert document.locate(("items", 7, "nothing")).line == 3
    assert document.line(("items",)) == 2


def test_aliases_are_values() -> None:
    assert parse_document("f.yaml", "a: &x [1, 2]\nb: *x\n").data == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 100_000, "? " * 50_000, "a: &a [*a]\n", "{" * 5000])
def test_deep_or_circular_text_is_refused_quickly(text: str) -> None:
    with pytest.raises(CompileError):
        parse_document("f.yaml", text)


@pytest.mark.parametrize(
    "text",
    [
        f"env: {{A: &a {'x' * 100_000}}}\nargs: [{'*a,' * 12_000}]\n",
        f"a: &a [x, x]\nb: [{'*a,' * 60_000}]\n",
        "a0: &a0 x\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1},' * 9}]\n" for n in range(1, 5000)),
    ],
    ids=["characters", "values", "powers"],
)
def test_what_aliases_repeat_is_limited(text: str) -> None:
    (item,) = faults_of(text)
    assert (item.code, item.expected[:15]) == ("PC107", "at most 65,536 ")


def test_what_stands_in_the_text_is_limited_by_its_size_alone() -> None:
    assert len(parse_document("f.yaml", f"a: &a [{'1,' * 30_000}]\nb: *a\n").data["b"]) == 30_000


@given(st.text(alphabet=st.sampled_from("ab: -\n\t#'\"[]{}&*!|>%@`,?~01.noyes\x00\x85é"), max_size=60))
def test_any_text_gives_data_or_diagnostics(text: str) -> None:
    for item in faults_of(text):
        assert item.location is not None
        assert 1 <= item.location.line <= len(text.splitlines()) + 2  # YAML ends lines at \x85 too


words = st.text(alphabet=st.characters(exclude_categories=("C", "Z"), include_characters=" "), max_size=12)
scalars = st.one_of(words, st.integers(-(10**6), 10**6), st.booleans(), st.none())
trees = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3))


@given(st.dictionaries(words, trees, min_size=1, max_size=4))
def test_what_a_yaml_library_writes_is_read(data: dict[str, object]) -> None:
    text = yaml.safe_dump(data, allow_unicode=True)
    faults = faults_of(text)
    # the only texts that a YAML 1.1 writer leaves plain and we refuse are the ambiguous ones
    assert {item.code for item in faults} <= {"PC103", "PC105"}
    assert faults or parse_document("f.yaml", text).data == data
