"""Diff: what changes between stored and new inputs, and which of it Kubernetes cannot change in place.

Source of the replace rules: the Kubernetes API's own validation (immutable fields), and Pulumi's documented choice to
replace a ConfigMap or Secret whose data changes, because running pods do not see the change otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from platform_compiler.provider.objects import Object
from platform_compiler.provider.wire import reveal

Path = tuple[str | int, ...]

ALWAYS = ("apiVersion", "kind", "metadata.name", "metadata.namespace")
REPLACE_ON: dict[tuple[str, str], tuple[str, ...]] = {
    ("", "ConfigMap"): ("data", "binaryData", "immutable"),
    ("", "Secret"): ("data", "stringData", "type", "immutable"),
    ("", "PersistentVolumeClaim"): ("spec",),
    ("", "Pod"): ("spec",),
    ("", "Service"): ("spec.clusterIP",),
    ("apps", "Deployment"): ("spec.selector",),
    ("apps", "DaemonSet"): ("spec.selector",),
    ("apps", "ReplicaSet"): ("spec.selector",),
    ("apps", "StatefulSet"): (
        "spec.selector",
        "spec.serviceName",
        "spec.podManagementPolicy",
        "spec.volumeClaimTemplates",
    ),
    ("batch", "Job"): ("spec.selector", "spec.template", "spec.completionMode", "spec.manualSelector"),
    ("rbac.authorization.k8s.io", "RoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("roleRef",),
    ("storage.k8s.io", "StorageClass"): ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"),
    ("scheduling.k8s.io", "PriorityClass"): ("value", "preemptionPolicy"),
}
"""Fields, by group and kind, whose change needs a new object."""
IN_PLACE: dict[tuple[str, str], tuple[str, ...]] = {("", "PersistentVolumeClaim"): ("spec.resources.requests.storage",)}
"""Exceptions from `REPLACE_ON`: a claim can grow."""


@dataclass(frozen=True, slots=True)
class Change:
    """One property: `kind` is `add`, `delete` or `update`; `replace` says that it needs a new object."""

    path: Path
    kind: str
    replace: bool

    @property
    def text(self) -> str:
        """The path as Pulumi writes it: `spec.template.spec.containers[0].image`, `metadata.labels["a.b/c"]`."""
        return path_text(self.path)


@dataclass(frozen=True, slots=True)
class Diff:
    """All changes; `delete_first` says that the new object would have the old one's name."""

    changes: tuple[Change, ...] = ()
    delete_first: bool = False
    replaces: tuple[str, ...] = field(default=())


def diff(old: Object, new: Object, *, ignore: Sequence[str] = ()) -> Diff:
    """Compare stored inputs with new ones; `ignore` holds property paths that the engine was told to ignore."""
    before, after = reveal(old), reveal(new)
    group = str(before.get("apiVersion", "")).rpartition("/")[0]
    key = (group, str(before.get("kind", "")))
    forced, allowed = (*ALWAYS, *REPLACE_ON.get(key, ())), IN_PLACE.get(key, ())
    changes = tuple(
        Change(path, kind, _under(text, forced) and not _under(text, allowed))
        for path, kind in _changes(before, after, ())
        if not _under(text := path_text(path), tuple(ignore))
    )
    replaces = tuple(change.text for change in changes if change.replace)
    moved = {"metadata.name", "metadata.namespace"} & set(replaces)
    return Diff(changes, bool(replaces) and not moved, replaces)


def _under(text: str, prefixes: Sequence[str]) -> bool:
    return any(text == prefix or text.startswith((f"{prefix}.", f"{prefix}[")) for prefix in prefixes)


def _changes(old: Any, new: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            if key not in new or new[key] is None:
                if old.get(key) is not None:
                    yield (*path, key), "delete"
            elif key not in old or old[key] is None:
                yield (*path, key), "add"
            else:
                yield from _changes(old[key], new[key], (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            if index >= len(new):
                yield (*path, index), "delete"
            elif index >= len(old):
                yield (*path, index), "add"
            else:
                yield from _changes(old[index], new[index], (*path, index))
    elif old != new:
        yield path, "update"


def path_text(path: Path) -> str:
    """A property path as Pulumi's engine reads it."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.replace("_", "").replace("-", "").isalnum():
            text += f".{step}" if text else step
        else:
            text += '["' + step.replace("\\", "\\\\").replace('"', '\\"') + '"]'
    return text
