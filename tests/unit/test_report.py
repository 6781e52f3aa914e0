"""Diagnostics as text, json, sarif and github."""

from __future__ import annotations

import json

from platform_compiler.diagnostics import CompileError, Diagnostic, Location, Severity, nearest, one_of
from platform_compiler.report import as_github, as_json, as_sarif, as_text

PLACE = Location("apps/web.yaml", 3, 7, 4, "port: htpp")
FAULT = Diagnostic("PC204", "port is 'htpp', 100%", PLACE, "a whole number", "did you mean 80?")
WARNING = Diagnostic("PC304", "two claims", severity=Severity.WARNING)


def test_text_points_at_the_source() -> None:
    assert as_text([FAULT, WARNING]) == (
        "apps/web.yaml:3:7: error PC204 invalid-value: port is 'htpp', 100%\n"
        "    3 | port: htpp\n"
        "      |       ^^^^\n"
        "  expected: a whole number\n"
        "  hint: did you mean 80?\n"
        "\n"
        "warning PC304 blueprint-claimed-twice: two claims\n"
        "\n"
        "1 error, 1 warning\n"
    )


def test_text_keeps_tabs_under_tabs_and_clips_long_lines() -> None:
    tabbed = Diagnostic("PC204", "x", Location("f", 1, 3, 1, "\t\tx"))
    assert "\n    1 | \t\tx\n      | \t\t^\n" in as_text([tabbed])
    long = Diagnostic("PC204", "x", Location("f", 1, 5000, 3, "y" * 4999 + "abc" + "z" * 5000))
    source, caret = as_text([long]).splitlines()[1:3]
    assert len(source) < 200
    assert source[caret.index("^") :].startswith("abc")


def test_text_shows_control_characters_and_never_writes_them() -> None:
    control = Diagnostic("PC204", "a \x1b[31mred \u202e text", Location("f", 1, 5, 2, "\x1b[é\x07\x00\x1bz"))
    assert as_text([control]).splitlines()[:3] == [
        "f:1:5: error PC204 invalid-value: a \\x1b[31mred \\u202e text",
        "    1 | \\x1b[é\\x07\\x00\\x1bz",
        "      |           ^^^^^^^^",
    ]


def test_json_holds_every_field() -> None:
    record = json.loads(as_json([FAULT]))["diagnostics"][0]
    assert record["code"] == "PC204"
    assert (record["file"], record["line"], record["column"], record["length"]) == ("apps/web.yaml", 3, 7, 4)
    assert record["hint"] == "did you mean 80?"


def test_sarif_names_rules_and_regions() -> None:
    run = json.loads(as_sarif([FAULT, WARNING]))["runs"][0]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["PC204", "PC304"]
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 3, "startColumn": 7, "endColumn": 11}
    assert run["results"][1]["level"] == "warning"
    assert "locations" not in run["results"][1]


def test_sarif_encodes_the_file_as_a_uri() -> None:
    run = json.loads(as_sarif([Diagnostic("PC204", "x", Location("apps/a b#1%é.yaml"))]))["runs"][0]
    artifact = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "apps/a%20b%231%25%C3%A9.yaml"}


def test_github_escapes_what_its_commands_reserve() -> None:
    line = as_github([FAULT])
    assert line.startswith("::error title=PC204 invalid-value,file=apps/web.yaml,line=3,col=7,endColumn=11::")
    assert "100%25; expected: a whole number" in line
    assert line.count("\n") == 1


def test_errors_are_sorted_and_told_once() -> None:
    other = Diagnostic("PC201", "y", Location("apps/a.yaml", 9))
    assert CompileError([FAULT, other, FAULT]).diagnostics == (other, FAULT)


def test_nearest_names() -> None:
    assert nearest("prot", ["port", "protocol"]) == "port"
    assert nearest("service_port", ["service-port"]) == "service-port"
    assert nearest("zzz", ["port"]) is None
    assert one_of([]) == "there are none"
    assert one_of("abcd", limit=2) == "one of a, b and 2 more"
