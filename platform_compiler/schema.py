"""One JSON Schema for app specs: what an editor needs to complete and document every field of every blueprint.

Any value may be a reference, however deep it stands, so what is no text also takes a text with `${`; `null` removes a
value in an overlay. The schema helps while typing; the compiler is the judge. Fields and models that blueprints share
are definitions of their own, or the schema would be several times as long.

What an environment lays over a component may have any blueprint's fields: JSON Schema cannot look up what stands under
the same name elsewhere, and the environment may bind another implementation.
"""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from platform_compiler.blueprint.base import Blueprint
from platform_compiler.blueprint.table import Table
from platform_compiler.link.component import Settings
from platform_compiler.spec.app import ENVELOPE

DEFS = "#/$defs/"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAME = {"type": "string", "pattern": "^[a-z]([-a-z0-9]*[a-z0-9])?$", "maxLength": 63}
REFERENCE = {
    "type": ["string", "null"],
    "pattern": r"\$\{",
    "description": "A reference such as ${components.db.url}; in an environment also null, which removes the value.",
}

Schema = dict[str, Any]


def app_schema(table: Table, environments: tuple[str, ...]) -> Schema:
    """The schema of `apps/**/*.yaml`."""
    definitions: Schema = {"reference": REFERENCE}
    for cls in table:
        definitions[str(cls.blueprint_id)] = _component_schema(cls, definitions)
    definitions |= _overlays([definitions[str(cls.blueprint_id)] for cls in table])
    component = _one_of_blueprints(table)
    overlay = {"$ref": f"{DEFS}environment"}
    envelope: Schema = {
        "app": {**NAME, "description": "The app's name."},
        "team": {**NAME, "description": "The team that owns it."},
        "components": {"type": "object", "propertyNames": NAME, "additionalProperties": component},
        "environments": {
            "type": "object",
            "properties": dict.fromkeys(environments, overlay),
            "additionalProperties": False,
        },
    }
    return {
        "$schema": DIALECT,
        "title": "App spec",
        "type": "object",
        "required": ["app", "team"],
        "properties": envelope,
        "if": {"required": ["blueprint"]},
        "then": {**component, "properties": {**envelope, **component["properties"]}},
        "else": {
            "required": ["components"],
            "additionalProperties": False,
            "properties": dict.fromkeys(envelope, True),
        },
        "$defs": definitions,
    }


def _one_of_blueprints(table: Table) -> Schema:
    names = sorted({*(str(cls.blueprint_id) for cls in table), *table.interfaces, *table.entries})
    settings = Settings.model_json_schema(by_alias=True)["properties"]
    blueprint = {"type": "string", "enum": names, "description": settings["blueprint"]["description"]}
    choices = [
        {
            "if": {"properties": {"blueprint": {"enum": _spellings(cls, table)}}, "required": ["blueprint"]},
            "then": {"$ref": f"#/$defs/{cls.blueprint_id}"},
        }
        for cls in table
    ]
    return {"type": "object", "required": ["blueprint"], "properties": {"blueprint": blueprint}, "allOf": choices}


def _spellings(cls: type[Blueprint], table: Table) -> list[str]:
    """Every way to name the blueprint that cannot mean another one with other inputs."""
    name = cls.blueprint_id.name
    return [str(cls.blueprint_id), *([name] if len(table.versions(name)) == 1 else [])]


def _component_schema(cls: type[Blueprint], definitions: Schema) -> Schema:
    """A component's schema; its fields and the models in them go to `definitions`."""
    schema = _model_schema(cls, definitions)
    settings = Settings.model_json_schema(by_alias=True)["properties"]
    fields = {name: _or_reference(_relaxed(field)) for name, field in {**settings, **schema["properties"]}.items()}
    references = {name: _defined(f"field.{name}", field, definitions) for name, field in fields.items()}
    described = {"description": schema["description"]} if "description" in schema else {}
    return {
        **described,
        "type": "object",
        "properties": {**references, **dict.fromkeys(ENVELOPE, True)},
        "additionalProperties": False,
    }


def _overlays(components: list[Schema]) -> Schema:
    """The definitions of an environment's part of a spec, and of a component in it."""
    found: dict[str, list[Schema]] = {}
    for component in components:
        for name, field in component["properties"].items():
            if name not in ENVELOPE and field not in found.setdefault(name, []):
                found[name].append(field)
    fields = {name: same[0] if len(same) == 1 else {"anyOf": same} for name, same in sorted(found.items())}
    inner = {"type": "object", "propertyNames": NAME, "additionalProperties": {"$ref": f"{DEFS}overlay"}}
    return {
        "overlay": {"type": ["object", "null"], "properties": fields, "additionalProperties": False},
        "environment": {
            "description": "What this environment changes; lists are replaced, null removes.",
            "type": "object",
            "properties": {**fields, "components": inner},
            "additionalProperties": False,
        },
    }


def _model_schema(cls: type[Blueprint], definitions: Schema) -> Schema:
    """The class's own schema; the models in it go to `definitions`, under longer names where others have theirs."""
    schema = cls.model_json_schema(
        by_alias=True, mode="validation", ref_template=f"{DEFS}{{model}}", schema_generator=GenerateJsonSchema
    )
    inner = {name: _relaxed(model) for name, model in schema.pop("$defs", {}).items()}
    others = {name for name, model in inner.items() if definitions.get(name, model) != model}
    while more := {name for name in inner if name not in others and others & _named(inner[name])}:
        others |= more  # those that refer to one with a longer name differ too
    longer = {f"{DEFS}{name}": f"{DEFS}{cls.blueprint_id}.{name}" for name in others}
    for name, model in inner.items():
        definitions[f"{cls.blueprint_id}.{name}" if name in others else name] = _renamed(model, longer)
    renamed: Schema = _renamed(schema, longer)
    return renamed


def _named(schema: Any) -> set[str]:
    """The models that a schema refers to."""
    if isinstance(schema, list):
        return {name for item in schema for name in _named(item)}
    if not isinstance(schema, dict):
        return set()
    own = {schema["$ref"].removeprefix(DEFS)} if isinstance(schema.get("$ref"), str) else set()
    return own.union(*(_named(item) for item in schema.values()))


def _renamed(schema: Any, names: dict[str, str]) -> Any:
    if isinstance(schema, list):
        return [_renamed(item, names) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: names.get(item, item) if key == "$ref" and isinstance(item, str) else _renamed(item, names)
        for key, item in schema.items()
    }


def _defined(name: str, schema: Schema, definitions: Schema) -> Schema:
    """A reference to `schema` under `name`, or under the first number behind it that no other schema has."""
    key, number = name, 1
    while definitions.setdefault(key, schema) != schema:
        number += 1
        key = f"{name}.{number}"
    return {"$ref": f"{DEFS}{key}"}


def _relaxed(schema: Schema) -> Schema:
    """Let references stand for values, and drop what only the merged inputs must fulfil (`required`)."""
    relaxed: Schema = {}
    for key, value in schema.items():
        if key in {"properties", "patternProperties"}:
            relaxed[key] = {name: _or_reference(_relaxed(field)) for name, field in value.items()}
        elif key in {"items", "additionalProperties"} and isinstance(value, dict):
            relaxed[key] = _or_reference(_relaxed(value))
        elif key in {"anyOf", "oneOf", "allOf"}:
            relaxed[key] = [_relaxed(part) for part in value]
        elif key not in {"required", "title"}:
            relaxed[key] = value
    return relaxed


def _or_reference(field: Schema) -> Schema:
    described: Schema = {key: field[key] for key in ("description", "default", "deprecated") if key in field}
    rest = {key: value for key, value in field.items() if key not in described}
    if not rest:
        return field
    branches = rest["anyOf"] if rest.keys() == {"anyOf"} else [rest]
    return described | {"anyOf": [*branches, {"$ref": f"{DEFS}reference"}]}
