"""Tells the engine what happens to a resource: a status line beside it, or a warning that stays."""

from __future__ import annotations

import grpc

from platform_compiler.plugin.messages import engine_pb2, engine_pb2_grpc

TIMEOUT = 5.0
"""Seconds that a message may take; the engine answers at once or is gone."""


class EngineLog:
    """The engine's log, or nothing when the provider was started without an engine."""

    def __init__(self, engine: engine_pb2_grpc.EngineStub | None) -> None:
        self._engine = engine

    def tell(self, urn: str, message: str, *, warning: bool) -> None:
        """Show `message` beside the resource. It has arrived when this returns, or it could be lost at the end."""
        if self._engine is None:
            return
        severity = engine_pb2.LogSeverity.WARNING if warning else engine_pb2.LogSeverity.INFO
        request = engine_pb2.LogRequest(severity=severity, urn=urn, message=message, ephemeral=not warning)
        try:
            self._engine.Log(request, timeout=TIMEOUT)
        except grpc.RpcError:
            return  # the engine is gone, and with it whoever would read this
