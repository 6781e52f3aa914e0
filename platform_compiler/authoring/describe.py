"""Tells what a blueprint is, from its class alone: inputs with types and defaults, outputs, examples, resources."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic_core import to_jsonable_python

from platform_compiler.authoring.examples import compile_example, examples_of, own_resources
from platform_compiler.blueprint.base import Blueprint
from platform_compiler.blueprint.table import Table

MARK: Final = "<!-- Written by `platc blueprint docs`. Changes are lost; change the class instead. -->\n"
PAGES: Final = "docs/blueprints"

JsonSchema = dict[str, Any]


class Input(NamedTuple):
    """A field: its name in specs, its type in words, its default as JSON (None when it is required)."""

    name: str
    type: str
    description: str
    required: bool
    default: Any


class Output(NamedTuple):
    """An output, its type in words, and whether other apps may refer to it."""

    name: str
    type: str
    public: bool


class Made(NamedTuple):
    """A resource that an example makes."""

    role: str
    kind: str
    name: str


class Description(NamedTuple):
    """Everything that is told of a blueprint; `groups` are the inputs of nested mappings, by their type's name."""

    name: str
    version: int
    summary: str
    text: str
    implements: str | None
    requires: list[str]
    stateful: bool
    inputs: list[Input]
    groups: dict[str, list[Input]]
    outputs: list[Output]
    examples: dict[str, str]
    resources: list[Made]

    def record(self) -> dict[str, Any]:
        """As plain JSON data."""
        return {
            **self._asdict(),
            "inputs": [item._asdict() for item in self.inputs],
            "groups": {name: [item._asdict() for item in group] for name, group in self.groups.items()},
            "outputs": [item._asdict() for item in self.outputs],
            "resources": [item._asdict() for item in self.resources],
        }


def describe(blueprint: type[Blueprint], table: Table, root: Path) -> Description:
    """Read a blueprint's class and compile its examples; raises `CompileError` when one does not compile."""
    schema = blueprint.model_json_schema(by_alias=True, mode="validation")
    return Description(
        blueprint.blueprint_id.name,
        blueprint.blueprint_id.version,
        summary_of(blueprint),
        inspect.cleandoc(blueprint.__doc__ or ""),
        blueprint.implements,
        sorted(blueprint.requires),
        blueprint.stateful,
        [*_inputs(schema)],
        {name: [*_inputs(group)] for name, group in sorted(schema.get("$defs", {}).items()) if "properties" in group},
        [*_outputs(blueprint)],
        {example.name: example.file.read_text(encoding="utf-8") for example in examples_of(blueprint)},
        _resources(blueprint, table, root),
    )


def summary_of(blueprint: type[Blueprint]) -> str:
    """The first line of its docstring."""
    return (blueprint.__doc__ or "").strip().partition("\n")[0]


def _inputs(schema: JsonSchema) -> Iterator[Input]:
    required = schema.get("required", ())
    for name, field in sorted(schema["properties"].items(), key=lambda item: (item[0] not in required, item[0])):
        default = to_jsonable_python(field.get("default"))
        yield Input(name, type_in_words(field), field.get("description", ""), name in required, default)


def _outputs(blueprint: type[Blueprint]) -> Iterator[Output]:
    public = blueprint.Outputs.public_names()
    for name, info in blueprint.Outputs.model_fields.items():
        annotation = inspect.formatannotation(info.annotation).replace("SecretText", "secret")
        words = {"str": "text", "int": "whole number"}
        kinds = [words.get(part.rpartition(".")[2], part.rpartition(".")[2]) for part in annotation.split(" | ")]
        yield Output(name, " or ".join(kinds), name in public)


def _resources(blueprint: type[Blueprint], table: Table, root: Path) -> list[Made]:
    """What the blueprint makes in any of its examples, each role once."""
    made: dict[str, Made] = {}
    for example in examples_of(blueprint):
        for resource in own_resources(compile_example(example, table, root)):
            if resource.origin.blueprint == str(blueprint.blueprint_id):
                made.setdefault(resource.role, Made(resource.role, resource.kind, resource.name))
    return [*made.values()]


def type_in_words(field: JsonSchema) -> str:
    """`whole number, 1 to 65535`, `list of text`, `Exposure`: a JSON Schema's type as people say it."""
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(type_in_words(part) for part in field["anyOf"] if part.get("type") != "null"))
    if "enum" in field or "const" in field:
        return " or ".join(f"`{word}`" for word in field.get("enum", [field.get("const")]))
    kind = field.get("type", "")
    if kind == "array":
        return f"list of {type_in_words(field.get('items', {}))}"
    if kind == "object":
        return _mapping_in_words(field)
    kinds = kind if isinstance(kind, list) else [kind]
    return " or ".join(_WORDS.get(word, "any value") for word in kinds) + _bounds(field)


def _mapping_in_words(field: JsonSchema) -> str:
    values = field.get("additionalProperties") or next(iter(field.get("patternProperties", {}).values()), None)
    return f"mapping of names to {type_in_words(values)}" if isinstance(values, dict) else "mapping"


_WORDS = {"boolean": "true or false", "integer": "whole number", "number": "number", "string": "text", "null": "null"}


def _bounds(field: JsonSchema) -> str:
    low, high = field.get("minimum"), field.get("maximum")
    if low is not None and high is not None:
        return f", {low} to {high}"
    if low is not None:
        return f", at least {low}"
    return f", at most {high}" if high is not None else ""


def as_text(told: Description) -> str:
    """For a terminal."""
    lines = [f"{told.name}@{told.version}: {told.summary}", "", "inputs:"]
    for item in told.inputs:
        default = "optional" if item.default is None else f"default {json.dumps(item.default)}"
        needed = "required" if item.required else default
        lines.append(f"  {item.name:<16} {item.description} ({item.type}; {needed})")
    lines += ["", "outputs:"]
    lines += [f"  {item.name:<16} {item.type}, for {_readers(item)}" for item in told.outputs] or ["  none"]
    lines += ["", "resources:"]
    lines += [f"  {item.role:<16} {item.kind} {item.name}" for item in told.resources] or ["  no example tells"]
    for name, text in told.examples.items():
        lines += ["", f"example {name}:", *(f"  {line}" for line in text.splitlines())]
    return "\n".join(lines) + "\n"


def pages(table: Table, root: Path, names: Iterable[str] = ()) -> dict[str, str]:
    """The Markdown page of each blueprint by file name, newest version first; of all of them without names."""
    wanted = sorted(set(names) or table.entries)
    return {
        f"{name}.md": MARK + "\n".join(_page(describe(cls, table, root)) for cls in reversed(table.named(name)))
        for name in wanted
    }


def _page(told: Description) -> str:
    lines = [f"# {told.name}@{told.version}", "", told.text, ""]
    facts = [f"Implements `{told.implements}`."] if told.implements else []
    facts += ["Holds state: to remove it is told as a risk."] if told.stateful else []
    facts += (
        [f"Needs {' and '.join(f'`{name}`' for name in told.requires)} in the environment's `capabilities`."]
        if (told.requires)
        else []
    )
    lines += [" ".join(facts), ""] if facts else []
    for name, text in told.examples.items():
        lines += [f"## Example: {name}", "", "```yaml", text.rstrip("\n"), "```", ""]
    lines += ["## Inputs", "", *_input_table(told.inputs, told.groups)]
    for name, group in told.groups.items():
        lines += [f"### {name}", "", *_input_table(group, told.groups)]
    lines += ["## Outputs", ""]
    if told.outputs:
        lines += ["| output | type | for |", "| --- | --- | --- |"]
        lines += [f"| `{item.name}` | {item.type} | {_readers(item)} |" for item in told.outputs]
    else:
        lines.append("None.")
    lines += ["", "## Resources", ""]
    if told.resources:
        lines += ["What the examples make:", "", "| role | kind | name |", "| --- | --- | --- |"]
        lines += [f"| `{item.role}` | {item.kind} | `{item.name}` |" for item in told.resources]
    else:
        lines.append("None.")
    return "\n".join(lines) + "\n"


def _readers(output: Output) -> str:
    return "every app" if output.public else "components of the same app"


def _input_table(inputs: list[Input], groups: dict[str, list[Input]]) -> Iterator[str]:
    yield "| field | type | default | meaning |"
    yield "| --- | --- | --- | --- |"
    for item in inputs:
        kind = item.type
        for name in groups:
            kind = " ".join(f"[{name}](#{name.lower()})" if word == name else word for word in kind.split(" "))
        default = "required" if item.required else "" if item.default is None else f"`{json.dumps(item.default)}`"
        cells = [f"`{item.name}`", kind, default, item.description.replace("|", "\\|")]
        yield f"| {' | '.join(cells)} |".replace("|  |", "| |")
    yield ""
