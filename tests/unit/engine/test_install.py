"""Obtaining the engine: what is found, what is downloaded, what is refused, and how long a search may take."""

from __future__ import annotations

import hashlib
import io
import socket
import tarfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from platform_compiler.engine import download, home, install
from platform_compiler.engine.download import ChecksumError, UnreachableError, download_release, release_name
from platform_compiler.engine.gobuild import BuildError, _Ticker
from platform_compiler.engine.install import EngineUnavailableError, Pulumi

VERSION = "3.259.0"
Serve = Callable[[dict[str, bytes]], str]


def quiet(_line: str) -> None:
    """Nobody listens."""


def archive(name: str, text: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(text), 0o755
        tar.addfile(info, io.BytesIO(text))
    return buffer.getvalue()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A release server on loopback: `serve({"/path": body})` returns its address; `None` bodies never answer."""
    servers: list[ThreadingHTTPServer] = []

    def start(files: dict[str, bytes]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = files.get(self.path)
                self.send_response(200 if body is not None else 404)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_args: object) -> None:
                """Quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server is known to be out of reach."""
    monkeypatch.setattr(download, "_silent", set())


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLATC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PULUMI_HOME", raising=False)
    return tmp_path / "cache"


def release(body: bytes, *, checksum: str | None = None) -> dict[str, bytes]:
    name = release_name(VERSION)
    line = f"{checksum or hashlib.sha256(body).hexdigest()}  {name}\n"
    return {f"/{name}": body, f"/pulumi-{VERSION}-checksums.txt": line.encode()}


def test_a_release_is_checked_and_installed(serve: Serve, tmp_path: Path) -> None:
    base = serve(release(archive("pulumi/pulumi", b"#!/bin/sh\necho v3.259.0\n")))
    download_release(VERSION, tmp_path / "engine", quiet, base=base)
    assert install.version_of(tmp_path / "engine" / "bin" / "pulumi") == VERSION
    assert [path.name for path in tmp_path.iterdir()] == ["engine"]


def test_a_wrong_checksum_installs_nothing(serve: Serve, tmp_path: Path) -> None:
    base = serve(release(archive("pulumi/pulumi", b"x"), checksum="0" * 64))
    with pytest.raises(ChecksumError):
        download_release(VERSION, tmp_path / "engine", quiet, base=base)
    assert list(tmp_path.iterdir()) == []


def test_an_archive_cannot_leave_its_folder(serve: Serve, tmp_path: Path) -> None:
    base = serve(release(archive("../../evil", b"x")))
    with pytest.raises(UnreachableError, match="is no archive of pulumi/pulumi"):
        download_release(VERSION, tmp_path / "deep" / "engine", quiet, base=base)
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("base", ["http://127.0.0.1:9", "http://no-such-host.invalid"])
def test_an_unreachable_server_is_told_within_seconds(base: str, tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(UnreachableError, match="cannot reach"):
        download_release(VERSION, tmp_path / "engine", quiet, base=base)
    assert time.monotonic() - started < download.CONNECT_SECONDS + 5


def test_a_name_that_is_never_found_is_given_up_and_not_tried_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "CONNECT_SECONDS", 0.2)
    done, tries = threading.Event(), []

    def look_up(host: str, *_args: object, **_options: object) -> None:
        tries.append(host)
        done.wait(20)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(urllib.request, "getproxies", dict)
    monkeypatch.setattr(urllib.request, "_opener", None)
    started = time.monotonic()
    with pytest.raises(UnreachableError, match=r"cannot reach .*: no answer within 0\.2 seconds"):
        download_release(VERSION, tmp_path / "engine", quiet, base="http://lost.invalid/sdk")
    with pytest.raises(UnreachableError, match=r"lost\.invalid did not answer before"):
        download.download_plugin("kubernetes", "1", tmp_path / "p", quiet, base="http://lost.invalid/plugins")
    assert time.monotonic() - started < 5
    done.set()
    assert tries == ["lost.invalid"]


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH_9.2\r\n", b"", b"HTTP/1.1 200 OK\r\nContent-Length: no\r\n\r\n"], ids=range(3)
)
def test_a_strange_answer_is_told(tmp_path: Path, answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _address = listener.accept()
            with connection:
                connection.recv(1 << 16)
                connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        with pytest.raises(UnreachableError, match=r"cannot reach http.*: \S"):
            download_release(VERSION, tmp_path / "e", quiet, base=f"http://127.0.0.1:{listener.getsockname()[1]}")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<html>sign in first</html>", "is no archive of pulumi-resource-kubernetes"),
        (archive(home.PLUGIN_PROGRAM, b"x" * 999)[:60], "is no archive of pulumi-resource-kubernetes"),
        (archive("README", b"x"), "holds no pulumi-resource-kubernetes"),
    ],
    ids=["a page", "cut short", "another archive"],
)
def test_a_page_in_place_of_the_plugin_leaves_the_embedded_one(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: bytes, told: str
) -> None:
    monkeypatch.setattr(download, "fetch", lambda *_args: body)
    lines: list[str] = []
    prepared = home.prepare_home(Pulumi(tmp_path / "bin" / "pulumi", VERSION, "path"), lines.append)
    assert prepared.provider == "embedded"
    assert any(told in line and "using the embedded one instead" in line for line in lines)
    assert [file.name for file in (cache / "plugins").iterdir()] == [f"{home.KUBERNETES}.unreachable"]


def test_a_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        started = time.monotonic()
        with pytest.raises(UnreachableError):
            download_release(VERSION, tmp_path / "e", quiet, base=f"http://127.0.0.1:{listener.getsockname()[1]}")
        assert time.monotonic() - started < download.CONNECT_SECONDS + 5


def test_the_path_comes_first_when_it_is_new_enough(cache: Path, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "pulumi"
    program.parent.mkdir()
    for version, source in (("v3.260.1", "path"), ("v3.100.0", "cache")):
        program.write_text(f"#!/bin/sh\necho {version}\n")
        program.chmod(0o755)
        cached = cache / "pulumi" / f"v{VERSION}" / "bin" / "pulumi"
        cached.parent.mkdir(parents=True, exist_ok=True)
        cached.touch()
        found = install.find()
        assert found is not None
        assert found.source == source


def test_without_network_the_engine_is_built_and_says_so(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def unreachable(*_args: object) -> None:
        raise UnreachableError("cannot reach it")

    def build(_version: str, folder: Path, _progress: object) -> None:
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "pulumi").touch()

    monkeypatch.setattr(install, "download_release", unreachable)
    monkeypatch.setattr(install, "build", build)
    assert install.find_or_install(told.append).source == "built"
    assert install.find_or_install(told.append).source == "cache"
    assert cache.is_dir()
    assert any("building the engine from its Go modules instead" in line for line in told)


def test_a_failed_build_has_a_hint(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATC_OFFLINE", "1")

    def fail(*_args: object) -> None:
        raise BuildError("no go", "install Go")

    monkeypatch.setattr(install, "build", fail)
    with pytest.raises(EngineUnavailableError) as caught:
        install.find_or_install(quiet)
    assert caught.value.hint == "install Go"
    assert not (cache / "pulumi" / f"v{VERSION}").exists()


def test_progress_tells_how_far_it_is() -> None:
    ticker = _Ticker(quiet, "building", 200)
    ticker.done = 50
    assert ticker.line().startswith("building: 50 of about 200 packages (25 %), ")


def test_the_official_plugin_is_preferred_and_downloaded(cache: Path, serve: Serve, tmp_path: Path) -> None:
    pulumi = Pulumi(tmp_path / "bin" / "pulumi", VERSION, "path")
    failed = cache / "plugins" / f"{home.KUBERNETES}.unreachable"
    failed.parent.mkdir(parents=True)
    failed.touch()
    embedded = home.prepare_home(pulumi)
    launcher = embedded.path / "plugins" / home.KUBERNETES / home.PLUGIN_PROGRAM
    assert embedded.provider == "embedded"
    assert "platform_compiler.provider" in launcher.read_text()

    import platform  # noqa: PLC0415

    machine = download._GO_MACHINES[platform.machine().lower()]
    name = f"/pulumi-resource-kubernetes-v4.34.2-{platform.system().lower()}-{machine}.tar.gz"
    base = serve({name: archive(home.PLUGIN_PROGRAM, b"official")})
    download.download_plugin("kubernetes", "4.34.2", cache / "plugins" / home.KUBERNETES, quiet, base=base)
    official = home.prepare_home(pulumi)
    assert official.provider == "official"
    assert launcher.read_bytes() == b"official"


def test_our_own_home_is_not_taken_for_the_users(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pulumi = Pulumi(tmp_path / "bin" / "pulumi", VERSION, "path")
    monkeypatch.setenv("PLATC_OFFLINE", "1")
    first = home.prepare_home(pulumi)
    monkeypatch.setenv("PULUMI_HOME", str(first.path))
    assert home.prepare_home(pulumi) == first
    assert first.provider == "embedded"
    assert first.path.is_relative_to(cache)


def test_a_failed_try_for_the_plugin_is_remembered(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[str] = []

    def unreachable(name: str, *_args: object) -> None:
        tries.append(name)
        raise UnreachableError("cannot reach it")

    monkeypatch.setattr(home, "download_plugin", unreachable)
    home.obtain_official_plugin(quiet)
    home.obtain_official_plugin(quiet)
    assert tries == ["kubernetes"]
    assert cache.is_dir()


def test_the_users_backend_and_passphrase_stay(cache: Path, tmp_path: Path) -> None:
    pulumi = Pulumi(tmp_path / "bin" / "pulumi", VERSION, "path")
    prepared = home.Home(cache, "embedded", "embedded")
    own = {"PULUMI_BACKEND_URL": "s3://state", "PULUMI_CONFIG_PASSPHRASE": "x", "PATH": "/bin"}
    variables = home.engine_environment(prepared, pulumi, tmp_path, own)
    assert "PULUMI_BACKEND_URL" not in variables
    assert "PULUMI_CONFIG_PASSPHRASE" not in variables
    (tmp_path / "Pulumi.yaml").write_text("name: test\n")
    default = home.engine_environment(prepared, pulumi, tmp_path, {"PATH": "/bin"})
    assert default["PULUMI_BACKEND_URL"] == f"file://{tmp_path}/.platform/state?create_dir=true"
    assert default["PULUMI_CONFIG_PASSPHRASE"] == ""


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("", "{root}/.platform/state?create_dir=true"),
        ("{url: }", "{root}/.platform/state?create_dir=true"),
        ("{url: 'file://kept/state'}", "{root}/kept/state"),
        ("{url: 'file:///srv/state'}", "file:///srv/state"),
        ("{url: 's3://bucket'}", "s3://bucket"),
    ],
)
def test_the_projects_backend_is_taken_from_the_root(tmp_path: Path, named: str, expected: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(f"name: test\nbackend: {named}\n")
    assert home.backend_url(tmp_path, {}) == expected.format(root=tmp_path.as_uri())


def test_what_was_exported_for_one_platform_is_not_taken_for_another(cache: Path, tmp_path: Path) -> None:
    pulumi, prepared = Pulumi(tmp_path / "bin" / "pulumi", VERSION, "path"), home.Home(cache, "embedded", "embedded")
    one, other = tmp_path / "one", tmp_path / "other"
    for root in (one, other):
        root.mkdir()
        (root / "Pulumi.yaml").write_text("name: test\n")
    exported = home.engine_environment(prepared, pulumi, one, {})
    assert home.backend_url(one, exported) == exported["PULUMI_BACKEND_URL"]
    assert home.backend_url(other, exported) == home.backend_url(other, {})
    own = {**exported, "PULUMI_BACKEND_URL": "file:///srv/state"}
    assert home.backend_url(other, own) == "file:///srv/state"


def test_a_program_is_asked_for_its_version_once(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []

    def version_of(program: Path) -> str:
        asked.append(program)
        return VERSION

    monkeypatch.setattr(install, "version_of", version_of)
    program = tmp_path / "pulumi"
    program.write_bytes(b"\x7fELF one")
    assert [install.remembered_version(program) for _ in range(3)] == [VERSION] * 3
    assert len(asked) == 1
    program.write_bytes(b"\x7fELF another")
    assert install.remembered_version(program) == VERSION
    assert len(asked) == 2
    program.write_text("#!/bin/sh\n")
    assert [install.remembered_version(program) for _ in range(2)] == [VERSION] * 2
    assert len(asked) == 4
    shim = tmp_path / "bin" / "pulumi"
    shim.parent.mkdir()
    (tmp_path / "mise").write_bytes(b"\x7fELF")
    shim.symlink_to(tmp_path / "mise")
    assert [install.remembered_version(shim) for _ in range(2)] == [VERSION] * 2
    assert len(asked) == 6
    assert install.remembered_version(tmp_path / "none") is None
    assert len([*(cache / "versions").iterdir()]) == 2
