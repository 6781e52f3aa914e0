"""Every folder of `cases/errors` is a platform with faults; `expected.txt` is what `platc check` says of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from platform_compiler.codes import CODES
from platform_compiler.compiler import check
from platform_compiler.diagnostics import CompileError
from platform_compiler.loading import load_platform
from platform_compiler.report import as_text
from platform_compiler.root import find_root, project_name

CASES = Path(__file__).parents[1] / "cases" / "errors"
FOLDERS = sorted(folder for folder in CASES.iterdir() if folder.is_dir())
AUTHORING = Path(__file__).parent / "authoring" / "test_run.py"
"""The tests of the codes that only `platc blueprint test` tells."""
FLEET = Path(__file__).parent / "fleet"
ELSEWHERE = {
    "PC106": (Path(__file__), "test_a_large_file"),
    "PC207": (Path(__file__), "test_an_unreadable_file"),
    "PC353": (FLEET / "test_migrate.py", "test_versions_without_a_way_are_told"),
    "PC354": (FLEET / "test_migrate.py", "test_a_text_that_cannot_be_changed_is_left_alone"),
    "PC355": (FLEET / "test_migrate.py", "test_a_stateful_object_is_never_replaced"),
    "PC356": (FLEET / "test_lock.py", "test_another_binding_version_or_app_does_not_hold"),
    "PC902": (FLEET / "test_impact.py", "test_a_revision_that_is_none_is_told"),
    "PC903": (Path(__file__), "test_a_project_file_that_is_none"),
    "PC411": (Path(__file__), "test_a_long_chain_of_references"),
    "PC901": (Path(__file__), "test_no_platform"),
}
"""Codes that `platc check` of a folder of text files does not tell; the test that provokes each."""


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_case(folder: Path, golden: Callable[[Path, str], None]) -> None:
    platform = load_platform(folder)
    diagnostics, _ = check(platform, platform.environments)
    text = as_text(diagnostics)
    assert diagnostics, "a case of errors has none"
    golden(folder / "expected.txt", text)


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_a_case(code: str) -> None:
    if code in ELSEWHERE:
        file, name = ELSEWHERE[code]
        assert f"def {name}(" in file.read_text()
        return
    if code in {"PC713", "PC714", "PC715"}:
        assert f'"{code}"' in AUTHORING.read_text() or f" {code} " in AUTHORING.read_text()
        return
    texts = [(folder / "expected.txt").read_text() for folder in FOLDERS]
    assert any(f" {code} " in text for text in texts)


def test_a_large_file(make_platform: Callable[..., Path]) -> None:
    root = make_platform({"apps/web.yaml": "app: web\n# " + "x" * 256 * 1024})
    diagnostics, _ = check(load_platform(root), ["dev"])
    assert as_text(diagnostics) == (
        "apps/web.yaml:1:1: error PC106 file-too-large: the file has 262,155 bytes\n"
        "  expected: at most 262,144 bytes\n\n1 error\n"
    )


def test_an_unreadable_file(make_platform: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_platform({"apps/web.yaml": "app: web\n"})

    def refuse(_self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    platform = load_platform(root)
    assert as_text(platform.faults) == (
        "apps/web.yaml:1:1: error PC207 unreadable-file: cannot read the file: Permission denied\n\n1 error\n"
    )


@pytest.mark.parametrize(
    "text", ["", "[a]", "runtime: python", "name: [", "name: a\nbackend: here", "name: a\nbackend: []"]
)
def test_a_project_file_that_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(text)
    with pytest.raises(CompileError) as caught:
        project_name(tmp_path)
    assert [item.code for item in caught.value.diagnostics] == ["PC903"]


WEB = "app: web\nteam: t\nblueprint: worker@1\nimage: a:1\n"


def told(root: Path) -> list[tuple[str, str, str]]:
    faults = load_platform(root).faults
    return [(fault.code, fault.location.file, fault.summary) for fault in faults if fault.location]


def test_what_is_named_as_a_spec_and_cannot_be_read_is_told(make_platform: Callable[..., Path]) -> None:
    root = make_platform({"apps/folder.yaml/web.YAML": WEB, "apps/real/readme.md": "", "more/below/api.yml": WEB})
    apps = root / "apps"
    (apps / "gone.yml").symlink_to("nowhere")
    (apps / "linked").symlink_to("../more")
    (apps / "circle").symlink_to("..")
    os.mkfifo(apps / "pipe.Yaml")
    with (apps / "large.yaml").open("wb") as file:
        file.truncate(2**40)
    assert set(load_platform(root).apps) == {"web"}
    assert told(root) == [
        ("PC207", "apps/circle", "this is a link to a folder, which is not followed"),
        ("PC207", "apps/folder.yaml", "this is a folder with the name of a file"),
        ("PC207", "apps/gone.yml", "cannot read the file: No such file or directory"),
        ("PC106", "apps/large.yaml", f"the file has {2**40:,} bytes"),
        ("PC207", "apps/linked", "this is a link to a folder, which is not followed"),
        ("PC207", "apps/pipe.Yaml", "this is no file"),
    ]


def test_what_is_hidden_or_leads_to_no_spec_is_left_alone(make_platform: Callable[..., Path]) -> None:
    hidden = {"apps/.#team.yaml": "[", "apps/.git/config.yaml": "[", "apps/real/.saved/web.yml": "["}
    root = make_platform({"apps/real/web.yaml": WEB, "docs/readme.md": "", "docs/.cache/page.yaml.orig": "", **hidden})
    apps = root / "apps"
    (apps / "real" / ".#web.yaml").symlink_to("user@host.123:456")
    (apps / ".linked").symlink_to("real")
    (apps / "docs").symlink_to("../docs")
    assert set(load_platform(root).apps) == {"web"}
    assert told(root) == []


def test_a_folder_that_cannot_be_listed_is_told(
    make_platform: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_platform({"apps/shut/web.yaml": "app: web\n"})
    scandir, listdir = os.scandir, os.listdir

    def refusing(real: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def call(folder: Any) -> Any:
            if str(folder).endswith("/shut"):
                raise PermissionError(13, "Permission denied", str(folder))
            return real(folder)

        return call

    monkeypatch.setattr(os, "scandir", refusing(scandir))
    monkeypatch.setattr(os, "listdir", refusing(listdir))
    assert told(root) == [("PC207", "apps/shut", "cannot read the file: Permission denied")]


@pytest.mark.parametrize("name", [b"x\n---\nkind: Evil\n#.yaml", b"\xff.yaml", b"\x1b[31m/web.yaml"])
def test_a_name_that_cannot_be_shown_is_refused(make_platform: Callable[..., Path], name: bytes) -> None:
    root = make_platform({})
    file = root / "apps" / os.fsdecode(name)
    file.parent.mkdir(parents=True)
    file.write_text(WEB)
    ((code, shown, _),) = told(root)
    assert code == "PC207"
    assert shown.isprintable()


def test_a_long_chain_of_references(make_platform: Callable[..., Path]) -> None:
    spec = 'app: a{0}\nteam: shop\nblueprint: web-service@1\nimage: a\nport: "${{apps.a{1}.port}}"\n'
    files = {f"apps/a{number}.yaml": spec.format(number, number + 1) for number in range(100, 400)}
    files["apps/a400.yaml"] = "app: a400\nteam: shop\nblueprint: web-service@1\nimage: a\n"
    diagnostics, _ = check(load_platform(make_platform(files)), ["dev"])
    assert [(fault.code, str(fault.location)) for fault in diagnostics][:2] == [
        ("PC411", "apps/a181.yaml:5:7"),
        ("PC411", "apps/a262.yaml:5:7"),
    ]
    assert {fault.code for fault in diagnostics} == {"PC411"}
    assert diagnostics[0].summary == "a101/a101.port follows from a181/a181.port by 80 references, and that from others"


def test_no_platform(tmp_path: Path) -> None:
    with pytest.raises(CompileError) as caught:
        find_root(tmp_path)
    assert [item.code for item in caught.value.diagnostics] == ["PC901"]
    assert "Pulumi.yaml" in caught.value.diagnostics[0].summary
