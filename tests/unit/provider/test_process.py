"""The plugin as a process: it says its port, answers on loopback only, and never outlives its engine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty

from platform_compiler.plugin.messages import provider_pb2, provider_pb2_grpc
from platform_compiler.provider.wire import to_struct
from tests.unit.provider.conftest import obj, urn

COMMAND = [sys.executable, "-m", "platform_compiler.provider"]
NO_ENGINE = "127.0.0.1:1"
"""An address where nobody listens."""
SECONDS = 10.0
LISTENING = "0A"
LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
"""As /proc writes 127.0.0.1 and its two forms in IPv6."""


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    with subprocess.Popen([*COMMAND, NO_ENGINE], stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())
        process.kill()


def stub(port: int) -> provider_pb2_grpc.ResourceProviderStub:
    return provider_pb2_grpc.ResourceProviderStub(grpc.insecure_channel(f"127.0.0.1:{port}"))


def test_it_renders_over_the_wire_without_an_engine_to_tell(
    plugin: tuple[subprocess.Popen[str], int], tmp_path: Path
) -> None:
    client = stub(plugin[1])
    assert client.GetPluginInfo(Empty(), timeout=SECONDS).version == "4.34.2"
    args = to_struct({"renderYamlToDirectory": "out"})
    client.Configure(provider_pb2.ConfigureRequest(args=args), timeout=SECONDS)
    request = provider_pb2.CreateRequest(urn=urn(), properties=to_struct(obj("Secret", data={"a": "Yg=="})))
    assert client.Create(request, timeout=SECONDS).id == "n/x"
    assert (tmp_path / "out" / "1-manifest" / "v1-secret-n-x.yaml").is_file()
    with pytest.raises(grpc.RpcError) as error:
        client.Invoke(provider_pb2.InvokeRequest(tok="kubernetes:yaml:decode"), timeout=SECONDS)
    assert error.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_it_listens_on_loopback_only(plugin: tuple[subprocess.Popen[str], int]) -> None:
    tables = [Path(f"/proc/{plugin[0].pid}/net/{name}") for name in ("tcp", "tcp6")]
    lines = [line.split() for table in tables if table.exists() for line in table.read_text().splitlines()[1:]]
    if not lines:
        pytest.skip("no /proc on this system")
    addresses = [local.rpartition(":") for _, local, _, state, *_ in lines if state == LISTENING]
    (address,) = [host for host, _, port in addresses if int(port, 16) == plugin[1]]
    assert address in LOOPBACK


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_it_is_told_to(plugin: tuple[subprocess.Popen[str], int], number: signal.Signals) -> None:
    process, port = plugin
    stub(port).Cancel(Empty(), timeout=SECONDS)
    process.send_signal(number)
    assert process.wait(SECONDS) == 0


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    """The parent starts the plugin, passes its id on, and is killed."""
    program = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen({COMMAND!r}, stdout=subprocess.PIPE, text=True)\n"
        "print(child.pid, child.stdout.readline().strip(), flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=tmp_path) as parent:
        assert parent.stdout is not None
        child, port = map(int, parent.stdout.readline().split())
        assert stub(port).GetPluginInfo(Empty(), timeout=SECONDS).version
        parent.kill()
    deadline = time.monotonic() + SECONDS
    while _is_alive(child):
        assert time.monotonic() < deadline, "the plugin has outlived its parent"
        time.sleep(0.05)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_the_start_loads_neither_the_sdk_nor_a_yaml_reader() -> None:
    code = (
        "import sys, platform_compiler.provider.__main__\n"
        "print([name for name in ('pulumi.resource', 'pulumi.output', 'pulumi_kubernetes', 'yaml', 'pydantic')"
        " if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout.strip() == "[]"
