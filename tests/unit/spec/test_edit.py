"""Edits of YAML texts: only what must change does, and what cannot be changed rightly is refused."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from platform_compiler.diagnostics import CompileError
from platform_compiler.spec.edit import CannotEditError, Edit, Move, Put, Remove, flow_text, rewrite
from platform_compiler.spec.parsing import parse_document
from platform_compiler.spec.source import Document, KeyPath

SPEC = """# top
app: web   # name
health: "/x"  # asked often
# the variables
env:
  A: 1 # one

  # two
  B: |
    hello
     x

  C: [a,
      b]
probes: {readiness: {http: /r}, liveness: {http: /l} }
# environments follow
environments:
  dev:
    health: null
    components: {api: {health: /q}}
"""


def edited(text: str, *edits: Edit) -> str:
    return rewrite(parse_document("f.yaml", text), edits).text


def lines_changed(text: str, *edits: Edit) -> list[str]:
    """The lines that the edits remove (`-`) and add (`+`), in order."""
    old, new = text.splitlines(keepends=True), edited(text, *edits).splitlines(keepends=True)
    same = 0
    while old[: same + 1] == new[: same + 1] and same < len(old):
        same += 1
    old, new = old[same:], new[same:]
    while old and new and old[-1] == new[-1]:
        old.pop()
        new.pop()
    return [f"-{line}" for line in old] + [f"+{line}" for line in new]


@pytest.mark.parametrize(
    ("edit", "changed"),
    [
        (Move(("health",), ("path",)), ['-health: "/x"  # asked often\n', '+path: "/x"  # asked often\n']),
        (
            Move(("health",), ("checks", "http")),
            ['-health: "/x"  # asked often\n', "+checks:\n", '+  http: "/x"  # asked often\n'],
        ),
        (Remove(("health",)), ['-health: "/x"  # asked often\n']),
        (Remove(("env", "A")), ["-  A: 1 # one\n"]),
        (Remove(("env", "B")), ["-  B: |\n", "-    hello\n", "-     x\n"]),
        (Remove(("env", "C")), ["-  C: [a,\n", "-      b]\n"]),
        (Put(("env", "A"), "no"), ["-  A: 1 # one\n", '+  A: "no" # one\n']),
        (Put(("health",), [1, "a b"]), ['-health: "/x"  # asked often\n', '+health: [1, "a b"]  # asked often\n']),
        (
            Remove(("probes", "liveness")),
            ["-probes: {readiness: {http: /r}, liveness: {http: /l} }\n", "+probes: {readiness: {http: /r} }\n"],
        ),
        (
            Remove(("probes", "readiness")),
            ["-probes: {readiness: {http: /r}, liveness: {http: /l} }\n", "+probes: {liveness: {http: /l} }\n"],
        ),
        (
            Remove(("probes", "readiness", "http")),
            [
                "-probes: {readiness: {http: /r}, liveness: {http: /l} }\n",
                "+probes: {readiness: {}, liveness: {http: /l} }\n",
            ],
        ),
        (Put(("port",), 80), ["+port: 80\n"]),
        (
            Move(("environments", "dev", "health"), ("environments", "dev", "probes", "http")),
            ["-    health: null\n", "+    probes:\n", "+      http: null\n"],
        ),
        (
            Move(
                ("environments", "dev", "components", "api", "health"),
                ("environments", "dev", "components", "api", "probes", "http"),
            ),
            ["-    components: {api: {health: /q}}\n", "+    components: {api: {probes: {http: /q}}}\n"],
        ),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_only_the_touched_lines_change(edit: Edit, changed: list[str], newline: str) -> None:
    text = SPEC.replace("\n", newline)
    assert lines_changed(text, edit) == [line.replace("\n", newline) for line in changed]


def test_a_comment_stays_when_its_value_moves_into_braces() -> None:
    changed = lines_changed(SPEC, Move(("health",), ("probes", "startup", "http")))
    assert changed[:2] == ['-health: "/x"  # asked often\n', "-# the variables\n"]
    assert "+# asked often\n" in changed
    assert '+probes: {readiness: {http: /r}, liveness: {http: /l}, startup: {http: "/x"} }\n' in changed


def test_a_block_moves_with_its_layout() -> None:
    text = edited(SPEC, Move(("env",), ("container", "variables")))
    assert text.startswith('# top\napp: web   # name\nhealth: "/x"  # asked often\n# the variables\ncontainer:\n')
    assert (
        "  variables:\n    A: 1 # one\n\n    # two\n    B: |\n      hello\n       x\n\n    C: [a,\n        b]\n" in text
    )
    back = edited(text, Move(("container", "variables"), ("env",)))
    assert "env:\n  A: 1 # one\n\n  # two\n  B: |\n    hello\n     x\n\n  C: [a,\n      b]\n# environ" in back
    assert parse_document("f.yaml", back).data["env"] == parse_document("f.yaml", SPEC).data["env"]


@pytest.mark.parametrize(
    ("text", "edit", "expected"),
    [
        ("a: 1\nb:\n  # c\n  d: 2 # e\n", Remove(("b", "d")), "a: 1\nb: {}\n  # c\n"),
        ("a: 1\nb: 2", Remove(("b",)), "a: 1\n"),
        ("é: 😀\n'😀': {b: 1, é: 2}\n", Move(("😀", "é"), ("c",)), "é: 😀\n'😀': {b: 1}\nc: 2\n"),
        ("a: 1\nb: 2", Put(("c", "d"), True), "a: 1\nb: 2\nc:\n  d: true"),
        ("a: {}\n", Put(("a", "b", "c"), 1), "a: {b: {c: 1}}\n"),
        ("a: {b: 1,}\n", Remove(("a", "b")), "a: {}\n"),
        ("a: {b: 1, # x\n    c: 2}\n", Remove(("a", "c")), "a: {b: 1, # x\n    }\n"),
        ("a: {b: 1, # x\n    c: 2}\n", Put(("a", "d"), 3), "a: {b: 1, # x\n    c: 2, d: 3}\n"),
        ("a:\nb: 1\n", Put(("a",), 2), "a: 2\nb: 1\n"),
        ("a: &x 1\nb: *x\nc: 0\n", Put(("c",), 3), "a: &x 1\nb: *x\nc: 3\n"),
        ('"a" : 1\n', Move(("a",), ("b",)), "b : 1\n"),
        ("a: x, y\nb: {c: 1}\n", Move(("a",), ("b", "d")), 'b: {c: 1, d: "x, y"}\n'),
        ("a:\n- 1\n- 2\nb: 0\n", Move(("a",), ("c", "d")), "c:\n  d:\n  - 1\n  - 2\nb: 0\n"),
        ("a:\n  b:\n    - c: 1\n", Put(("a", "b"), []), "a:\n  b: []\n"),
    ],
)
def test_layouts(text: str, edit: Edit, expected: str) -> None:
    assert edited(text, edit) == expected


ANCHORED = "web: &w\n  name: &n one\n  port: 1 # p\napi: *w\nother: {name: *n}\n"


def test_edits_behind_an_alias_are_done_at_its_anchor() -> None:
    both = [Move((app, "port"), (app, "ports", "http")) for app in ("web", "api")]
    assert edited(ANCHORED, *both) == ANCHORED.replace("  port: 1 # p", "  ports:\n    http: 1 # p")
    names = [Put((app, "name"), "two") for app in ("web", "api", "other")]
    assert edited(ANCHORED, *names) == ANCHORED.replace("&n one", "&n two")


@pytest.mark.parametrize(
    "edit", [Move(("api", "port"), ("api", "x")), Put(("other", "name"), "two"), Remove(("web", "name"))]
)
def test_edits_that_would_change_more_are_refused(edit: Edit) -> None:
    with pytest.raises(CannotEditError):
        edited(ANCHORED, edit)


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        ("a:\n  b: 1\nc: {}\n", Move(("a",), ("c", "d"))),
        ("a: |\n  b\nc: {}\n", Move(("a",), ("c", "d"))),
        ("a: 1\nb: 2\n", Move(("a",), ("b", "c"))),
    ],
)
def test_what_has_no_place_is_refused(text: str, edit: Edit) -> None:
    with pytest.raises(CannotEditError):
        edited(text, edit)


words = st.text(alphabet="abcé: #'\"{},-", min_size=1, max_size=5)
scalars = st.one_of(words, st.integers(-99, 99), st.booleans(), st.none(), st.just("x\ny\n"))
trees = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3))
mappings = st.dictionaries(words, trees, min_size=1, max_size=4)


def paths(value: Any, path: KeyPath = ()) -> list[KeyPath]:
    if not isinstance(value, dict):
        return [path]
    return [path, *(found for key, item in value.items() for found in paths(item, (*path, key)))]


@given(mappings, st.data())
def test_any_edit_of_any_layout_is_right_or_refused(data: dict[str, Any], draw: st.DataObject) -> None:
    """`rewrite` holds text and data against each other; here the untouched comments and lines are looked at, too."""
    style = draw.draw(st.sampled_from([False, None, True]))
    document = readable(yaml.safe_dump(data, allow_unicode=True, default_flow_style=style, sort_keys=False))
    source = draw.draw(st.sampled_from([path for path in paths(document.data) if path]))
    edit: Edit = draw.draw(
        st.sampled_from([Remove(source), Put(source, "new"), Put((*source[:-1], "ø"), 1), Move(source, ("ø", "å"))])
    )
    try:
        text = rewrite(document, [edit]).text
    except CannotEditError:
        return
    if isinstance(edit, Remove):
        assert len(text) < len(document.text) + 3
    assert text != document.text


names = st.text(alphabet="abcdef", min_size=1, max_size=3)
plain_trees = st.recursive(st.integers(0, 99), lambda inner: st.dictionaries(names, inner, min_size=1, max_size=3))


@given(st.dictionaries(names, plain_trees, min_size=2, max_size=4), st.data())
def test_comments_outlive_every_edit_of_one_value(data: dict[str, Any], draw: st.DataObject) -> None:
    """Every line gets a comment above it and one behind it, some mappings stand in braces."""
    lines = []
    for number, line in enumerate(yaml.safe_dump(data, sort_keys=False).splitlines()):
        indent = line[: len(line) - len(line.lstrip())]
        lines.append(f"{indent}# above {number}\n{line} # behind {number}\n")
    document = parse_document("f.yaml", "".join(lines) + "inline: {x: 1, w: {z: 2}} # behind it\n")
    leaves = [path for path in paths(document.data) if not isinstance(value_at(document.data, path), dict)]
    leaf = draw.draw(st.sampled_from(leaves))
    target = draw.draw(st.sampled_from([(*leaf[:-1], "new"), ("new", "er"), ("inline", "w", "new"), ("inline", "new")]))
    edit: Edit = draw.draw(st.sampled_from([Remove(leaf), Put(leaf, "new"), Move(leaf, target), Put(target, 1)]))
    text = rewrite(document, [edit]).text
    lost = set(comments(document.text)) - set(comments(text))
    assert len(lost) <= (1 if isinstance(edit, Remove) else 0)
    assert not any("above" in comment for comment in lost)


def value_at(data: Any, path: KeyPath) -> Any:
    for step in path:
        data = data[step]
    return data


def comments(text: str) -> list[str]:
    return [line.partition("# ")[2] for line in text.splitlines() if "# " in line]


def readable(text: str) -> Document:
    try:
        return parse_document("f.yaml", text)
    except CompileError:
        return parse_document("f.yaml", "a: 1\n")  # an ambiguous word: another text will do


@given(trees)
def test_values_are_written_on_one_line(value: Any) -> None:
    text = flow_text(value)
    assert "\n" not in text
    assert parse_document("f.yaml", f"a: {text}\n").data == {"a": value}
