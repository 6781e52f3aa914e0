"""Render mode: files appear whole, with the same bytes, and go with their objects."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from platform_compiler.provider.backend import BackendError, Operation
from platform_compiler.provider.objects import InvalidObjectError
from platform_compiler.provider.render import RenderBackend, render
from tests.unit.provider.conftest import obj


class Told:
    """Collects what the backend reports."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, message: str, *, warning: bool = False) -> None:
        self.lines.append(f"{'warning: ' if warning else ''}{message}")


def operation(
    told: Told | None = None, *, urn: str = "urn:a", identifier: str = "", has_secrets: bool = False
) -> Operation:
    return Operation(urn, told or Told(), threading.Event(), id=identifier, has_secrets=has_secrets)


def test_a_file_follows_its_object(tmp_path: Path) -> None:
    told = Told()
    backend = RenderBackend(str(tmp_path))
    first = obj("ConfigMap", data={"a": "1"})
    backend.create(first, operation(told))
    (file,) = tmp_path.rglob("*.yaml")
    assert yaml.safe_load(file.read_text()) == first
    assert backend.read(first, operation()) == first
    second = obj("ConfigMap", data={"a": "2"})
    backend.update(first, second, operation(told))
    assert yaml.safe_load(file.read_text()) == second
    backend.delete(second, operation(told))
    backend.delete(second, operation(told))
    assert backend.read(second, operation()) is None
    assert list(tmp_path.rglob("*.*")) == []
    assert told.lines == [f"rendered {file}"] * 2 + [f"deleted {file}"] * 2


def test_a_new_version_of_the_api_moves_the_file(tmp_path: Path) -> None:
    backend = RenderBackend(str(tmp_path))
    old, new = obj("Ingress", "networking.k8s.io/v1beta1"), obj("Ingress", "networking.k8s.io/v1")
    backend.create(old, operation())
    backend.update(old, new, operation())
    assert [file.name for file in tmp_path.rglob("*.yaml")] == ["networking.k8s.io_v1-ingress-n-x.yaml"]


def test_the_bytes_do_not_depend_on_the_order_of_keys() -> None:
    spec = {"b": [{"v": "1e3", "x": "on"}], "a": {"d": 1, "c": "multi\nline\n"}}
    other = {"a": {"c": "multi\nline\n", "d": 1}, "b": [{"x": "on", "v": "1e3"}]}
    one, two = obj("Widget", "acme.dev/v1", spec=spec), obj("Widget", "acme.dev/v1", spec=other)
    assert render(one) == render({key: two[key] for key in reversed(two)})
    assert yaml.safe_load(render(one)) == one
    assert 'v: "1e3"' in render(one), "other YAML readers would take it for a number"


def test_a_file_with_a_secret_is_private_and_told_of(tmp_path: Path) -> None:
    told = Told()
    backend = RenderBackend(str(tmp_path))
    backend.create(obj("Secret", data={"a": "Yg=="}), operation(told, has_secrets=True))
    (file,) = tmp_path.rglob("*.yaml")
    assert file.stat().st_mode & 0o077 == 0
    assert told.lines == [f"warning: rendered file {file} contains a secret value in plaintext", f"rendered {file}"]
    backend.check(obj("Secret"), told, has_secrets=True)
    backend.check(obj("ConfigMap"), told, has_secrets=False)
    assert told.lines[2:] == ["warning: rendered YAML will contain a secret value in plaintext"]


def test_a_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    backend = RenderBackend(str(tmp_path / "out"))
    for evil in ("../../../../etc/x", "/etc/x", ".."):
        for key in ("name", "namespace"):
            value = obj("ConfigMap")
            value["metadata"][key] = evil
            for call in (backend.create, backend.delete, backend.read):
                with pytest.raises(InvalidObjectError):
                    call(value, operation())
    assert list(tmp_path.iterdir()) == []


def test_a_changed_file_is_read_as_it_is(tmp_path: Path) -> None:
    backend = RenderBackend(str(tmp_path))
    value = obj("ConfigMap", data={"a": "1"})
    backend.create(value, operation())
    (file,) = tmp_path.rglob("*.yaml")
    file.write_text(render(obj("ConfigMap", data={"a": "by hand"})))
    assert backend.read(value, operation()) == obj("ConfigMap", data={"a": "by hand"})


@pytest.mark.parametrize(
    "text",
    ["a: [", "just text", "kind: ConfigMap\n", "", "\x00", "a: !!binary YQ==", "a: .nan", "a: &a [*a]", "a: !!int x"],
)
def test_a_broken_file_is_told_by_name_with_its_cure(tmp_path: Path, text: str) -> None:
    backend = RenderBackend(str(tmp_path))
    backend.create(obj("ConfigMap"), operation())
    (file,) = tmp_path.rglob("*.yaml")
    file.write_text(text)
    cure = "remove the file, then run `platc refresh` and `platc up`"
    with pytest.raises(BackendError, match=rf"(?s)cannot read .*v1-configmap-n-x\.yaml: .*{cure}"):
        backend.read(obj("ConfigMap"), operation())


def test_a_changed_file_is_read_as_json_has_it(tmp_path: Path) -> None:
    backend = RenderBackend(str(tmp_path))
    backend.create(obj("ConfigMap"), operation())
    (file,) = tmp_path.rglob("*.yaml")
    file.write_text(render(obj("ConfigMap")) + "data: {when: 2024-01-01, 80: http, yes: 1.5}\n")
    found = backend.read(obj("ConfigMap"), operation())
    assert found == obj("ConfigMap", data={"when": "2024-01-01", "80": "http", "true": 1.5})


@pytest.mark.parametrize(
    ("field", "old", "new"),
    [
        ("apiVersion", "apiVersion: v1", "apiVersion: v2"),
        ("kind", "kind: ConfigMap", "kind: Secret"),
        ("metadata.name", "name: x", "name: y"),
        ("metadata.name", "name: x", "name: a/b"),
        ("metadata.name", "name: x", "labels: {}"),
        ("metadata.namespace", 'namespace: "n"', "namespace: m"),
    ],
)
def test_a_file_that_was_made_another_object_is_told(tmp_path: Path, field: str, old: str, new: str) -> None:
    backend = RenderBackend(str(tmp_path))
    backend.create(obj("ConfigMap"), operation())
    (file,) = tmp_path.rglob("*.yaml")
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(BackendError, match=rf"cannot read .*v1-configmap-n-x\.yaml: its {field} is "):
        backend.read(obj("ConfigMap"), operation())


@pytest.mark.parametrize("name", ["other", "a/b"])
def test_a_state_that_took_over_another_name_leads_to_its_own_file(tmp_path: Path, name: str) -> None:
    """As a refresh of former versions left it, after somebody had changed the name in a file."""
    backend = RenderBackend(str(tmp_path))
    mine, other, live = obj("ConfigMap"), obj("ConfigMap"), obj("ConfigMap")
    other["metadata"]["name"], live["metadata"]["name"] = "other", name
    backend.create(other, operation(urn="urn:other"))
    backend.create(mine, operation())
    assert backend.read(live, operation(identifier="n/x")) == mine
    backend.update(live, mine, operation(identifier="n/x"))
    assert len([*tmp_path.rglob("*.yaml")]) == 2
    backend.delete(live, operation(identifier="n/x"))
    assert [file.name for file in tmp_path.rglob("*.yaml")] == ["v1-configmap-n-other.yaml"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "1-manifest").write_text("a file in the way")
    with pytest.raises(BackendError, match="cannot write"):
        RenderBackend(str(tmp_path)).create(obj("ConfigMap"), operation())


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = RenderBackend(str(tmp_path))
    value = obj("ConfigMap", data={"a": "1"})
    backend.create(value, operation())

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(BackendError, match="No space left"):
        backend.create(obj("ConfigMap", data={"a": "2"}), operation())
    assert [path.name for path in tmp_path.rglob("*.*")] == ["v1-configmap-n-x.yaml"]
    assert backend.read(value, operation()) == value


def test_a_renamed_resource_keeps_its_file(tmp_path: Path) -> None:
    told = Told()
    value = obj("ConfigMap", data={"a": "1"})
    RenderBackend(str(tmp_path)).create(value, operation(urn="urn:old"))
    backend = RenderBackend(str(tmp_path))
    backend.create(value, operation(urn="urn:new"))
    backend.delete(value, operation(told, urn="urn:old"))
    assert backend.read(value, operation()) == value
    assert "another resource" in told.lines[0]


def test_many_threads_write_many_files(tmp_path: Path) -> None:
    backend = RenderBackend(str(tmp_path))

    def write(number: int) -> Any:
        value = obj("ConfigMap", data={"n": str(number)})
        value["metadata"]["name"] = f"c{number}"
        return backend.create(value, operation(urn=f"urn:{number}"))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(write, range(200)))
    files = sorted(path.name for path in tmp_path.rglob("*.*"))
    assert len(files) == 200
    assert all(name.endswith(".yaml") for name in files)


def test_the_folder_is_relative_to_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = Told()
    RenderBackend("out/dev").create(obj("ConfigMap"), operation(told))
    assert told.lines == ["rendered out/dev/1-manifest/v1-configmap-n-x.yaml"]
    assert os.path.exists("out/dev/1-manifest/v1-configmap-n-x.yaml")
