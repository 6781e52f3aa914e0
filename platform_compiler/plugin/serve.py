"""Serves a Pulumi plugin: on a free loopback port that is printed, until the engine ends it or is gone itself."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import grpc

MESSAGE_LIMIT = 400 * 1024 * 1024
OPTIONS = [("grpc.max_receive_message_length", MESSAGE_LIMIT), ("grpc.max_send_message_length", MESSAGE_LIMIT)]


def new_server(threads: int) -> grpc.Server:
    """A server for messages as large as the engine sends."""
    return grpc.server(ThreadPoolExecutor(threads), options=OPTIONS)


def serve(server: grpc.Server) -> None:
    """Print the port, as the plugin handshake wants, and serve until SIGTERM or until the parent process is gone."""
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)  # noqa: T201 - the plugin handshake
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop(grace=1))
    parent = os.getppid()
    timed_out = True
    while timed_out and os.getppid() == parent:
        timed_out = server.wait_for_termination(timeout=1)
    server.stop(grace=None)
