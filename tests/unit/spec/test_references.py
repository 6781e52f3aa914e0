"""References in texts."""

from __future__ import annotations

import pytest

from platform_compiler.spec.references import BadReference, Reference, parse_text


def test_texts_split_into_literals_and_references() -> None:
    parts = parse_text("http://${apps.shop.host}:${components.db.port}/$${x}")
    assert parts == (
        "http://",
        Reference("apps", ("shop", "host"), "${apps.shop.host}"),
        ":",
        Reference("components", ("db", "port"), "${components.db.port}"),
        "/",
        "${",
        "x}",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${component.db.url}", "one of apps"),
        ("${apps.x}", "${apps.APP.OUTPUT}"),
        ("${secrets}", "${secrets.NAME}"),
        ("${secrets.a.b}", "${secrets.NAME}"),
        ("${apps.x.url", "a closing }"),
        ("${apps. x.url}", "${apps.APP.OUTPUT}"),
        ("${}", "one of apps"),
    ],
)
def test_bad_references_say_what_was_expected(text: str, expected: str) -> None:
    (part,) = parse_text(text)
    assert isinstance(part, BadReference)
    assert expected in part.expected


def test_every_bad_reference_of_a_text_is_found() -> None:
    parts = parse_text("${foo.bar} ${environment.name} ${bar.x}")
    assert [part.text for part in parts if isinstance(part, BadReference)] == ["${foo.bar}", "${bar.x}"]
