"""Which fields need a new object when they change, by API group and kind.

`RULES` are those of the official provider, so that a preview says the same with either. `REFUSED` are fields that
Kubernetes refuses to change too, where the official provider only fails later, at the API server; none of these kinds
holds data, so a new object is safe. ConfigMaps and Secrets are replaced by default because running pods do not see the
change otherwise; the provider's config can make them mutable.
Source: pulumi-kubernetes, "Replacement of resources"; Kubernetes API reference, fields marked immutable.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from platform_compiler.provider.objects import Object, group_of

IDENTITY: Final = ("metadata.name", "metadata.namespace")
VOLUMES: Final = (
    "awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "fc", "flexVolume", "flocker",
    "gcePersistentDisk", "glusterfs", "hostPath", "iscsi", "local", "nfs", "photonPersistentDisk", "portworxVolume",
    "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume",
)  # fmt: skip
POD: Final = (
    "affinity", "automountServiceAccountToken", "dnsConfig", "dnsPolicy", "enableServiceLinks", "hostAliases",
    "hostIPC", "hostNetwork", "hostPID", "hostname", "imagePullSecrets", "nodeName", "nodeSelector", "overhead",
    "preemptionPolicy", "priority", "priorityClassName", "readinessGates", "restartPolicy", "runtimeClassName",
    "schedulerName", "securityContext", "serviceAccount", "serviceAccountName", "shareProcessNamespace", "subdomain",
    "terminationGracePeriodSeconds", "volumes",
)  # fmt: skip
CONTAINER: Final = (
    "args", "command", "env", "image", "imagePullPolicy", "lifecycle", "livenessProbe", "ports", "readinessProbe",
    "resources", "securityContext", "stdin", "stdinOnce", "terminationMessagePath", "terminationMessagePolicy", "tty",
    "volumeDevices", "volumeMounts", "workingDir",
)  # fmt: skip
RULES: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("", "PersistentVolume"): tuple(f"spec.{name}" for name in VOLUMES),
    ("", "PersistentVolumeClaim"): ("spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"),
    ("", "Pod"): (
        *(f"spec.{name}" for name in POD),
        *(f"spec.{kind}.*.{name}" for kind in ("containers", "initContainers") for name in CONTAINER),
    ),
    ("", "ResourceQuota"): ("spec.scopes",),
    ("", "Secret"): ("type",),
    ("", "Service"): ("spec.clusterIP",),
    ("apps", "DaemonSet"): ("spec.selector",),
    ("apps", "Deployment"): ("spec.selector",),
    ("apps", "StatefulSet"): (
        "spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.selector", "spec.serviceName",
        "spec.volumeClaimTemplates",
    ),
    ("batch", "Job"): ("spec.completions", "spec.parallelism", "spec.selector", "spec.template"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io", "RoleBinding"): ("roleRef",),
    ("storage.k8s.io", "StorageClass"): ("parameters", "provisioner"),
}  # fmt: skip
REFUSED: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("apps", "ReplicaSet"): ("spec.selector",),
    ("batch", "Job"): ("spec.completionMode", "spec.manualSelector", "spec.podFailurePolicy", "spec.successPolicy"),
    ("scheduling.k8s.io", "PriorityClass"): ("preemptionPolicy", "value"),
    ("storage.k8s.io", "StorageClass"): ("reclaimPolicy", "volumeBindingMode"),
}
SECRET_DATA: Final = ("data", "stringData", "type")
CONFIG_DATA: Final = ("binaryData", "data")


def replace_paths(obj: Object, *, config_map_mutable: bool = False, secret_mutable: bool = False) -> tuple[str, ...]:
    """The paths whose change needs a new object; a `*` stands for every item of a list."""
    key = (group_of(str(obj.get("apiVersion", ""))), str(obj.get("kind", "")))
    immutable = obj.get("immutable") is True
    if key == ("", "Secret") and (immutable or not secret_mutable):
        return (*IDENTITY, *SECRET_DATA)
    if key == ("", "ConfigMap") and (immutable or not config_map_mutable):
        return (*IDENTITY, *CONFIG_DATA)
    return (*IDENTITY, *RULES.get(key, ()), *REFUSED.get(key, ()))


def touches(path: tuple[str | int, ...], value: Any, rules: Iterable[str]) -> bool:
    """Whether a change to `value` at `path` reaches a field of `rules`.

    The change may be at the field, inside it, or around it, when `value`, which is None for a removed one, has it.
    """
    return any(_reaches(rule.split("."), path, value) for rule in rules)


def _reaches(rule: list[str], path: tuple[str | int, ...], value: Any) -> bool:
    for step, have in zip(rule, path, strict=False):
        if step != have and not (step == "*" and isinstance(have, int)):
            return False
    return _has(value, rule[len(path) :])


def _has(value: Any, rule: list[str]) -> bool:
    if not rule:
        return True
    if rule[0] == "*":
        return isinstance(value, list) and any(_has(item, rule[1:]) for item in value)
    return isinstance(value, dict) and rule[0] in value and _has(value[rule[0]], rule[1:])
