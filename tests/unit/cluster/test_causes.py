"""Causes, by the messages that Kubernetes 1.36 and container runtimes write."""

from __future__ import annotations

import pytest

from platform_compiler.cluster.causes import HINTS, RULES, Cause, Evidence, cause_of

NODES = "Unschedulable: 0/3 nodes are available: 1 node(s) had untolerated taint {node.example.com/control: }, "
REFUSED = 'pods cannot be created: pods "web-1-x7k2p" is forbidden: '
ENDED = "container web ends again and again: 3 restarts, the last run ended with exit code 1 (Error)"
NOT_READY = "container web runs but is not ready yet"
PREEMPTION = " preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod."

STATES = [
    (
        Cause.IMAGE_PULL,
        'container web cannot start: ImagePullBackOff (Back-off pulling image "a/b:c": ErrImagePull: rpc error: code = '
        "Unknown desc = pull access denied, repository does not exist or may require authorization)",
    ),
    (
        Cause.IMAGE_PULL,
        "container web cannot start: ErrImageNeverPull (Container image is not present with pull policy)",
    ),
    (Cause.IMAGE_PULL, "container web cannot start: InvalidImageName (couldn't parse image name)"),
    (
        Cause.OUT_OF_MEMORY,
        "container web ends again and again: 4 restarts, the last run ended with exit code 137 (OOMKilled)",
    ),
    (Cause.CRASH_LOOP, ENDED),
    (
        Cause.RUNS_AS_ROOT,
        "container web cannot start: CreateContainerConfigError (container has runAsNonRoot and image will run as root "
        '(pod: "web", container: web))',
    ),
    (
        Cause.RUNS_AS_ROOT,
        "container web cannot start: CreateContainerConfigError (container has runAsNonRoot and image has non-numeric "
        "user (node), cannot verify user is non-root)",
    ),
    (Cause.MISSING_CONFIG, 'container web cannot start: CreateContainerConfigError (secret "web-key" not found)'),
    (
        Cause.MISSING_CONFIG,
        "container web cannot start: CreateContainerConfigError (couldn't find key url in ConfigMap shop/web)",
    ),
    (Cause.QUOTA, REFUSED + "exceeded quota: base, requested: pods=1, used: pods=2, limited: pods=2"),
    (Cause.QUOTA, REFUSED + "failed quota: base: must specify limits.cpu for: web"),
    (
        Cause.POD_SECURITY,
        REFUSED
        + 'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "web" must set '
        "securityContext.allowPrivilegeEscalation=false)",
    ),
    (Cause.SERVICE_ACCOUNT, REFUSED + 'error looking up service account shop/web: serviceaccount "web" not found'),
    (Cause.ADMISSION_DENIED, REFUSED + "maximum memory usage per Container is 1Gi, but limit is 2Gi"),
    (
        Cause.ADMISSION_DENIED,
        'pods cannot be created: admission webhook "policy.example.com" denied the request: images need a digest',
    ),
    (
        Cause.ADMISSION_DENIED,
        'pods cannot be created: Internal error occurred: failed calling webhook "policy.example.com": timeout',
    ),
    (
        Cause.ADMISSION_DENIED,
        "pods cannot be created: ValidatingAdmissionPolicy 'digests' with binding 'all' denied request: no digest",
    ),
    (Cause.NO_CAPACITY, NODES + "2 Insufficient cpu." + PREEMPTION),
    (Cause.NO_CAPACITY, "Unschedulable: 0/3 nodes are available: 3 Too many pods."),
    (Cause.NO_CAPACITY, "Unschedulable: no nodes available to schedule pods"),
    (Cause.AFFINITY, NODES + "2 node(s) didn't match Pod's node affinity/selector."),
    (Cause.AFFINITY, NODES + "2 node(s) didn't match pod anti-affinity rules."),
    (Cause.AFFINITY, NODES + "2 node(s) didn't match pod topology spread constraints."),
    (Cause.TAINT, "Unschedulable: 0/1 nodes are available: 1 node(s) had untolerated taint {gpu: yes}." + PREEMPTION),
    (
        Cause.CLAIM_NOT_BOUND,
        "Unschedulable: 0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.",
    ),
    (Cause.CLAIM_NOT_BOUND, 'Unschedulable: 0/3 nodes are available: persistentvolumeclaim "data" not found.'),
    (Cause.CLAIM_NOT_BOUND, NODES + "2 node(s) didn't find available persistent volumes to bind."),
    (Cause.CLAIM_NOT_BOUND, NODES + "2 node(s) didn't match PersistentVolume's node affinity."),
    (Cause.CLAIM_NOT_BOUND, "not bound: there is no storage class fast"),
    (Cause.UNSCHEDULABLE, "Unschedulable: 0/1 nodes are available: 1 node(s) were unschedulable."),
    (
        Cause.BAD_COMMAND,
        "container web ended with exit code 128 (StartError): failed to create containerd task: exec: "
        '"srve": executable file not found in $PATH',
    ),
    (
        Cause.BAD_COMMAND,
        'container web cannot start: RunContainerError (exec: "/app/srve": stat /app/srve: no such file or directory)',
    ),
    (Cause.WRONG_PLATFORM, "container web ended with exit code 128 (StartError): exec /app: exec format error"),
    (
        Cause.READ_ONLY_ROOT,
        "container web cannot start: CreateContainerError (mkdir /data: read-only file system)",
    ),
    (Cause.PERMISSION_DENIED, 'container web cannot start: RunContainerError (exec: "/app/run": permission denied)'),
    (Cause.DEADLINE, "failed: Job was active longer than specified deadline"),
    (Cause.NO_PODS, "its selector matches no pod"),
    (Cause.PROBE_FAILING, NOT_READY),
    (Cause.PROBE_FAILING, "container web runs but has not been ready since 2026-11-24T11:56:00Z"),
    (None, "its load balancer has no address yet"),
    (None, "Evicted: The node was low on resource: memory."),
    (None, "there is no Service gone"),
]


@pytest.mark.parametrize(("cause", "state"), STATES)
def test_by_state(cause: Cause | None, state: str) -> None:
    assert cause_of(Evidence(state)) is cause


@pytest.mark.parametrize(
    ("cause", "state", "events"),
    [
        (
            Cause.PROBE_FAILING,
            NOT_READY,
            'Unhealthy: Readiness probe failed: Get "http://10.0.0.5:8080/health": connection refused',
        ),
        (Cause.PROBE_FAILING, ENDED, "Killing: Container web failed liveness probe, will be restarted"),
        (Cause.CRASH_LOOP, ENDED, "Unhealthy: Readiness probe failed: connection refused"),
        (
            Cause.MISSING_CONFIG,
            "container web is being created",
            'FailedMount: MountVolume.SetUp failed for volume "volume-0" : configmap "web" not found',
        ),
        (
            Cause.MISSING_CONFIG,
            "container web is being created",
            'FailedMount: MountVolume.SetUp failed for volume "volume-0" : references non-existent secret key: tls.crt',
        ),
        (
            Cause.VOLUME_NOT_MOUNTED,
            "container web is being created",
            'FailedAttachVolume: Multi-Attach error for volume "pv-1" Volume is already used by pod(s) db-0',
        ),
    ],
)
def test_by_events(cause: Cause, state: str, events: str) -> None:
    assert cause_of(Evidence(state, events)) is cause


@pytest.mark.parametrize(
    ("cause", "logs"),
    [
        (Cause.READ_ONLY_ROOT, "OSError: [Errno 30] Read-only file system: '/app/cache'"),
        (Cause.READ_ONLY_ROOT, "Error: EROFS: read-only file system, open '/app/log'"),
        (Cause.PERMISSION_DENIED, "nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)"),
        (Cause.PERMISSION_DENIED, "Error: EACCES: permission denied, mkdir '/data'"),
        (Cause.PERMISSION_DENIED, "chown: /var/lib/data: Operation not permitted"),
        (Cause.WRONG_PLATFORM, "exec /usr/bin/app: exec format error"),
        (Cause.CRASH_LOOP, "ERROR: permission denied for table users"),
        (Cause.CRASH_LOOP, "requests is forbidden: exceeded quota, taint, Insufficient cpu"),
    ],
)
def test_by_logs_of_a_crash(cause: Cause, logs: str) -> None:
    assert cause_of(Evidence(ENDED, logs=logs)) is cause


def test_what_a_process_says_at_its_end_is_not_taken_for_a_refusal_by_the_cluster() -> None:
    assert (
        cause_of(Evidence(f"{ENDED}: user is forbidden: exceeded quota: taint, Insufficient cpu")) is Cause.CRASH_LOOP
    )


def test_every_cause_has_a_hint_and_a_way_to_be_found() -> None:
    assert set(HINTS) == set(Cause)
    assert {rule.cause for rule in RULES} == set(Cause)


def test_every_rule_is_needed_by_its_place() -> None:
    assert {rule.place for rule in RULES} == set(Evidence._fields)
