"""A cluster's API for any kind of object, as plain dicts.

The official client reads the kubeconfig and authenticates; what is sent is written here, because its typed and dynamic
classes copy every object several times, and drop fields that they do not know. Every request may be sent again:
an API server that is restarting, or that asks for patience, is waited for.
Source: Kubernetes API concepts (server-side apply, dry run, deletion), API reference.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import urllib3
import yaml
from kubernetes.client import ApiClient, Configuration
from kubernetes.config import ConfigException, load_kube_config, load_kube_config_from_dict

from platform_compiler.cluster.errors import ApiError, ClusterError, UnreachableError, api_error

Object = dict[str, Any]
"""A Kubernetes object as the API serves it."""

CONNECTIONS: Final = 32
CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 30.0
PATIENCE_SECONDS: Final = 60.0
"""How long a request is sent again when no API server answers, or it says that it cannot now."""
FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 2.0
BUSY: Final = frozenset({429, 502, 503, 504})
APPLY: Final = "application/apply-patch+yaml"
MERGE: Final = "application/merge-patch+json"
JSON_PATCH: Final = "application/json-patch+json"


@dataclass(frozen=True, slots=True)
class ResourceType:
    """How a kind is called in URLs, and whether its objects live in namespaces."""

    plural: str
    namespaced: bool


class Cluster:
    """A connection to one cluster; for many threads."""

    def __init__(self, client: ApiClient, *, patience: float = PATIENCE_SECONDS) -> None:
        self._client = client
        self._patience = patience
        self._types: dict[str, dict[str, ResourceType]] = {}
        self._lock = threading.Lock()

    @property
    def server(self) -> str:
        """The API server's address."""
        return str(self._client.configuration.host)

    # --- objects

    def get(self, api_version: str, kind: str, namespace: str, name: str) -> Object | None:
        """The object, None when it, its namespace or its kind is not there; without a namespace that in `default`."""
        try:
            return self._json("GET", self._path(api_version, kind, namespace or "default", name))
        except ApiError as error:
            if error.is_missing:
                return None
            raise

    def list(
        self, api_version: str, kind: str, namespace: str = "", *, labels: str = "", fields: str = ""
    ) -> list[Object]:
        """Objects of a kind, in one namespace or all; none when the kind is not there. `labels` and `fields` select."""
        query = {"labelSelector": labels, "fieldSelector": fields}
        try:
            answer = self._json("GET", self._path(api_version, kind, namespace), query)
        except ApiError as error:
            if error.is_missing:
                return []
            raise
        head = {"apiVersion": api_version, "kind": kind}
        return [{**head, **item} for item in answer.get("items") or ()]

    def apply(self, obj: Object, *, manager: str, force: bool = False, dry_run: bool = False) -> Object:
        """Server-side apply; raises `ApiError`, among others `Conflict` with the fields that others own."""
        query = {
            "fieldManager": manager,
            "force": "true" if force else "",
            "dryRun": "All" if dry_run else "",
            "fieldValidation": "Strict",
        }
        return self._json("PATCH", self.path_of(obj), query, body=obj, content=APPLY)

    def patch(self, obj: Object, change: Any, *, content: str = MERGE, manager: str = "") -> Object:
        """Change an object by a patch of the kind that `content` says."""
        return self._json("PATCH", self.path_of(obj), {"fieldManager": manager}, body=change, content=content)

    def delete(self, obj: Object, *, propagation: str, dry_run: bool = False) -> None:
        """Ask for the deletion of just this object (by its uid); raises `ApiError`, `NotFound` when it is gone."""
        uid = obj["metadata"].get("uid")
        body = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": propagation,
            **({"preconditions": {"uid": uid}} if uid else {}),
        }
        self._json("DELETE", self.path_of(obj), {"dryRun": "All" if dry_run else ""}, body=body)

    def logs(self, namespace: str, pod: str, container: str, *, previous: bool = False, lines: int = 10) -> str:
        """The last lines of a container; empty when there are none to be had, as before it has started."""
        query = {"container": container, "previous": "true" if previous else "", "tailLines": str(lines)}
        try:
            return self._call("GET", self._log_path(namespace, pod), query).decode("utf-8", "replace")
        except ApiError:
            return ""

    def follow_logs(self, namespace: str, pod: str, container: str, *, lines: int) -> Iterator[str]:
        """The lines of a container as they come, until it ends."""
        query = {"container": container, "follow": "true", "tailLines": str(lines), "timestamps": "true"}
        response = self._send("GET", self._log_path(namespace, pod), query, None, "", read_seconds=None)
        pending = b""
        for block in response.stream(4096, decode_content=True):
            *whole, pending = (pending + block).split(b"\n")
            yield from (line.decode("utf-8", "replace") for line in whole)

    # --- kinds

    def knows(self, api_version: str, kind: str) -> bool:
        """Whether the cluster serves the kind now."""
        return self._find_type(api_version, kind) is not None

    def is_namespaced(self, api_version: str, kind: str) -> bool:
        """Whether objects of the kind live in namespaces; raises `ApiError` when the kind is not there."""
        return self._type(api_version, kind).namespaced

    def path_of(self, obj: Object) -> str:
        """The URL path of an object; without a namespace that of `default`, where its kind has namespaces."""
        meta = obj["metadata"]
        return self._path(obj["apiVersion"], obj["kind"], meta.get("namespace") or "default", meta["name"])

    def _path(self, api_version: str, kind: str, namespace: str, name: str = "") -> str:
        found = self._type(api_version, kind)
        place = f"namespaces/{quote(namespace)}/" if namespace and found.namespaced else ""
        return f"{_root(api_version)}/{place}{found.plural}" + (f"/{quote(name)}" if name else "")

    def _log_path(self, namespace: str, pod: str) -> str:
        return f"/api/v1/namespaces/{quote(namespace)}/pods/{quote(pod)}/log"

    def _type(self, api_version: str, kind: str) -> ResourceType:
        found = self._find_type(api_version, kind)
        if found is None:
            raise ApiError(404, "NotFound", f"the cluster has no kind {kind} in {api_version}")
        return found

    def _find_type(self, api_version: str, kind: str) -> ResourceType | None:
        """Ask the cluster when the kind is not known yet: its definition may have come since."""
        with self._lock:
            known = self._types.get(api_version, {})
        if kind not in known:
            known = self._discover(api_version)
            with self._lock:
                self._types[api_version] = known
        return known.get(kind)

    def _discover(self, api_version: str) -> dict[str, ResourceType]:
        try:
            answer = self._json("GET", _root(api_version))
        except ApiError as error:
            if error.is_missing:
                return {}
            raise
        return {
            item["kind"]: ResourceType(item["name"], item["namespaced"])
            for item in answer.get("resources") or ()
            if "/" not in item["name"]
        }

    # --- requests

    def _json(
        self, method: str, path: str, query: dict[str, str] | None = None, *, body: Any = None, content: str = ""
    ) -> Object:
        answer: Object = json.loads(self._call(method, path, query, body, content or "application/json"))
        return answer

    def _call(
        self, method: str, path: str, query: dict[str, str] | None = None, body: Any = None, content: str = ""
    ) -> bytes:
        data: bytes = self._send(method, path, query or {}, body, content).data
        return data

    def _send(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        body: Any,
        content: str,
        read_seconds: float | None = READ_SECONDS,
    ) -> Any:
        """Send a request until it is answered for good; raises `ApiError` or `UnreachableError`."""
        deadline, pause = time.monotonic() + self._patience, FIRST_PAUSE
        while True:
            try:
                return self._send_once(method, path, query, body, content, read_seconds)
            except ApiError as error:
                if not _is_passing(error) or time.monotonic() + pause > deadline:
                    raise
            except (urllib3.exceptions.HTTPError, OSError) as error:
                if time.monotonic() + pause > deadline:
                    raise UnreachableError(f"cannot reach the cluster at {self.server}: {_plain(error)}") from None
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _send_once(
        self, method: str, path: str, query: dict[str, str], body: Any, content: str, read_seconds: float | None
    ) -> Any:
        headers = {"Accept": "application/json", "User-Agent": "platc"}
        if body is not None:
            headers["Content-Type"] = content
        self._client.update_params_for_auth(headers, [], ["BearerToken"], path, method, body)
        written = urlencode({key: value for key, value in query.items() if value})
        url = f"{self.server}{path}{'?' if written else ''}{written}"
        data = None if body is None else json.dumps(body).encode()
        manager = self._client.rest_client.pool_manager
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=read_seconds)
        response = manager.request(
            method, url, body=data, headers=headers, timeout=timeout, preload_content=False, retries=False
        )
        if response.status < 400:
            return response
        text = response.data.decode("utf-8", "replace")
        raise api_error(response.status, _status(text), text[:300])


def connect(
    kubeconfig: str = "", context: str = "", cluster: str = "", *, patience: float = PATIENCE_SECONDS
) -> Cluster:
    """Read a kubeconfig and be ready to send; raises `ClusterError`.

    `kubeconfig` is its text, its path, or several paths with colons between them; by default `KUBECONFIG`. `cluster`
    overrides the context's cluster; `patience` is in seconds, see `PATIENCE_SECONDS`.
    """
    configuration = Configuration()
    configuration.connection_pool_maxsize = CONNECTIONS
    options: dict[str, Any] = {"context": context or None, "client_configuration": configuration}
    try:
        given = _given(kubeconfig)
        if cluster:
            raise ClusterError("the option `cluster` is not supported: name a context")
        if isinstance(given, dict):
            load_kube_config_from_dict(given, persist_config=False, **options)  # type: ignore[no-untyped-call]
        else:
            load_kube_config(given, persist_config=False, **options)  # type: ignore[no-untyped-call]
    except (ConfigException, yaml.YAMLError, OSError, TypeError, KeyError) as error:
        where = f"the context {context!r}" if context else "the current context"
        raise ClusterError(f"cannot use {where} of the kubeconfig: {error}") from None
    return Cluster(ApiClient(configuration), patience=patience)


def _given(kubeconfig: str) -> dict[str, Any] | str | None:
    """A kubeconfig's content, its path, or None for the one in use."""
    if not kubeconfig:
        return os.environ.get("KUBECONFIG") or None
    if "\n" not in kubeconfig and any(Path(path).expanduser().is_file() for path in kubeconfig.split(os.pathsep)):
        return kubeconfig
    content = yaml.safe_load(kubeconfig)
    if not isinstance(content, dict):
        raise ClusterError(f"there is no kubeconfig at {kubeconfig}")
    return content


def _root(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _status(text: str) -> dict[str, Any]:
    try:
        status = json.loads(text)
    except ValueError:
        return {}
    return status if isinstance(status, dict) else {}


def _is_passing(error: ApiError) -> bool:
    """Whether the API server may answer otherwise in a moment, as while it or etcd restarts."""
    return error.code in BUSY or (error.code == 500 and ("etcd" in str(error) or error.reason == "ServerTimeout"))


def _plain(error: BaseException) -> str:
    """`connection refused` of an exception that wraps others."""
    reason = getattr(error, "reason", None) or error
    text = str(reason)
    return text.rpartition(": ")[2] if isinstance(reason, Exception) else text
