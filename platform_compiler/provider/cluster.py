"""Cluster mode: objects are applied to a cluster and waited for (`Backend`).

An object is applied server-side, by a field manager that state remembers, so that fields which others set stay theirs.
Every object that the compiler registers carries its URN as an annotation, the mark. An object that stands there already
is taken for the resource's own on exactly that match, as after a crash between the API call and the write of state;
any other is refused unless the user asks for its adoption. Deletion, too, spares what carries another mark.
Source: Kubernetes API concepts (server-side apply, dry run, propagation of deletion); Pulumi's Kubernetes provider
documentation (`pulumi.com/*` annotations).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from platform_compiler.cluster.client import JSON_PATCH, Cluster
from platform_compiler.cluster.errors import ApiError, ClusterError
from platform_compiler.emit.urns import MARK
from platform_compiler.provider.adoption import may_adopt
from platform_compiler.provider.backend import BackendError, Operation, Report
from platform_compiler.provider.objects import Object, annotation, is_definition, metadata, name_in_urn
from platform_compiler.provider.property_path import Path, parse_path
from platform_compiler.provider.rollout import Rollout

FORCE: Final = "pulumi.com/patchForce"
PROPAGATION: Final = "pulumi.com/deletionPropagationPolicy"
OUR_MANAGERS: Final = "pulumi-kubernetes"
"""What the field managers of this provider and of the official one begin with."""
CLIENT_SIDE: Final = "pulumi-kubernetes"
"""The manager of fields that the official provider set without server-side apply, as it does when it creates."""
OWNERS: Final = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"})
"""Kinds whose dependents are removed before they are: what comes next must not meet their pods."""
KIND_SECONDS: Final = 60.0
"""How long a kind may take to be served after its definition was established."""
RACES: Final = 5
"""How often an apply is tried again when a field that the resource ignores has changed meanwhile."""


class ClusterBackend:
    """Applies objects to `cluster`.

    `adopt` names the apps and components that may take over what stands there; `force` takes fields from others.
    """

    previews = True

    def __init__(self, cluster: Cluster, *, adopt: Iterable[str] = (), force: bool = False) -> None:
        self._cluster = cluster
        self._adopt = tuple(adopt)
        self._force = force
        self._rollout = Rollout(cluster)

    def check(self, obj: Object, report: Report, *, has_secrets: bool) -> None:
        """Nothing to warn of: a cluster keeps Secrets."""

    def create(self, obj: Object, operation: Operation) -> Object:
        """Apply a new object and wait for it; in a preview only try it."""
        if operation.preview and not self._can_try(obj):
            return obj
        self._await_kind(obj, operation)
        live = self._rollout.live(obj)
        if live is not None and _is_leaving(live):
            if operation.preview:
                return obj
            self._rollout.gone(live, operation)
            live = None
        if live is not None:
            self._take(live, obj, operation)
            if operation.preview and not is_definition(obj):
                return self._try_beside(obj, operation)
        return self._apply(obj, live, operation)

    def update(self, live: Object, obj: Object, operation: Operation) -> Object:
        """Apply the new inputs to the object as it is now, and wait for it."""
        if operation.preview and not self._can_try(obj):
            return obj
        self._await_kind(obj, operation)
        current = self._rollout.live(obj)
        if current is None:
            operation.report("it is gone: it is created again")
        elif _is_other(current, annotation(live, MARK), operation.urn):
            raise BackendError(_refusal(current, operation.urn))
        elif not operation.preview:
            current = self._take_over_fields(current, operation)
        result = self._apply(obj, current, operation)
        if not operation.preview and self._cluster.path_of(live) != self._cluster.path_of(obj):
            self.delete(live, replace(operation, preview=False))
        return result

    def delete(self, live: Object, operation: Operation) -> None:
        """Delete the object and wait until it is gone; one that is gone, or is another's by now, is left."""
        current = self._rollout.live(live)
        if current is None:
            return
        if _is_other(current, annotation(live, MARK), operation.urn):
            operation.report(f"kept: it belongs to {annotation(current, MARK)} by now", warning=True)
            return
        own = "Foreground" if current["kind"] in OWNERS else "Background"
        policy = (annotation(current, PROPAGATION) or own).capitalize()
        try:
            self._cluster.delete(current, propagation=policy)
        except ApiError as error:
            if error.is_missing or error.code == 409:  # gone, or another object has its name by now
                return
            raise _backend_error(error, current) from None
        except ClusterError as error:
            raise BackendError(str(error)) from None
        self._rollout.gone(current, operation)

    def read(self, obj: Object, operation: Operation) -> Object | None:
        """The object as it is now; one that has come to be another's by mark is gone.

        An object that has never been seen, as after a crash, is known by the mark in its inputs alone.
        """
        live = self._rollout.live(obj)
        known = annotation(obj, MARK)
        if live is None or _is_other(live, known, operation.urn):
            return None
        seen = bool(metadata(obj).get("uid"))
        return None if known and not seen and annotation(live, MARK) != known else live

    # --- steps

    def _can_try(self, obj: Object) -> bool:
        """Whether a dry run can say anything: not for kinds and namespaces that the same run will make."""
        try:
            if not self._cluster.knows(obj["apiVersion"], obj["kind"]):
                return False
            namespace = metadata(obj).get("namespace")
            return not namespace or self._cluster.get("v1", "Namespace", "", namespace) is not None
        except ClusterError as error:
            raise BackendError(str(error)) from None

    def _await_kind(self, obj: Object, operation: Operation) -> None:
        deadline = time.monotonic() + KIND_SECONDS
        try:
            while not self._cluster.knows(obj["apiVersion"], obj["kind"]):
                if time.monotonic() > deadline or operation.cancelled.wait(0.2):
                    reason = f"the cluster has no kind {obj['kind']} in {obj['apiVersion']}"
                    raise BackendError(f"{reason}; install what defines it, or register its definition in this stack")
        except ClusterError as error:
            raise BackendError(str(error)) from None

    def _take(self, live: Object, obj: Object, operation: Operation) -> None:
        """Make sure that an object which stands there already may become this resource; raises `BackendError`."""
        mark, managers = annotation(live, MARK), _managers(live)
        if mark == annotation(obj, MARK) != "" or (not mark and operation.field_manager in managers):
            operation.report("adopted: it stands there from an earlier run of this stack")
        elif may_adopt(name_in_urn(operation.urn), self._adopt):
            operation.report("adopted, as asked", warning=True)
        elif operation.preview and not mark and any(name.startswith(OUR_MANAGERS) for name in managers):
            operation.report("it stands there already: it must be what this run replaces")
        else:
            raise BackendError(_refusal(live, operation.urn))

    def _try_beside(self, obj: Object, operation: Operation) -> Object:
        """Try an object under another name: in a preview of its replacement, the old one still has the name."""
        meta = metadata(obj)
        tried = self._apply({**obj, "metadata": {**meta, "name": f"{meta['name'][:54]}-preview"}}, None, operation)
        return {**tried, "metadata": {**metadata(tried), "name": meta["name"]}}

    def _apply(self, obj: Object, live: Object | None, operation: Operation) -> Object:
        asked = live is not None and may_adopt(name_in_urn(operation.urn), self._adopt)
        wanted = self._force or asked or annotation(obj, FORCE) == "true"
        for attempt in range(RACES):
            target = keep_ignored(obj, live, operation.ignore_changes)
            try:
                applied = self._send(target, operation, force=wanted)
                break
            except ApiError as error:
                if error.reason != "Conflict" or attempt == RACES - 1:
                    raise _backend_error(error, obj) from None
                if not operation.ignore_changes and not _all_ours(error):
                    raise _backend_error(error, obj) from None
                wanted = wanted or _all_ours(error)
                live = self._rollout.live(obj)
            except ClusterError as error:
                raise BackendError(str(error)) from None
        if operation.preview:
            return applied
        self._rollout.ready(applied, operation)
        return self._rollout.live(obj) or applied

    def _send(self, obj: Object, operation: Operation, *, force: bool) -> Object:
        return self._cluster.apply(obj, manager=operation.field_manager, force=force, dry_run=operation.preview)

    def _take_over_fields(self, live: Object, operation: Operation) -> Object:
        """Give fields that were set without server-side apply to the field manager, or removing one would leave it."""
        entries = metadata(live).get("managedFields") or []
        changed = hand_over(entries, operation.field_manager)
        if changed == entries:
            return live
        version = metadata(live).get("resourceVersion")
        change = [
            {"op": "test", "path": "/metadata/resourceVersion", "value": version},
            {"op": "replace", "path": "/metadata/managedFields", "value": changed},
        ]
        try:
            return self._cluster.patch(live, change, content=JSON_PATCH)
        except ApiError as error:
            raise _backend_error(error, live) from None


def keep_ignored(obj: Object, live: Object | None, ignored: Iterable[str]) -> Object:
    """`obj` with the value that is there now at every ignored path.

    Leaving such a field out would reset it: an object whose `spec.replicas` nobody sets any more goes to its default
    of one, which is how the hand-over to an autoscaler would take an app down.
    """
    for text in ignored:
        obj = _with_live(obj, live or {}, parse_path(text))
    return obj


def _with_live(obj: Any, live: Any, path: Path) -> Any:
    step, rest = path[0], path[1:]
    if not isinstance(obj, dict) or not isinstance(step, str) or not isinstance(live, dict):
        return obj
    if not rest:
        kept = {key: value for key, value in obj.items() if key != step}
        if step in live:
            return {**kept, step: live[step]}
        return obj
    return {**obj, step: _with_live(obj.get(step, {}), live[step], rest)} if step in live else obj


def hand_over(entries: list[Mapping[str, Any]], manager: str) -> list[Mapping[str, Any]]:
    """Managed fields (`ManagedFieldsEntry`) in which those set without server-side apply are `manager`'s by apply."""
    if any(entry.get("manager") == manager and entry.get("operation") == "Apply" for entry in entries):
        return entries
    return [
        {**entry, "manager": manager, "operation": "Apply"}
        if entry.get("manager") == CLIENT_SIDE and entry.get("operation") == "Update" and not entry.get("subresource")
        else entry
        for entry in entries
    ]


def _is_leaving(live: Object) -> bool:
    return bool(metadata(live).get("deletionTimestamp"))


def _is_other(live: Object, known: str, urn: str) -> bool:
    """Whether the object carries the mark of another resource than this one, by its old and its present URN."""
    mark = annotation(live, MARK)
    return bool(mark) and mark not in {known, urn}


def _managers(live: Object) -> list[str]:
    return sorted({str(entry.get("manager")) for entry in metadata(live).get("managedFields") or ()})


def _refusal(live: Object, urn: str) -> str:
    meta, mark, name = metadata(live), annotation(live, MARK), name_in_urn(urn)
    place = f"{meta.get('namespace', '')}/{meta['name']}".lstrip("/")
    owner = f"belongs to {mark}" if mark else f"is not of this stack (set by {', '.join(_managers(live))})"
    cure = f"to take it over: `platc up --adopt {name.rpartition('/')[0] or name}`; else give one another name"
    return f"{live['kind']} {place} exists already and {owner}; {cure}"


def _all_ours(error: ApiError) -> bool:
    """Whether every field in conflict was set by this provider or the official one, under another manager's name."""
    return bool(error.causes) and all(f'conflict with "{OUR_MANAGERS}' in cause.message for cause in error.causes)


def _backend_error(error: ApiError, obj: Object) -> BackendError:
    """What the API server says, in the words of the one who must mend it."""
    name = f"{obj['kind']} {metadata(obj).get('name')}"
    if error.reason == "Conflict" and error.causes:
        lines = [f"  {cause.field.lstrip('.')}: {cause.message}" for cause in error.causes]
        cure = f'take the field out of the spec, or force it with the annotation {FORCE}: "true"'
        return BackendError("\n".join([f"others own fields of {name} that this stack sets:", *lines, f"  {cure}"]))
    if error.causes:
        lines = [f"  {cause.field}: {cause.message}" for cause in error.causes]
        return BackendError("\n".join([f"the cluster refuses {name}:", *dict.fromkeys(lines)]))
    return BackendError(f"the cluster refuses {name}: {error}")
