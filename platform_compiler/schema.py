"""One JSON Schema for app specs: what an editor needs to complete and document every field of every blueprint.

Any value may be a reference, so a field that is no text also takes a text with `${`; `null` removes a value in an
overlay. The schema helps while typing; the compiler is the judge.
"""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from platform_compiler.blueprint.base import Blueprint
from platform_compiler.blueprint.table import Table
from platform_compiler.link.component import Settings

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAME = {"type": "string", "pattern": "^[a-z]([-a-z0-9]*[a-z0-9])?$", "maxLength": 63}
REFERENCE = {"type": "string", "pattern": r"\$\{", "description": "A reference such as ${components.db.url}."}

Schema = dict[str, Any]


def app_schema(table: Table, environments: tuple[str, ...]) -> Schema:
    """The schema of `apps/**/*.yaml`."""
    definitions: Schema = {}
    for cls in table:
        definitions[str(cls.blueprint_id)] = _component_schema(cls, definitions)
    component = _one_of_blueprints(table)
    overlay = {
        "type": "object",
        "description": "What this environment changes; lists are replaced, null removes.",
        "properties": {"components": {"type": "object", "additionalProperties": {"type": ["object", "null"]}}},
    }
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
    schema, inner = _model_schema(cls, "")
    if any(definitions.get(name, model) != model for name, model in inner.items()):
        schema, inner = _model_schema(cls, f"{cls.blueprint_id}.")  # another version has other models of these names
    definitions.update(inner)
    settings = Settings.model_json_schema(by_alias=True)["properties"]
    schema = _relaxed(schema)
    schema["properties"] = {**settings, **schema["properties"]}
    schema.pop("additionalProperties", None)
    schema.pop("required", None)
    envelope = dict.fromkeys(("app", "team", "components", "environments"), True)
    schema["properties"] |= envelope
    schema["additionalProperties"] = False
    return schema


def _model_schema(cls: type[Blueprint], prefix: str) -> tuple[Schema, Schema]:
    """The class's own schema, and those of the models in it by name with `prefix`."""
    template = f"#/$defs/{prefix}{{model}}"
    schema = cls.model_json_schema(
        by_alias=True, mode="validation", ref_template=template, schema_generator=GenerateJsonSchema
    )
    inner = schema.pop("$defs", {})
    return schema, {f"{prefix}{name}": _relaxed(model) for name, model in inner.items()}


def _relaxed(schema: Schema) -> Schema:
    """Let references stand for values, and drop what only the merged inputs must fulfil (`required`)."""
    relaxed = {key: value for key, value in schema.items() if key != "required"}
    if "properties" in relaxed:
        relaxed["properties"] = {name: _or_reference(field) for name, field in relaxed["properties"].items()}
    return relaxed


def _or_reference(field: Schema) -> Schema:
    if field.get("type") == "string" and "pattern" not in field and "enum" not in field:
        return field
    described: Schema = {key: field[key] for key in ("description", "default", "title") if key in field}
    return described | {"anyOf": [field, REFERENCE]}
