"""Runs the provider as a Pulumi plugin; the engine gives its own address as the argument."""

from __future__ import annotations

import sys

import grpc

from platform_compiler.plugin.messages import engine_pb2_grpc, provider_pb2_grpc
from platform_compiler.plugin.serve import OPTIONS, new_server, serve
from platform_compiler.provider.servicer import KubernetesProvider

THREADS = 512
"""More than the engine asks for at once: a call may wait for a rollout for minutes. They are made when needed."""


def main(arguments: list[str]) -> None:
    """Serve until the engine ends this process, or is gone itself."""
    engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(arguments[0], options=OPTIONS)) if arguments else None
    server = new_server(THREADS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(KubernetesProvider(engine), server)
    serve(server)


if __name__ == "__main__":
    main(sys.argv[1:])
