"""The usual causes of failures, how each is recognised, and what to do about it.

The rules are read from the top: what is certain and specific comes before what is vague. A rule looks at what the API
says of the object and its pod (`state`), at the messages of events, or at the last log lines. The words are those of
the kubelet, the scheduler, the controllers and the admission plugins of Kubernetes, and of C libraries in logs.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final, NamedTuple


class Cause(StrEnum):
    """What is usually wrong."""

    ADMISSION_DENIED = "admission-denied"
    AFFINITY = "affinity"
    BAD_COMMAND = "bad-command"
    CLAIM_NOT_BOUND = "claim-not-bound"
    CRASH_LOOP = "crash-loop"
    DEADLINE = "deadline"
    IMAGE_PULL = "image-pull"
    MISSING_CONFIG = "missing-config"
    NO_CAPACITY = "no-capacity"
    NO_PODS = "no-pods"
    OUT_OF_MEMORY = "out-of-memory"
    PERMISSION_DENIED = "permission-denied"
    POD_SECURITY = "pod-security"
    PROBE_FAILING = "probe-failing"
    QUOTA = "quota"
    READ_ONLY_ROOT = "read-only-root"
    RUNS_AS_ROOT = "runs-as-root"
    SERVICE_ACCOUNT = "service-account"
    TAINT = "taint"
    UNSCHEDULABLE = "unschedulable"
    VOLUME_NOT_MOUNTED = "volume-not-mounted"
    WRONG_PLATFORM = "wrong-platform"


HINTS: Final[dict[Cause, str]] = {
    Cause.ADMISSION_DENIED: "a policy of the cluster refuses the pod: do as its message says, or ask its owner",
    Cause.AFFINITY: "no node matches the pod's node selector, affinity or spread: compare it with the nodes' labels",
    Cause.BAD_COMMAND: "the image has no such program: check `command` and `args`; paths are those inside the image",
    Cause.CLAIM_NOT_BOUND: "a volume claim is not bound: check its storage class, size and access mode, and that the "
    "cluster has a provisioner for them",
    Cause.CRASH_LOOP: "the process ends by itself and its last log lines may tell why: check its command, its config "
    "and the services that it needs at its start",
    Cause.DEADLINE: "the job ran longer than it may: raise `timeout`, or find out what it waited for",
    Cause.IMAGE_PULL: "check the image's name and tag, that the nodes reach its registry, and the pull secret if the "
    "registry asks for one",
    Cause.MISSING_CONFIG: "the pod names a Secret, a ConfigMap or a key that is not in its namespace: create it, or "
    "mend the name",
    Cause.NO_CAPACITY: "no node has as much free: ask for less (`size` or `resources`), or add nodes",
    Cause.NO_PODS: "no pod has the labels of the selector: compare it with the labels of the workload's pods",
    Cause.OUT_OF_MEMORY: "the container needed more than its memory limit: raise it (`size` or `resources`), or make "
    "the process use less",
    Cause.PERMISSION_DENIED: "the process may not do that as the user it runs as: check `user`, who owns the files and "
    "volumes that it uses, and that it listens on no port below 1024",
    Cause.POD_SECURITY: "the namespace enforces a Pod Security Standard that the pod breaks: mend the fields that the "
    "message names",
    Cause.PROBE_FAILING: "a probe does not succeed: check its path, port and delay, and that the process listens on "
    "all addresses, not only on localhost",
    Cause.QUOTA: "the namespace's quota is used up, or wants amounts that the pod does not set: ask for less, or have "
    "the quota raised",
    Cause.READ_ONLY_ROOT: "the container's root file system is read-only: list the folders that it writes to under "
    "`writable`",
    Cause.RUNS_AS_ROOT: "the image runs as root, which the pod forbids: set `user` to a number that the image can run "
    "as, or build the image with one",
    Cause.SERVICE_ACCOUNT: "the pod's service account is not in its namespace: create it first",
    Cause.TAINT: "every node that would do is tainted: tolerate the taint, or add nodes without it",
    Cause.UNSCHEDULABLE: "no node takes the pod: the message counts the nodes by what speaks against them",
    Cause.VOLUME_NOT_MOUNTED: "a volume cannot be attached or mounted: see whether another node still holds it",
    Cause.WRONG_PLATFORM: "the image is built for another processor than the node's: build it for the node's",
}
"""One hint a cause, in the fields of specs where there is one for it."""


class Evidence(NamedTuple):
    """What is known of a failure: what the API says of the object and its pod, messages of events, log lines."""

    state: str
    events: str = ""
    logs: str = ""


class _Rule(NamedTuple):
    cause: Cause
    place: str
    pattern: re.Pattern[str]


def _rule(cause: Cause, place: str, pattern: str) -> _Rule:
    return _Rule(cause, place, re.compile(pattern, re.IGNORECASE | re.DOTALL))


_CREATION = "^pods cannot be created: .*"
_SCHEDULING = "^Unschedulable: .*"
_PULL = "cannot start: (ErrImage|ImagePull|InvalidImageName|ImageInspectError|RegistryUnavailable|SignatureValidation)"
_VOLUME = "(persistentvolumeclaim|persistent ?volumes?|free storage|volume zone|max volume count)"
_AFFINITY = "(node affinity|affinity rules|topology spread|requested node name)"
_NO_PROGRAM = "executable file not found|exec: .*no such file or directory"
_DENIED = r"permission denied(?! for )|operation not permitted|\bEACCES\b"
_NO_CONFIG = r"(secret|configmap) \"[^\"]+\" not found|couldn't find key|references non-existent (secret|config) key"

RULES: Final = (
    _rule(Cause.OUT_OF_MEMORY, "state", "OOMKilled"),
    _rule(Cause.IMAGE_PULL, "state", _PULL),
    _rule(Cause.RUNS_AS_ROOT, "state", "runAsNonRoot and image"),
    _rule(Cause.MISSING_CONFIG, "state", "cannot start: CreateContainerConfigError"),
    _rule(Cause.QUOTA, "state", _CREATION + "(exceeded|failed|insufficient) quota"),
    _rule(Cause.POD_SECURITY, "state", _CREATION + "violates PodSecurity"),
    _rule(Cause.SERVICE_ACCOUNT, "state", _CREATION + "error looking up service account"),
    _rule(Cause.ADMISSION_DENIED, "state", _CREATION + "(denied (the )?request|is forbidden|failed calling webhook)"),
    _rule(Cause.DEADLINE, "state", "^failed: Job was active longer"),
    _rule(Cause.CLAIM_NOT_BOUND, "state", _SCHEDULING + _VOLUME),
    _rule(Cause.NO_CAPACITY, "state", _SCHEDULING + "(Insufficient |Too many pods|no nodes available)"),
    _rule(Cause.AFFINITY, "state", _SCHEDULING + _AFFINITY),
    _rule(Cause.TAINT, "state", _SCHEDULING + "taint"),
    _rule(Cause.UNSCHEDULABLE, "state", _SCHEDULING),
    _rule(Cause.CLAIM_NOT_BOUND, "state", "^not bound"),
    _rule(Cause.NO_PODS, "state", "^its selector matches no pod"),
    _rule(Cause.WRONG_PLATFORM, "state", "exec format error"),
    _rule(Cause.BAD_COMMAND, "state", _NO_PROGRAM),
    _rule(Cause.READ_ONLY_ROOT, "state", "read-only file ?system"),
    _rule(Cause.PERMISSION_DENIED, "state", _DENIED),
    _rule(Cause.MISSING_CONFIG, "events", _NO_CONFIG),
    _rule(Cause.VOLUME_NOT_MOUNTED, "events", "FailedMount|FailedAttachVolume"),
    _rule(Cause.WRONG_PLATFORM, "logs", "exec format error"),
    _rule(Cause.READ_ONLY_ROOT, "logs", r"read-only file ?system|\bEROFS\b"),
    _rule(Cause.PERMISSION_DENIED, "logs", _DENIED),
    _rule(Cause.PROBE_FAILING, "events", "failed (liveness|startup) probe"),
    _rule(Cause.CRASH_LOOP, "state", "with exit code|ends again and again"),
    _rule(Cause.PROBE_FAILING, "events", "probe (failed|errored)"),
    _rule(Cause.PROBE_FAILING, "state", "has not been ready since|runs but is not ready yet"),
)
"""How causes are recognised; the first rule that matches wins."""


def cause_of(evidence: Evidence) -> Cause | None:
    """The usual cause that the evidence points to, None when it is an unusual one."""
    places = evidence._asdict()
    return next((rule.cause for rule in RULES if rule.pattern.search(places[rule.place])), None)
