"""Diagnoses: what is wrong, where, and what to do."""

from __future__ import annotations

from typing import Any

import pytest

from platform_compiler.cluster.causes import HINTS, Cause
from platform_compiler.cluster.diagnosis import LINE_WIDTH, LOG_LINES, Diagnosis, diagnose
from platform_compiler.cluster.objects import Object
from tests.unit.cluster.fake import (
    CRASH_LOOP,
    LABELS,
    NOW,
    RUNNING,
    FakeReader,
    conditions,
    container,
    event,
    obj,
    pod,
    pod_with,
    ready_pod,
    replica_set,
    terminated,
    unscheduled_pod,
    waiting,
    workload,
)

UNREADY = {"replicas": 3, "updatedReplicas": 3, "readyReplicas": 0}
WEB = workload(status=UNREADY)
SET = replica_set(WEB)
CRASHING = pod_with(CRASH_LOOP, restarts=5, last=terminated(1), owner=SET)
QUOTA = 'pods "web-1-x7k2p" is forbidden: exceeded quota: base, requested: pods=1, used: pods=2, limited: pods=2'


def diagnosed(case: Object, *others: Object, log: dict[tuple[str, str, bool], str] | None = None) -> Diagnosis:
    found = diagnose(case, FakeReader([*others], log or {}), now=NOW)
    assert found is not None
    return found


def cause(case: Object, *others: Object, log: dict[tuple[str, str, bool], str] | None = None) -> Cause | None:
    return diagnosed(case, *others, log=log).cause


def test_crash_loop_as_text() -> None:
    events = [
        event(WEB, "ScalingReplicaSet", "Scaled up replica set web-1 from 0 to 3", at="11:50:00", type="Normal"),
        event(CRASHING, "BackOff", "Back-off restarting failed container web", at="11:59:00", number=9),
    ]
    log = {("web-1-a", "web", True): "starting\nno DATABASE_URL  \n"}
    found = diagnosed(WEB, SET, CRASHING, *events, log=log)
    assert found.lines() == [
        "Deployment shop/web: 0 of 3 replicas are ready; pod web-1-a: container web ends again and again: 5 restarts, "
        "the last run ended with exit code 1 (Error)",
        f"  hint: {HINTS[Cause.CRASH_LOOP]}",
        "  last events:",
        "    10m ago  Deployment web: ScalingReplicaSet: Scaled up replica set web-1 from 0 to 3",
        "    1m ago  Pod web-1-a: BackOff: Back-off restarting failed container web (9 times)",
        "  last lines of the previous run of container web:",
        "    | starting",
        "    | no DATABASE_URL",
    ]


def test_starting_pod_as_text() -> None:
    starting = pod_with(RUNNING, owner=SET)
    found = diagnosed(WEB, SET, starting, log={("web-1-a", "web", False): "loading"})
    assert found.lines() == [
        "Deployment shop/web: 0 of 3 replicas are ready",
        "  pod web-1-a: container web runs but is not ready yet",
        f"  hint: {HINTS[Cause.PROBE_FAILING]}",
        "  last lines of container web:",
        "    | loading",
    ]


def test_diagnosis_without_pod_event_or_cause_is_one_line() -> None:
    case = obj(
        "example.com/v1", "Widget", meta={"namespace": ""}, status={"conditions": conditions(("Ready", "False"))}
    )
    assert diagnosed(case).lines() == ["Widget web: not ready"]


def test_healthy_objects_have_no_diagnosis() -> None:
    case = workload(status={**UNREADY, "availableReplicas": 3})
    assert diagnose(case, FakeReader([SET, CRASHING]), now=NOW) is None
    assert diagnose(obj("v1", "ConfigMap"), FakeReader([]), now=NOW) is None


# Which pod


def test_the_worst_pod_of_the_newest_revision_is_told() -> None:
    new = replica_set(WEB, 2)
    pods = [
        pod_with(CRASH_LOOP, restarts=9, last=terminated(1), owner=SET, name="web-1-old"),
        ready_pod("web-2-a", owner=new),
        pod_with(waiting("ContainerCreating"), owner=new, name="web-2-b"),
        pod_with(waiting("ImagePullBackOff"), owner=new, name="web-2-c"),
    ]
    found = diagnosed(WEB, SET, new, *pods)
    assert (found.pod, found.cause) == ("web-2-c", Cause.IMAGE_PULL)


def test_among_equals_the_newest_pod_is_told_and_then_the_first_by_name() -> None:
    def crashing(name: str, created: str) -> Object:
        meta = {"creationTimestamp": f"2026-11-24T{created}Z"}
        return pod_with(CRASH_LOOP, restarts=1, last=terminated(1), owner=SET, name=name, meta=meta)

    pods = [crashing("a", "11:00:00"), crashing("c", "11:30:00"), crashing("b", "11:30:00")]
    assert diagnosed(WEB, SET, *pods).pod == "b"
    assert diagnosed(WEB, SET, *reversed(pods)).pod == "b"


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet", "ReplicaSet"])
def test_pods_of_other_workloads(kind: str) -> None:
    numbers = {"desiredNumberScheduled": 3, "updatedNumberScheduled": 3, **UNREADY}
    case = workload(kind, status=numbers)
    broken = pod_with(waiting("CreateContainerConfigError", 'secret "key" not found'), owner=case)
    found = diagnosed(case, broken)
    assert (found.pod, found.cause) == ("web-1-a", Cause.MISSING_CONFIG)


def test_pod_itself() -> None:
    found = diagnosed(CRASHING)
    assert (found.subject, found.pod, found.cause) == ("Pod shop/web-1-a", "web-1-a", Cause.CRASH_LOOP)
    assert len(found.lines()) == 2


def job(**status: Any) -> Object:
    spec = {"completions": 1, "backoffLimit": 1, "selector": {"matchLabels": LABELS}}
    return obj("batch/v1", "Job", "migrate", spec=spec, status=status)


def failed_job(reason: str, message: str) -> Object:
    return job(failed=2, conditions=conditions(("Failed", "True", reason, message)))


def test_failed_job_tells_its_last_pod_with_the_log_of_its_only_run() -> None:
    case = failed_job("BackoffLimitExceeded", "Job has reached the specified backoff limit")
    pods = [
        pod(
            name,
            owner=case,
            phase="Failed",
            containerStatuses=[container({"terminated": terminated(2)})],
            meta={"creationTimestamp": f"2026-11-24T11:{minute}:00Z"},
        )
        for name, minute in (("migrate-a", 50), ("migrate-b", 55))
    ]
    found = diagnosed(case, *pods, log={("migrate-b", "web", False): "no such table"})
    assert (found.pod, found.cause, found.logs, found.previous) == (
        "migrate-b",
        Cause.CRASH_LOOP,
        ("no such table",),
        False,
    )
    assert found.message == "failed: Job has reached the specified backoff limit"


def test_job_that_tries_again_is_told_by_its_failed_pod() -> None:
    case = job(active=1, failed=1)
    failed = pod("migrate-a", owner=case, phase="Failed", containerStatuses=[container({"terminated": terminated(2)})])
    found = diagnosed(case, failed, pod_with(RUNNING, owner=case, name="migrate-b"))
    assert (found.message, found.pod) == ("0 of 1 succeeded, 1 active, 1 failed", "migrate-a")


def test_job_whose_pods_the_deadline_removed() -> None:
    case = failed_job("DeadlineExceeded", "Job was active longer than specified deadline")
    found = diagnosed(case)
    assert (found.pod, found.cause) == ("", Cause.DEADLINE)


def test_cron_job_is_diagnosed_by_its_last_job() -> None:
    cron = obj("batch/v1", "CronJob", "report", spec={"schedule": "@daily"}, status={})
    bad = failed_job("DeadlineExceeded", "Job was active longer than specified deadline")
    owned = obj("batch/v1", "Job", "report-1", owner=cron, spec=bad["spec"], status=bad["status"])
    found = diagnosed(cron, owned)
    assert (found.subject, found.cause) == ("Job shop/report-1", Cause.DEADLINE)
    assert diagnose(cron, FakeReader([]), now=NOW) is None


def test_an_evicted_pod_that_was_replaced_is_not_the_trouble() -> None:
    evicted = pod("web-1-a", owner=SET, phase="Failed", reason="Evicted", message="The node was low on memory.")
    replacement = pod_with(RUNNING, owner=SET, name="web-1-b")
    found = diagnosed(WEB, SET, evicted, replacement)
    assert (found.message, found.pod) == ("0 of 3 replicas are ready", "web-1-b")
    assert diagnosed(WEB, SET, evicted).state == "Evicted: The node was low on memory."


# Causes without a pod


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (QUOTA, Cause.QUOTA),
        ('pods "web-1-x" is forbidden: violates PodSecurity "restricted:latest": privileged', Cause.POD_SECURITY),
        (
            'pods "web-1-x" is forbidden: error looking up service account shop/web: serviceaccount "web" not found',
            Cause.SERVICE_ACCOUNT,
        ),
        ('admission webhook "policy.example.com" denied the request: no digest', Cause.ADMISSION_DENIED),
    ],
)
def test_deployment_whose_pods_are_refused(message: str, expected: Cause) -> None:
    failure = conditions(("ReplicaFailure", "True", "FailedCreate", message))
    refused = replica_set(WEB, status={"replicas": 0, "conditions": failure})
    found = diagnosed(WEB, refused, event(refused, "FailedCreate", f"Error creating: {message}", number=12))
    assert (found.pod, found.cause) == ("", expected)
    assert found.lines()[1] == f"  pods cannot be created: {message}"
    assert [item.times for item in found.events] == [12]


def test_controllers_without_a_condition_tell_by_event() -> None:
    case = workload("StatefulSet", status={"replicas": 0})
    told = event(case, "FailedCreate", f"create Pod web-0 in StatefulSet web failed error: {QUOTA}")
    assert cause(case, told) is Cause.QUOTA


def test_an_older_refusal_than_the_newest_pod_is_no_longer_the_cause() -> None:
    case = workload("StatefulSet", status={"replicas": 1})
    told = event(case, "FailedCreate", f"create Pod web-1 in StatefulSet web failed error: {QUOTA}", at="11:49:00")
    starting = pod_with(RUNNING, owner=case, name="web-0")
    assert cause(case, told, starting) is Cause.PROBE_FAILING


def test_refused_pods_come_before_those_that_only_start() -> None:
    failure = conditions(("ReplicaFailure", "True", "FailedCreate", QUOTA))
    refused = replica_set(WEB, status={"replicas": 1, "conditions": failure})
    starting = pod_with(RUNNING, owner=refused)
    assert cause(WEB, refused, starting) is Cause.QUOTA
    broken = pod_with(waiting("ImagePullBackOff"), owner=refused, name="web-1-b")
    assert cause(WEB, refused, starting, broken) is Cause.IMAGE_PULL


def test_a_pod_without_a_node_comes_before_refused_ones() -> None:
    failure = conditions(("ReplicaFailure", "True", "FailedCreate", QUOTA))
    refused = replica_set(WEB, status={"replicas": 1, "conditions": failure})
    waits = unscheduled_pod("0/3 nodes are available: 3 Insufficient cpu.", owner=refused)
    assert cause(WEB, refused, waits) is Cause.NO_CAPACITY


def test_rollout_that_waits_for_old_pods_has_no_pod_in_trouble() -> None:
    case = workload(status={**UNREADY, "availableReplicas": 3, "replicas": 4})
    assert diagnosed(case, SET, ready_pod(owner=SET)).lines() == ["Deployment shop/web: 1 old replica still to end"]


def test_deployment_without_a_replica_set_tells_its_health() -> None:
    assert diagnosed(workload(status={})).state == "0 of 3 replicas are updated"


def claim(phase: str = "Pending") -> Object:
    spec = {"storageClassName": "fast", "accessModes": ["ReadWriteOnce"]}
    return obj("v1", "PersistentVolumeClaim", "data", spec=spec, status={"phase": phase})


PROVISIONING = 'failed to provision volume with StorageClass "fast": no space'


def test_claim_that_is_not_bound_tells_its_events() -> None:
    found = diagnosed(claim(), event(claim(), "ProvisioningFailed", PROVISIONING))
    assert found.cause is Cause.CLAIM_NOT_BOUND
    assert [item.message for item in found.events] == [PROVISIONING]


@pytest.mark.parametrize(("phase", "told"), [("Pending", [PROVISIONING]), ("Bound", [])])
def test_pod_that_waits_for_a_claim_tells_the_events_of_those_that_are_not_bound(phase: str, told: list[str]) -> None:
    sources = [{"persistentVolumeClaim": {"claimName": name}} for name in ("data", "gone")]
    volumes = [{"name": "tmp", "emptyDir": {}}, *({"name": f"v{n}", **item} for n, item in enumerate(sources))]
    message = "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims."
    waits = unscheduled_pod(message, owner=SET, spec={"volumes": volumes})
    found = diagnosed(WEB, SET, waits, claim(phase), event(claim(), "ProvisioningFailed", PROVISIONING))
    assert found.cause is Cause.CLAIM_NOT_BOUND
    assert [item.message for item in found.events] == told


SERVICE = obj("v1", "Service", spec={"type": "ClusterIP", "clusterIP": "10.96.0.10", "selector": LABELS}, status={})


def test_service_whose_selector_matches_no_pod() -> None:
    other = pod("other", meta={"labels": {"app.kubernetes.io/name": "other"}})
    found = diagnosed(SERVICE, other)
    assert (found.cause, found.pod) == (Cause.NO_PODS, "")


def test_service_tells_the_worst_pod_behind_it() -> None:
    found = diagnosed(SERVICE, SET, CRASHING, event(CRASHING, "BackOff", "Back-off restarting failed container"))
    assert (found.subject, found.pod, found.cause) == ("Service shop/web", "web-1-a", Cause.CRASH_LOOP)
    assert len(found.events) == 1


def test_load_balancer_without_an_address_is_not_the_trouble_of_its_pods() -> None:
    address = [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}]
    meta = {"labels": {"kubernetes.io/service-name": "web"}}
    slices = obj("discovery.k8s.io/v1", "EndpointSlice", "web-x", addressType="IPv4", endpoints=address, meta=meta)
    case = {**SERVICE, "spec": {**SERVICE["spec"], "type": "LoadBalancer"}}
    assert diagnosed(case, slices, ready_pod()).lines() == ["Service shop/web: its load balancer has no address yet"]


def test_ingress_without_its_service() -> None:
    backend = {"service": {"name": "gone", "port": {"number": 80}}}
    case = obj("networking.k8s.io/v1", "Ingress", spec={"defaultBackend": backend}, status={})
    assert diagnosed(case).lines() == ["Ingress shop/web: there is no Service gone"]


# Logs


def test_logs_are_those_of_the_failing_container_and_few() -> None:
    text = "\n".join(f"line {number} " + "x" * 400 for number in range(30))
    reader = FakeReader([SET, CRASHING], {("web-1-a", "web", True): text})
    found = diagnose(WEB, reader, now=NOW)
    assert found is not None
    assert reader.asked == [("web-1-a", "web", True, LOG_LINES)]
    assert len(found.logs) == LOG_LINES
    assert {len(line) for line in found.logs} == {LINE_WIDTH}
    assert found.logs[-1].startswith("line 29")


def test_no_log_is_asked_for_when_nothing_has_run() -> None:
    reader = FakeReader([SET, pod_with(waiting("ErrImagePull"), owner=SET)])
    assert diagnose(WEB, reader, now=NOW) is not None
    assert reader.asked == []


def test_log_line_tells_the_cause() -> None:
    log = {("web-1-a", "web", True): "OSError: [Errno 30] Read-only file system: '/app/cache'"}
    assert cause(WEB, SET, CRASHING, log=log) is Cause.READ_ONLY_ROOT


def test_liveness_probe_that_ends_the_container_is_told_by_its_event() -> None:
    killed = event(CRASHING, "Killing", "Container web failed liveness probe, will be restarted", type="Normal")
    assert cause(WEB, SET, CRASHING, killed) is Cause.PROBE_FAILING


def test_values_of_environment_variables_are_never_shown() -> None:
    crashing = pod_with(CRASH_LOOP, restarts=1, last=terminated(1), owner=SET)
    crashing["spec"]["containers"][0]["env"] = [{"name": "TOKEN", "value": "s3cr3t"}]
    found = diagnosed(WEB, SET, crashing)
    assert "s3cr3t" not in repr(found) + "\n".join(found.lines())


def test_the_order_in_which_the_api_lists_objects_does_not_matter() -> None:
    pods = [pod_with(waiting("ErrImagePull"), owner=SET, name=f"web-1-{name}") for name in "abc"]
    events = [event(item, "Failed", "Error: ErrImagePull") for item in pods]
    everything = [SET, *pods, *events]
    assert diagnosed(WEB, *everything) == diagnosed(WEB, *reversed(everything))
