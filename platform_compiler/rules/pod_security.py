"""PC801: pods meet the Pod Security Standard that their namespace enforces, so that admission never surprises.

Source: Kubernetes docs, "Pod Security Standards", the fields of `baseline` and `restricted` that a Linux pod can break.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from platform_compiler.diagnostics import Diagnostic
from platform_compiler.graph.resource import Graph, Resource
from platform_compiler.rules.view import View

BASELINE_CAPABILITIES = frozenset(
    [
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    ]
)
RESTRICTED_CAPABILITIES = frozenset({"NET_BIND_SERVICE"})
RESTRICTED_VOLUMES = frozenset(
    [
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    ]
)
_HOST_FIELDS = ("hostNetwork", "hostPID", "hostIPC")


def pods_meet_the_standard(graph: Graph, view: View) -> Iterator[Diagnostic]:
    """Every pod template passes the environment's standard."""
    level = view.environment.spec.pod_security
    if level == "privileged":
        return
    for resource in graph:
        spec = pod_spec(resource)
        if spec is None:
            continue
        for fault in _faults(spec, restricted=level == "restricted"):
            expected = f"a pod that passes `{level}`, which {view.environment.file} enforces"
            summary = f"the pods of {resource.kind} {resource.name} break it: {fault}"
            yield Diagnostic("PC801", summary, view.locate(resource.origin), expected)


def pod_spec(resource: Resource) -> dict[str, Any] | None:
    """The pod spec inside a resource, None for kinds without pods."""
    spec = resource.manifest.get("spec")
    if resource.kind == "CronJob" and spec:
        spec = (spec.get("jobTemplate") or {}).get("spec")
    if resource.kind == "Pod":
        return spec
    if not isinstance(spec, dict) or "template" not in spec:
        return None
    template = spec["template"]
    return template.get("spec") if isinstance(template, dict) else None


def _faults(spec: dict[str, Any], *, restricted: bool) -> Iterator[str]:
    for field in _HOST_FIELDS:
        if spec.get(field):
            yield f"{field} is true"
    pod = spec.get("securityContext") or {}
    for container in [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]:
        own = container.get("securityContext") or {}
        yield from (f"container {container['name']}: {fault}" for fault in _container_faults(own, pod, restricted))
    for volume in spec.get("volumes") or ():
        kind = next((key for key in volume if key != "name"), "emptyDir")
        if kind == "hostPath" or (restricted and kind not in RESTRICTED_VOLUMES):
            yield f"volume {volume['name']} is of type {kind}"


def _container_faults(own: dict[str, Any], pod: dict[str, Any], restricted: bool) -> Iterator[str]:
    if own.get("privileged"):
        yield "privileged is true"
    capabilities = own.get("capabilities") or {}
    allowed = RESTRICTED_CAPABILITIES if restricted else BASELINE_CAPABILITIES
    extra = sorted(set(capabilities.get("add") or ()) - allowed)
    if extra:
        yield f"it adds the capabilities {', '.join(extra)}"
    if not restricted:
        return
    if "ALL" not in (capabilities.get("drop") or ()):
        yield "capabilities.drop lacks ALL"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation is not false"
    if not own.get("runAsNonRoot", pod.get("runAsNonRoot")):
        yield "runAsNonRoot is not true"
    if own.get("runAsUser", pod.get("runAsUser")) == 0:
        yield "runAsUser is 0"
    profile = own.get("seccompProfile", pod.get("seccompProfile")) or {}
    if profile.get("type") not in {"RuntimeDefault", "Localhost"}:
        yield "seccompProfile is neither RuntimeDefault nor Localhost"
