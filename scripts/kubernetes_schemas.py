"""Writes `platform_compiler/kubernetes/schema.txt`: the fields of every Kubernetes object, of every supported version.

    .venv/bin/python scripts/kubernetes_schemas.py 1.34.4 1.35.4 1.36.3 1.37.2

The facts are Kubernetes' own: the OpenAPI document and the generated definitions (for the words that a field allows)
of the Go module `k8s.io/kubernetes`, which `go mod download` obtains. Only names and types are taken, of every kind
that can be created and is not alpha, without `status`. `platform_compiler/kubernetes/schema.py` describes the format.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MODULE = "k8s.io/kubernetes"
OPENAPI = "api/openapi-spec/swagger.json"
DEFINITIONS = "pkg/generated/openapi/zz_generated.openapi.go"
TARGET = Path(__file__).parents[1] / "platform_compiler" / "kubernetes" / "schema.txt"
SCALARS = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "time",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "int-or-string",
}
WORDS = {"boolean": "bool", "integer": "int", "number": "number", "string": "string"}

Fields = dict[str, str]
Version = tuple[dict[str, str], dict[str, Fields]]
"""The type of each kind, and of each type its fields as they are written: `name!` -> `[core.v1.ContainerPort]`."""


def module_folder(version: str) -> Path:
    """The unpacked module of one release."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["go", "mod", "download", "-json", f"{MODULE}@v{version}"]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return Path(json.loads(result.stdout)["Dir"])


def allowed_words(source: str) -> dict[tuple[str, str], str]:
    """The words that a field allows, by short type name and field: `Always|IfNotPresent|Never`."""
    found: dict[tuple[str, str], str] = {}
    owner = name = ""
    for line in source.splitlines():
        if match := re.match(r"func schema_\w+?_([a-z]+)_(v\w+?)_([A-Z]\w*)\(", line):
            owner = ".".join(match.groups())
        elif match := re.match(r'\t{5}"(\w+)": \{', line):
            name = match.group(1)
        elif match := re.match(r"\t+Enum: +\[\]interface\{\}\{(.*)\},", line):
            found[owner, name] = "|".join(re.findall(r'"([^"]*)"', match.group(1)))
    return found


def short(name: str) -> str:
    """`core.v1.Container` for `io.k8s.api.core.v1.Container`."""
    return ".".join(name.split(".")[-3:])


def kinds(document: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Group and version, kind and definition of everything that can be created under a name."""
    named = {
        tuple(operations["get"]["x-kubernetes-group-version-kind"].values())
        for path, operations in document["paths"].items()
        if path.endswith("/{name}") and "put" in operations
    }
    for name, definition in document["definitions"].items():
        for kind in definition.get("x-kubernetes-group-version-kind", ()):
            alpha = "alpha" in kind["version"]
            if tuple(kind.values()) in named and not alpha:
                yield "/".join(filter(None, [kind["group"], kind["version"]])), kind["kind"], name


class Reader:
    """Collects what one release's kinds reach."""

    def __init__(self, document: dict[str, Any], words: dict[tuple[str, str], str]) -> None:
        self.definitions = document["definitions"]
        self.words = words
        self.kinds = {f"{api} {kind}": short(name) for api, kind, name in kinds(document)}
        self.types: dict[str, Fields] = {}
        for _, _, name in kinds(document):
            self.collect(name, skip="status")

    def collect(self, name: str, skip: str = "") -> None:
        """Take a definition's fields, and those of the types that they name."""
        definition = self.definitions[name]
        fields = self.types.setdefault(short(name), {})
        for field, schema in definition["properties"].items():
            if field != skip:
                mark = "!" if field in definition.get("required", ()) else ""
                fields[field] = mark + self.type_of(schema, self.words.get((short(name), field), ""))

    def type_of(self, schema: dict[str, Any], words: str) -> str:
        """A field's type as it is written."""
        if reference := schema.get("$ref", "").removeprefix("#/definitions/"):
            return self.reference(reference)
        kind = schema.get("type")
        if kind == "array":
            return f"[{self.type_of(schema['items'], words)}]"
        if kind == "object":
            values = schema.get("additionalProperties")
            return f"{{{self.type_of(values, words)}}}" if values else "any"
        if words:
            return f"={words}"
        return "bytes" if schema.get("format") == "byte" else WORDS.get(kind or "", "any")

    def reference(self, name: str) -> str:
        """A named type, taken along when it is met for the first time."""
        if name in SCALARS:
            return SCALARS[name]
        if "properties" not in self.definitions[name]:
            return "any"
        if short(name) not in self.types:
            self.collect(name)
        return short(name)


def runs(values: dict[str, str | None]) -> Iterator[tuple[str, str]]:
    """Each value with the versions that have it: nothing for all, else ` >=1.35`, ` <=1.35` or both."""
    versions = list(values)
    start = 0
    for index, version in enumerate(versions):
        last = index + 1 == len(versions)
        if not last and values[versions[index + 1]] == values[version]:
            continue
        value = values[version]
        if value is not None:
            since = f" >={versions[start]}" if start else ""
            yield value, since + ("" if last else f" <={version}")
        start = index + 1


def lines(releases: dict[str, Reader]) -> Iterator[str]:
    """The file's lines."""
    yield "# Written by scripts/kubernetes_schemas.py from the Go module k8s.io/kubernetes."
    yield f"versions {' '.join(releases)}"
    for kind in sorted({kind for reader in releases.values() for kind in reader.kinds}):
        for value, span in runs({version: reader.kinds.get(kind) for version, reader in releases.items()}):
            yield f"kind {kind} {value}{span}"
    for name in sorted({name for reader in releases.values() for name in reader.types}):
        yield f"type {name}"
        tables = {version: reader.types.get(name, {}) for version, reader in releases.items()}
        for field in sorted({field for fields in tables.values() for field in fields}):
            for value, span in runs({version: fields.get(field) for version, fields in tables.items()}):
                yield f" {field}{'!' * value.startswith('!')} {value.removeprefix('!')}{span}"


def main(releases: list[str]) -> None:
    """Write the file for the named releases, lowest first."""
    readers = {}
    for release in releases:
        folder = module_folder(release)
        document = json.loads((folder / OPENAPI).read_text(encoding="utf-8"))
        words = allowed_words((folder / DEFINITIONS).read_text(encoding="utf-8"))
        readers[".".join(release.split(".")[:2])] = Reader(document, words)
    TARGET.write_text("\n".join(lines(readers)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
