"""The neutral description of N apps, and the input that each tool's users would write for them.

Every tool gets the same seven objects an app. Their text is not written five times: our own compile of one app with
marked values is the model, and each tool's input is that model with the marks replaced by the tool's own expressions.
A check (`compile.check`) parses what the tools make of it, so that none is measured for doing less.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from platform_compiler.compiler import compile_stack
from platform_compiler.emit.yaml_text import to_yaml

NAME, IMAGE, INDEX, HASH = "marked-name", "marked.example/image:1", "marked-index", "HASHED"
HOST = "marked-host.example.com"
MARKS = {NAME: "name", IMAGE: "image", HOST: "host", INDEX: "index", HASH: "hash"}
_MARK = re.compile("|".join(map(re.escape, MARKS)))
ENVIRONMENT = "target: {render: rendered}\ndomain: example.com\nnetwork: {isolation: none}\n"
SPEC = """app: {name}
team: bench
blueprint: web-service@1
image: {image}
port: 8080
health: /healthz
expose: {{host: "{host}"}}
replicas: {{min: 2, max: 10, cpu: 70%}}
env:
  INDEX: "{index}"
  LOG_LEVEL: info
  REGION: eu-central-1
"""

App = dict[str, str]


def apps(number: int) -> list[App]:
    """The apps: each with a name, an image, a host and an index."""
    return [
        {
            "name": f"app-{index:05d}",
            "image": f"registry.example.com/team/app-{index:05d}:1.{index % 50}.0",
            "host": f"app-{index:05d}.example.com",
            "index": str(index),
        }
        for index in range(number)
    ]


def write_platform(root: Path, number: int) -> None:
    """Our input: one spec an app, one environment."""
    (root / "apps").mkdir(parents=True)
    (root / "stacks").mkdir()
    (root / "Pulumi.yaml").write_text("name: bench\nruntime: python\nmain: stacks\nstackConfigDir: stacks\n")
    (root / "stacks" / "bench.yaml").write_text(ENVIRONMENT)
    for app in apps(number):
        (root / "apps" / f"{app['name']}.yaml").write_text(SPEC.format(**app))


def model(root: Path) -> list[dict[str, Any]]:
    """The seven objects of the marked app, without its namespace."""
    (root / "apps").mkdir(parents=True)
    (root / "stacks").mkdir()
    (root / "Pulumi.yaml").write_text("name: bench\nruntime: python\n")
    (root / "stacks" / "bench.yaml").write_text(ENVIRONMENT)
    (root / "apps" / "a.yaml").write_text(SPEC.format(name=NAME, image=IMAGE, host=HOST, index=INDEX))
    compiled = compile_stack(root, "bench")
    text = json.dumps([item.manifest for item in compiled.resources if item.kind != "Namespace"])
    hashed = re.findall(rf"{NAME}-env-([0-9a-f]{{10}})", text)[0]
    objects: list[dict[str, Any]] = json.loads(text.replace(hashed, HASH))
    assert len(objects) == 7
    return objects


def write_helm(root: Path, number: int, objects: list[dict[str, Any]]) -> None:
    """One chart that ranges over all apps of one values file."""
    (root / "templates").mkdir(parents=True)
    (root / "Chart.yaml").write_text("apiVersion: v2\nname: bench\nversion: 1.0.0\n")
    values = {"apps": apps(number)}
    (root / "values.yaml").write_text(yaml.dump(values, Dumper=yaml.CSafeDumper))
    body = "---\n".join(to_yaml(item) for item in objects)
    body = _MARK.sub(lambda match: _template(match.group()), body)
    body = body.replace("INDEX: {{ $app.index }}", "INDEX: {{ $app.index | quote }}")
    digest = '{{- $hash := printf "%s info eu-central-1 8080" $app.index | sha256sum | trunc 10 }}'
    text = f"{{{{- range $app := .Values.apps }}}}\n{digest}\n---\n{body}{{{{- end }}}}\n"
    (root / "templates" / "apps.yaml").write_text(text)


def _template(mark: str) -> str:
    return "{{ $hash }}" if mark == HASH else f"{{{{ $app.{MARKS[mark]} }}}}"


def write_cdk8s(root: Path, number: int, objects: list[dict[str, Any]]) -> None:
    """One cdk8s app with a chart for each app."""
    root.mkdir(parents=True)
    (root / "apps.json").write_text(json.dumps(apps(number)))
    literal = _expression(objects, lambda field: f"app[{field!r}]", " + ")
    (root / "main.py").write_text(CDK8S.replace("OBJECTS", literal))


def write_jsonnet(root: Path, number: int, objects: list[dict[str, Any]]) -> None:
    """One program over a data file."""
    root.mkdir(parents=True)
    (root / "apps.json").write_text(json.dumps(apps(number)))
    literal = _expression(objects, lambda field: f"app.{field}", " + ")
    (root / "main.jsonnet").write_text(
        "local objects(base) =\n"
        "  local hash = std.substr(std.sha256(base.index + ' info eu-central-1 8080'), 0, 10);\n"
        "  local app = base { hash: hash };\n"
        f"  {literal};\n"
        "std.flatMap(objects, import 'apps.json')\n"
    )


def write_kcl(root: Path, number: int, objects: list[dict[str, Any]]) -> None:
    """One program over a data file."""
    root.mkdir(parents=True)
    (root / "apps.json").write_text(json.dumps(apps(number)))
    literal = _expression(objects, lambda field: f"app.{field}", " + ")
    literal = re.sub(r"\btrue\b", "True", re.sub(r"\bfalse\b", "False", literal))
    (root / "main.k").write_text(
        "import crypto\nimport file\nimport json\nimport manifests\n"
        "objects = lambda base {\n"
        "    app = base | {hash = crypto.sha256(base.index + ' info eu-central-1 8080')[0:10]}\n"
        f"    {literal}\n"
        "}\n"
        "manifests.yaml_stream([item for base in json.decode(file.read('apps.json')) for item in objects(base)])\n"
    )
    (root / "run.py").write_text(KCL)


def _expression(value: Any, field: Callable[[str], str], plus: str) -> str:
    """JSON text in which texts with marks are concatenations of literals and the tool's own field expressions."""

    def text(match: re.Match[str]) -> str:
        inner = json.loads(match.group())
        parts = [part for part in re.split(f"({_MARK.pattern})", inner) if part]
        if not any(part in MARKS for part in parts):
            return match.group()
        words = [field(MARKS[part]) if part in MARKS else json.dumps(part) for part in parts]
        return words[0] if len(words) == 1 else f"({plus.join(words)})"

    return re.sub(r'"(?:[^"\\]|\\.)*"', text, json.dumps(value))


CDK8S = """import hashlib
import json

from cdk8s import ApiObject, ApiObjectMetadata, App, Chart, JsonPatch

false, true = False, True


def objects(app):
    return OBJECTS


application = App(outdir="dist")
for item in json.load(open("apps.json")):
    item["hash"] = hashlib.sha256((item["index"] + " info eu-central-1 8080").encode()).hexdigest()[:10]
    chart = Chart(application, item["name"], disable_resource_name_hashes=True)
    for number, body in enumerate(objects(item)):
        metadata = body.pop("metadata")
        made = ApiObject(
            chart,
            f"object-{number}",
            api_version=body.pop("apiVersion"),
            kind=body.pop("kind"),
            metadata=ApiObjectMetadata(**metadata),
        )
        for key, value in body.items():
            made.add_json_patch(JsonPatch.add(f"/{key}", value))
application.synth()
"""
KCL = """import kcl_lib.api as api

result = api.API().exec_program(api.ExecProgramArgs(k_filename_list=["main.k"]))
if result.err_message:
    raise SystemExit(result.err_message)
with open("out.yaml", "w") as out:
    out.write(result.yaml_result)
"""
