"""An API server's stand-in that forwards to the real one, and can stop just before or after any request."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

import urllib3
import yaml

Moment = Literal["before", "after"]
Hook = Callable[[Moment, str, str], None]
SKIPPED = frozenset({"host", "connection", "transfer-encoding", "content-length"})


class Proxy:
    """Forwards to the cluster of `kubeconfig`; `hook` is told of every request's method and path, before and after.

    A hook that kills the client before the request leaves the API server untouched; after it, the client never learns
    of the answer.
    """

    def __init__(self, kubeconfig: Path, folder: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.server = cluster["server"]
        self.pool = urllib3.PoolManager(
            maxsize=16,
            ca_certs=cluster["certificate-authority"],
            cert_file=user["client-certificate"],
            key_file=user["client-key"],
        )
        self.hook: Hook = lambda *_: None
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()
        config["clusters"][0]["cluster"] = {"server": f"http://127.0.0.1:{self._http.server_port}"}
        config["users"][0]["user"] = {}
        self.kubeconfig = folder / "proxy.kubeconfig"
        self.kubeconfig.write_text(yaml.safe_dump(config), encoding="utf-8")

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    owner: Proxy
    protocol_version = "HTTP/1.1"

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {key: value for key, value in self.headers.items() if key.lower() not in SKIPPED}
        self.owner.hook("before", self.command, self.path)
        answer = self.owner.pool.request(
            self.command, self.owner.server + self.path, body=body or None, headers=headers, retries=False
        )
        self.owner.hook("after", self.command, self.path)
        try:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
            self.send_header("Content-Length", str(len(answer.data)))
            self.end_headers()
            self.wfile.write(answer.data)
        except OSError:
            self.close_connection = True  # the client has been killed

    do_GET = do_PATCH = do_DELETE = do_POST = _forward  # noqa: N815 - the server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the server's name
        """Say nothing."""
