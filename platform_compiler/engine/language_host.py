"""A Pulumi language host for Python programs, for machines without the official one (`pulumi/language.proto`).

The engine asks it to run a program; it starts an interpreter with `run_program` and hands it the engine's addresses.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict

from platform_compiler.engine.paths import PULUMI_VERSION, TOLD_ALREADY
from platform_compiler.plugin.messages import language_pb2, language_pb2_grpc, plugin_pb2
from platform_compiler.plugin.serve import new_server, serve

THREADS = 8
RUNNER = "platform_compiler.engine.run_program"


class PythonHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs one program at a time; packages are the environment's own business."""

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._root = Path.cwd()

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002 - the protocol's name
        """Learn the engine's address and the project's folder."""
        self._engine = request.engine_address or self._engine
        if request.HasField("root_directory"):
            self._root = Path(request.root_directory)
        return language_pb2.LanguageHandshakeResponse()

    def GetRequiredPackages(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002
        """None: the engine finds the provider when a resource asks for it."""
        return language_pb2.GetRequiredPackagesResponse()

    def GetRequiredPlugins(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002
        """None, as above."""
        return language_pb2.GetRequiredPluginsResponse()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002
        """The version that the engine asked for."""
        return plugin_pb2.PluginInfo(version=PULUMI_VERSION)

    def About(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002
        """The interpreter that would run the program."""
        version = ".".join(map(str, sys.version_info[:3]))
        return language_pb2.AboutResponse(executable=sys.executable, version=version)

    def GetProgramDependencies(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002
        """Not known: they are locked in a file of the project."""
        return language_pb2.GetProgramDependenciesResponse()

    def InstallDependencies(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002
        """Nothing to do: `make setup` installs the locked environment."""
        yield language_pb2.InstallDependenciesResponse(stdout=b"run `make setup` to install the locked environment\n")

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002
        """The program ends by itself when the engine does."""
        return Empty()

    def Run(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802, ARG002
        """Run the program to its end; a failure that it did not tell itself is told here."""
        info = request.info
        folder = Path(info.program_directory or request.pwd)
        options = MessageToDict(info.options) if info.HasField("options") else {}
        interpreter = find_interpreter(Path(info.root_directory or self._root), options)
        entry = folder / (info.entry_point if info.entry_point not in {"", "."} else "")
        command = [str(interpreter), "-m", RUNNER, *_run_arguments(request, self._engine), str(entry)]
        environment = {
            **os.environ,
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        code = subprocess.run(command, cwd=request.pwd or folder, env=environment, check=False).returncode
        if code == 0:
            return language_pb2.RunResponse()
        if code == TOLD_ALREADY:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=f"the program exited with code {code}; its output says why")


def find_interpreter(root: Path, options: dict[str, Any]) -> Path:
    """The project's own interpreter: its `virtualenv` option, else `.venv`, else the one that runs this host."""
    named = options.get("virtualenv")
    for folder in ([root / str(named)] if named else []) + [root / ".venv"]:
        python = folder / "bin" / "python"
        if python.exists():
            return python
    return Path(sys.executable)


def _run_arguments(request: Any, engine: str) -> list[str]:
    values = {
        "monitor": request.monitor_address,
        "engine": engine,
        "project": request.project,
        "stack": request.stack,
        "pwd": request.pwd,
        "organization": request.organization or "organization",
        "parallel": str(request.parallel),
        "dry-run": str(request.dryRun).lower(),
        "root": request.info.root_directory,
    }
    return [f"--{key}={value}" for key, value in values.items()]


def main(arguments: list[str]) -> None:
    """Serve on a free loopback port and print it, as the engine expects."""
    engine = next((argument for argument in reversed(arguments) if not argument.startswith("-")), "")
    server = new_server(THREADS)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(PythonHost(engine), server)
    serve(server)


if __name__ == "__main__":
    main(sys.argv[1:])
