"""The schema for editors: references and removals anywhere, environments, and its size."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from platform_compiler.blueprint.table import load_table
from platform_compiler.diagnostics import Diagnostics
from platform_compiler.schema import app_schema
from tests.conftest import ROOT

WEB = "app: web\nteam: shop\nblueprint: web-service@1\nimage: acme/web:1\n"
MINE = """
from platform_compiler.blueprint import Blueprint
from platform_compiler.spec.validation import Model


class Inner(Model):
    {field}: int = 1


class Outer(Model):
    inner: Inner


class Mine(Blueprint, name="mine", version={version}):
    outer: Outer
"""


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return app_schema(load_table(ROOT, Diagnostics()), ("dev", "prod"))


@pytest.mark.parametrize(
    ("more", "fits"),
    [
        ("expose: {host: a.test, aliases: ['www.${environment.domain}', '${environment.domain}']}", True),
        ("expose: {host: a.test, aliases: [1]}", False),
        ("egress: [{cidr: '${environment.values.net}', ports: ['${components.db.port}']}]", True),
        ("egress: [{cidr: 10.0.0.0/8, ports: [db]}]", False),
        ("labels: {stage: '${environment.name}'}", True),
        ("environments: {prod: {replicas: {min: 4, cpu: null}, image: null, command: null}}", True),
        ("environments: {prod: {replicsa: 3}}", False),
        ("environments: {prod: {port: many}}", False),
        ("environments: {prod: {components: {web: {replicas: 3}, old: null}}}", True),
        ("environments: {prod: {components: {web: {replicsa: 3}}}}", False),
        ("environments: {prod: {components: {web: {replicas: {mim: 3}}}}}", False),
    ],
)
def test_what_an_editor_says(schema: dict[str, Any], more: str, fits: bool) -> None:
    assert jsonschema.Draft202012Validator(schema).is_valid(yaml.safe_load(WEB + more)) is fits


def test_what_blueprints_share_is_there_once(schema: dict[str, Any]) -> None:
    assert len(json.dumps(schema)) < 120_000
    assert [name for name in schema["$defs"] if name.startswith("field.volumes")] == ["field.volumes"]


def test_models_of_one_name_stay_apart(make_platform: Callable[..., Path]) -> None:
    files = {f"blueprints/v{number}.py": MINE.format(field=f"f{number}", version=number) for number in (1, 2)}
    validator = jsonschema.Draft202012Validator(app_schema(load_table(make_platform(files), Diagnostics()), ("dev",)))
    for version, field, fits in ((1, "f1", True), (1, "f2", False), (2, "f1", False), (2, "f2", True)):
        spec = {"app": "a", "team": "b", "blueprint": f"mine@{version}", "outer": {"inner": {field: 2}}}
        assert validator.is_valid(spec) is fits, spec
