"""The health of every kind."""

from __future__ import annotations

from typing import Any

import pytest

from platform_compiler.cluster.health import ALWAYS_OBSERVED, JUDGES, Health, Status, health
from platform_compiler.cluster.objects import Object
from tests.unit.cluster.fake import (
    CRASH_LOOP,
    LABELS,
    RUNNING,
    FakeReader,
    conditions,
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

HEALTHY, PROGRESSING, DEGRADED = Status.HEALTHY, Status.PROGRESSING, Status.DEGRADED
OUT_OF_QUOTA = 'pods "web-1-x" is forbidden: exceeded quota: base, requested: pods=1, used: pods=2, limited: pods=2'


def judge(case: Object | None, *others: Object) -> tuple[Status, str]:
    found = health(case, FakeReader([*others]))
    return found.status, found.message


def ready(status: Object, desired: int = 3) -> Object:
    return {"replicas": desired, "updatedReplicas": desired, "readyReplicas": desired, **status}


# What all kinds share


def test_missing() -> None:
    assert health(None, FakeReader([])) == Health(Status.MISSING, "does not exist")


def test_status_words_are_those_of_the_command_line() -> None:
    assert [status.value for status in Status] == ["healthy", "progressing", "degraded", "missing"]


@pytest.mark.parametrize(("group", "kind"), sorted(JUDGES))
def test_an_object_that_is_being_deleted_is_progressing(group: str, kind: str) -> None:
    meta = {"deletionTimestamp": "2026-11-24T11:59:00Z", "finalizers": ["z.io/late", "a.io/first"]}
    case = obj(f"{group}/v1" if group else "v1", kind, meta=meta)
    assert judge(case) == (PROGRESSING, "is being deleted; it waits for the finalizers a.io/first, z.io/late")


@pytest.mark.parametrize(("group", "kind"), sorted(JUDGES))
def test_an_object_that_asks_for_it_is_not_awaited(group: str, kind: str) -> None:
    case = obj(f"{group}/v1" if group else "v1", kind, meta={"annotations": {"pulumi.com/skipAwait": "true"}})
    assert judge(case) == (HEALTHY, "not awaited (pulumi.com/skipAwait)")


def test_another_value_of_the_annotation_awaits() -> None:
    case = workload() | {"status": {}}
    case["metadata"]["annotations"] = {"pulumi.com/skipAwait": "false"}
    assert judge(case)[0] is PROGRESSING


@pytest.mark.parametrize(("group", "kind"), sorted(JUDGES))
def test_a_change_that_has_not_been_observed_is_progressing(group: str, kind: str) -> None:
    case = obj(f"{group}/v1" if group else "v1", kind, meta={"generation": 2}, status={"observedGeneration": 1})
    assert judge(case) == (PROGRESSING, "the last change has not been observed yet")


@pytest.mark.parametrize(("group", "kind"), [key for key in sorted(JUDGES) if key[1] in ALWAYS_OBSERVED])
def test_what_no_controller_has_seen_is_progressing(group: str, kind: str) -> None:
    assert judge(obj(f"{group}/v1", kind, spec={}, status={})) == (PROGRESSING, "has not been observed yet")


@pytest.mark.parametrize(("api_version", "kind"), [("v1", "ConfigMap"), ("v1", "Secret"), ("v1", "ServiceAccount")])
def test_other_kinds_are_healthy_once_they_exist(api_version: str, kind: str) -> None:
    assert judge(obj(api_version, kind)) == (HEALTHY, "exists")


# Workloads


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        ({}, {}, (PROGRESSING, "0 of 3 replicas are updated")),
        (
            {},
            {"replicas": 4, "updatedReplicas": 1, "availableReplicas": 3},
            (PROGRESSING, "1 of 3 replicas are updated"),
        ),
        ({}, ready({"availableReplicas": 2}), (PROGRESSING, "2 of 3 replicas are ready")),
        ({}, ready({"availableReplicas": 3, "replicas": 4}), (PROGRESSING, "1 old replica still to end")),
        ({}, ready({"availableReplicas": 3}), (HEALTHY, "3 of 3 replicas are ready")),
        ({"replicas": 0}, {}, (HEALTHY, "scaled to zero")),
        ({"replicas": 0}, {"replicas": 1, "updatedReplicas": 0}, (PROGRESSING, "1 old replica still to end")),
        (
            {"paused": True},
            ready({"availableReplicas": 3, "updatedReplicas": 1}),
            (HEALTHY, "1 of 3 replicas are updated; the rollout is paused"),
        ),
        (
            {},
            ready({"replicas": 2, "conditions": conditions(("ReplicaFailure", "True", "FailedCreate", OUT_OF_QUOTA))}),
            (DEGRADED, f"0 of 3 replicas are ready; pods cannot be created: {OUT_OF_QUOTA}"),
        ),
    ],
)
def test_deployment(spec: Object, status: Object, expected: tuple[Status, str]) -> None:
    assert judge(workload(spec=spec, status=status)) == expected


def deadline_exceeded(status: Object) -> Object:
    message = 'ReplicaSet "web-1" has timed out progressing.'
    found = conditions(("Progressing", "False", "ProgressDeadlineExceeded", message))
    return workload(status={**status, "conditions": found})


def test_deployment_past_its_deadline_has_failed_for_good() -> None:
    found = health(deadline_exceeded(ready({"availableReplicas": 2})), FakeReader([]))
    assert found == Health(DEGRADED, "2 of 3 replicas are ready; the progress deadline is exceeded", final=True)


def test_deployment_that_is_complete_after_all_is_healthy() -> None:
    assert judge(deadline_exceeded(ready({"availableReplicas": 3})))[0] is HEALTHY


def test_deployment_is_degraded_by_a_broken_pod_of_its_newest_revision() -> None:
    web = workload(status={"replicas": 2, "updatedReplicas": 1, "availableReplicas": 1})
    old, new = replica_set(web, 9), replica_set(web, 10)
    pods = [
        pod_with(waiting("ImagePullBackOff"), owner=new, name="web-10-b"),
        ready_pod("web-10-a", owner=new),
        ready_pod("web-9-a", owner=old),
    ]
    found = health(web, FakeReader([old, new, *pods]))
    message = "1 of 3 replicas are updated; pod web-10-b: container web cannot start: ImagePullBackOff"
    assert found == Health(DEGRADED, message, final=False)


def test_broken_pods_of_an_old_revision_or_another_owner_do_not_count() -> None:
    web = workload(status=ready({"availableReplicas": 0}))
    old, new = replica_set(web, 1), replica_set(web, 2)
    other = obj("apps/v1", "ReplicaSet", "other")
    broken = pod_with(CRASH_LOOP, restarts=1, last=terminated(1), owner=old)
    foreign = pod_with(CRASH_LOOP, restarts=1, last=terminated(1), owner=other, name="other-a")
    starting = pod_with(waiting("ContainerCreating"), owner=new, name="web-2-a")
    assert judge(web, old, new, broken, foreign, starting) == (PROGRESSING, "0 of 3 replicas are ready")


ON_DELETE = {"updateStrategy": {"type": "OnDelete"}}


def from_partition(number: int) -> Object:
    return {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": number}}}


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        ({}, {}, (PROGRESSING, "0 of 3 replicas are updated")),
        ({}, ready({"availableReplicas": 2}), (PROGRESSING, "2 of 3 replicas are ready")),
        ({}, ready({"availableReplicas": 3}), (HEALTHY, "3 of 3 replicas are ready")),
        ({}, ready({"availableReplicas": 4, "replicas": 4}), (PROGRESSING, "1 old replica still to end")),
        (from_partition(0), ready({"availableReplicas": 3}), (HEALTHY, "3 of 3 replicas are ready")),
        (
            from_partition(2),
            ready({"availableReplicas": 3, "updatedReplicas": 0}),
            (PROGRESSING, "0 of 1 replicas are updated"),
        ),
        (
            from_partition(2),
            ready({"availableReplicas": 3, "updatedReplicas": 1}),
            (HEALTHY, "3 of 3 replicas are ready, 2 of the old revision below partition 2"),
        ),
        (
            from_partition(5),
            ready({"availableReplicas": 3, "updatedReplicas": 0}),
            (HEALTHY, "3 of 3 replicas are ready, 3 of the old revision below partition 5"),
        ),
        (
            ON_DELETE,
            ready({"availableReplicas": 3, "updatedReplicas": 1}),
            (HEALTHY, "3 of 3 replicas are ready, 2 of the old revision until they are deleted"),
        ),
        (ON_DELETE, ready({"availableReplicas": 1}), (PROGRESSING, "1 of 3 replicas are ready")),
        ({"replicas": 0}, {}, (HEALTHY, "scaled to zero")),
    ],
)
def test_stateful_set(spec: Object, status: Object, expected: tuple[Status, str]) -> None:
    assert judge(workload("StatefulSet", spec=spec, status=status)) == expected


def test_stateful_set_is_degraded_by_a_crash_loop() -> None:
    db = workload("StatefulSet", spec={"replicas": 1}, status={"replicas": 1, "updatedReplicas": 1})
    broken = pod_with(CRASH_LOOP, restarts=1, last=terminated(1), owner=db, name="db-0")
    assert judge(db, broken) == (
        DEGRADED,
        "0 of 1 replicas are ready; pod db-0: container web ends again and again: 1 restart, the last run ended with "
        "exit code 1 (Error)",
    )


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet", "ReplicaSet"])
def test_workload_whose_pods_are_refused_is_degraded(kind: str) -> None:
    case = workload(kind, status=on_nodes(3, 0, 0))
    told = event(case, "FailedCreate", f"Error creating: {OUT_OF_QUOTA}")
    status, message = judge(case, told)
    assert (status, message.partition("; ")[2]) == (
        DEGRADED,
        f"pods cannot be created: {OUT_OF_QUOTA}",
    )
    newer = ready_pod(owner=case, meta={"creationTimestamp": "2026-11-24T11:59:00Z"})
    assert judge(case, told, newer)[0] is PROGRESSING


def on_nodes(desired: int, updated: int, available: int) -> Object:
    return {
        "desiredNumberScheduled": desired,
        "currentNumberScheduled": desired,
        "updatedNumberScheduled": updated,
        "numberAvailable": available,
    }


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        ({}, on_nodes(0, 0, 0), (HEALTHY, "no node is to run it")),
        ({}, on_nodes(3, 1, 3), (PROGRESSING, "1 of 3 replicas are updated")),
        ({}, on_nodes(3, 3, 2), (PROGRESSING, "2 of 3 replicas are ready")),
        ({}, on_nodes(3, 3, 3), (HEALTHY, "3 of 3 replicas are ready")),
        (ON_DELETE, on_nodes(3, 0, 3), (HEALTHY, "3 of 3 replicas are ready")),
        (ON_DELETE, on_nodes(3, 0, 2), (PROGRESSING, "2 of 3 replicas are ready")),
    ],
)
def test_daemon_set(spec: Object, status: Object, expected: tuple[Status, str]) -> None:
    assert judge(workload("DaemonSet", spec=spec, status=status)) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"replicas": 3, "availableReplicas": 1}, (PROGRESSING, "1 of 3 replicas are ready")),
        ({"replicas": 3, "availableReplicas": 3}, (HEALTHY, "3 of 3 replicas are ready")),
        ({"replicas": 5, "availableReplicas": 5}, (PROGRESSING, "2 old replicas still to end")),
        (
            {"replicas": 0, "conditions": conditions(("ReplicaFailure", "True", "FailedCreate", OUT_OF_QUOTA))},
            (DEGRADED, f"0 of 3 replicas are ready; pods cannot be created: {OUT_OF_QUOTA}"),
        ),
    ],
)
def test_replica_set(status: Object, expected: tuple[Status, str]) -> None:
    assert judge(workload("ReplicaSet", status=status)) == expected


def job(name: str = "migrate", *, spec: Object | None = None, owner: Object | None = None, **status: Any) -> Object:
    selector = {"matchLabels": LABELS}
    full = {"completions": 1, "parallelism": 1, "backoffLimit": 3, "selector": selector, **(spec or {})}
    return obj("batch/v1", "Job", name, owner=owner, spec=full, status=status)


BACKOFF = ("True", "BackoffLimitExceeded", "Job has reached the specified backoff limit")


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (job(), (PROGRESSING, "0 of 1 succeeded, 0 active")),
        (job(active=1, failed=2), (PROGRESSING, "0 of 1 succeeded, 1 active, 2 failed")),
        (job(spec={"completions": 5}, succeeded=2, active=2), (PROGRESSING, "2 of 5 succeeded, 2 active")),
        (
            job(succeeded=1, conditions=conditions(("SuccessCriteriaMet", "True"))),
            (PROGRESSING, "1 of 1 succeeded, its pods are ending"),
        ),
        (
            job(succeeded=1, conditions=conditions(("SuccessCriteriaMet", "True"), ("Complete", "True"))),
            (HEALTHY, "complete: 1 of 1 succeeded"),
        ),
        (job(spec={"suspend": True}, conditions=conditions(("Suspended", "True"))), (HEALTHY, "suspended")),
        (job(conditions=conditions(("Suspended", "False"))), (PROGRESSING, "0 of 1 succeeded, 0 active")),
    ],
)
def test_job(case: Object, expected: tuple[Status, str]) -> None:
    assert judge(case) == expected


@pytest.mark.parametrize("kind", ["Failed", "FailureTarget"])
def test_failed_job_has_failed_for_good(kind: str) -> None:
    found = health(job(failed=4, conditions=conditions((kind, *BACKOFF))), FakeReader([]))
    assert found == Health(DEGRADED, "failed: Job has reached the specified backoff limit", final=True)


def test_job_with_a_failing_pod_is_degraded_while_it_tries_again() -> None:
    case = job(active=1, failed=1)
    failing = pod_with(waiting("CreateContainerConfigError", 'secret "key" not found'), owner=case)
    found = health(case, FakeReader([case, failing]))
    assert (found.status, found.final) == (DEGRADED, False)
    assert found.message == (
        "0 of 1 succeeded, 1 active, 1 failed; pod web-1-a: container web cannot start: CreateContainerConfigError "
        '(secret "key" not found)'
    )


def cron_job(*, spec: Object | None = None, **status: Any) -> Object:
    return obj("batch/v1", "CronJob", "report", spec={"schedule": "@daily", **(spec or {})}, status=status)


def test_cron_job_that_has_not_run() -> None:
    assert judge(cron_job()) == (HEALTHY, "has not run yet")
    assert judge(cron_job(spec={"suspend": True})) == (HEALTHY, "suspended, has not run yet")


@pytest.mark.parametrize(("condition", "word"), [("Failed", "failed"), ("Complete", "succeeded")])
def test_cron_job_tells_of_its_last_finished_job(condition: str, word: str) -> None:
    case = cron_job(lastScheduleTime="2026-11-24T11:00:00Z")
    before = job("report-1", owner=case, conditions=conditions(("Complete", "True")))
    last = job("report-2", owner=case, conditions=conditions((condition, "True")))
    running = job("report-3", owner=case, active=1)
    others = job("report-9", conditions=conditions(("Failed", "True")))
    for number, item in enumerate([before, last, running]):
        item["metadata"]["creationTimestamp"] = f"2026-11-24T0{number}:00:00Z"
    message = f"last run at 2026-11-24T11:00:00Z, the last job report-2 {word}"
    assert judge(case, before, last, running, others) == (HEALTHY, message)


@pytest.mark.parametrize(
    ("case", "status", "final"),
    [
        (ready_pod(), HEALTHY, False),
        (pod(phase="Succeeded"), HEALTHY, False),
        (pod(phase="Failed", reason="Evicted"), DEGRADED, True),
        (pod_with(waiting("ErrImagePull")), DEGRADED, False),
        (pod_with(RUNNING), PROGRESSING, False),
        (unscheduled_pod("no nodes available to schedule pods"), PROGRESSING, False),
        (pod(), PROGRESSING, False),
    ],
)
def test_pod(case: Object, status: Status, final: bool) -> None:
    found = health(case, FakeReader([]))
    assert (found.status, found.final) == (status, final)


# Storage


def claim(phase: str = "Pending", *, storage_class: str | None = "fast", **status: Any) -> Object:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    if storage_class:
        spec["storageClassName"] = storage_class
    if phase != "Pending":
        spec["volumeName"] = "pv-1"
    return obj("v1", "PersistentVolumeClaim", "data", spec=spec, status={"phase": phase, **status})


def storage_class(mode: str) -> Object:
    made = obj("storage.k8s.io/v1", "StorageClass", "fast", provisioner="example.com/disk", volumeBindingMode=mode)
    del made["metadata"]["namespace"]
    return made


USES_DATA = {
    "volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]
}
LAZY, EAGER = storage_class("WaitForFirstConsumer"), storage_class("Immediate")


@pytest.mark.parametrize(
    ("case", "others", "expected"),
    [
        (claim("Bound"), [], (HEALTHY, "bound to pv-1")),
        (
            claim("Bound", conditions=conditions(("ControllerResizeError", "True", "", "no space"))),
            [],
            (DEGRADED, "cannot be resized: no space"),
        ),
        (claim(), [EAGER], (PROGRESSING, "not bound: waits for a volume of storage class fast")),
        (claim(), [LAZY], (HEALTHY, "storage class fast binds it when the first pod uses it")),
        (claim(), [LAZY, pod()], (HEALTHY, "storage class fast binds it when the first pod uses it")),
        (
            claim(),
            [LAZY, pod(spec={"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "other"}}]})],
            (HEALTHY, "storage class fast binds it when the first pod uses it"),
        ),
        (claim(), [LAZY, pod(spec=USES_DATA)], (PROGRESSING, "not bound: waits for a volume of storage class fast")),
        (claim(), [], (PROGRESSING, "not bound: there is no storage class fast")),
        (
            claim(storage_class=None),
            [LAZY],
            (PROGRESSING, "not bound: it names no storage class and no volume fits yet"),
        ),
    ],
)
def test_claim(case: Object, others: list[Object], expected: tuple[Status, str]) -> None:
    assert judge(case, *others) == expected


def test_lost_claim_has_failed_for_good() -> None:
    assert health(claim("Lost"), FakeReader([])) == Health(DEGRADED, "lost: its volume pv-1 is gone", final=True)


# Network


def service(*, address: Object | None = None, **spec: Any) -> Object:
    full = {"type": "ClusterIP", "clusterIP": "10.96.0.10", "selector": LABELS, "ports": [{"port": 80}], **spec}
    return obj("v1", "Service", spec=full, status={"loadBalancer": {"ingress": [address]} if address else {}})


def endpoints(*ready: bool | None, kind: str = "IPv4", name: str = "web-x") -> Object:
    found = [
        {"addresses": [f"10.0.0.{number}"], "conditions": {} if value is None else {"ready": value, "serving": value}}
        for number, value in enumerate(ready)
    ]
    meta = {"labels": {"kubernetes.io/service-name": "web"}}
    return obj("discovery.k8s.io/v1", "EndpointSlice", name, addressType=kind, endpoints=found, meta=meta)


def labelled(kind: str, replicas: int, labels: dict[str, str]) -> Object:
    template = {"metadata": {"labels": labels}, "spec": {}}
    return workload(kind, spec={"replicas": replicas, "template": template})


@pytest.mark.parametrize(
    ("case", "others", "expected"),
    [
        (service(), [endpoints(True)], (HEALTHY, "1 ready endpoint")),
        (service(), [endpoints(True, False, None)], (HEALTHY, "2 ready endpoints")),
        (service(), [endpoints(True), endpoints(True, kind="IPv6", name="web-6")], (HEALTHY, "1 ready endpoint")),
        (service(), [endpoints(True), endpoints(False, True, name="web-y")], (HEALTHY, "2 ready endpoints")),
        (
            service(),
            [endpoints(False), pod_with(RUNNING)],
            (PROGRESSING, "none of the 1 pod behind it is ready"),
        ),
        (service(), [], (PROGRESSING, "its selector matches no pod")),
        (service(), [labelled("Deployment", 1, LABELS)], (PROGRESSING, "its selector matches no pod")),
        (service(), [labelled("Deployment", 0, {"a": "b"})], (PROGRESSING, "its selector matches no pod")),
        (
            service(),
            [labelled("StatefulSet", 0, LABELS)],
            (HEALTHY, "no endpoints: the workload behind it is scaled to zero"),
        ),
        (
            service(),
            [labelled("Deployment", 0, {**LABELS, "more": "yes"})],
            (HEALTHY, "no endpoints: the workload behind it is scaled to zero"),
        ),
        (service(clusterIP="None"), [], (HEALTHY, "headless")),
        (service(selector=None), [], (HEALTHY, "has no selector, its endpoints are not Kubernetes' business")),
        (
            service(type="ExternalName", externalName="db.example.com"),
            [],
            (HEALTHY, "stands for db.example.com"),
        ),
        (
            service(type="LoadBalancer"),
            [endpoints(True)],
            (PROGRESSING, "its load balancer has no address yet"),
        ),
        (
            service(type="LoadBalancer", address={"ip": "203.0.113.7", "ipMode": "VIP"}),
            [endpoints(True)],
            (HEALTHY, "1 ready endpoint, at 203.0.113.7"),
        ),
    ],
)
def test_service(case: Object, others: list[Object], expected: tuple[Status, str]) -> None:
    assert judge(case, *others) == expected


def ingress(*backends: Object, default: Object | None = None, address: Object | None = None) -> Object:
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend} for backend in backends]
    spec: Object = {"rules": [{"host": "shop.example.com", "http": {"paths": paths}}, {"host": "only.example.com"}]}
    if default:
        spec["defaultBackend"] = default
    status = {"loadBalancer": {"ingress": [address]} if address else {}}
    return obj("networking.k8s.io/v1", "Ingress", spec=spec, status=status)


def to(service: str, **port: Any) -> Object:
    return {"service": {"name": service, "port": port or {"number": 80}}}


BUCKET = {"resource": {"apiGroup": "k8s.example.com", "kind": "StorageBucket", "name": "files"}}


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (ingress(to("web")), (HEALTHY, "no controller has told an address")),
        (ingress(to("web"), address={"hostname": "lb.example.com"}), (HEALTHY, "at lb.example.com")),
        (ingress(to("web"), BUCKET), (HEALTHY, "no controller has told an address")),
        (ingress(to("redirect", name="use-annotation")), (HEALTHY, "no controller has told an address")),
        (ingress(to("web"), to("gone"), to("away"), to("gone")), (DEGRADED, "there is no Service away, gone")),
        (ingress(to("web"), default=to("gone")), (DEGRADED, "there is no Service gone")),
    ],
)
def test_ingress(case: Object, expected: tuple[Status, str]) -> None:
    assert judge(case, service()) == expected


# Policies and the API's own kinds


def autoscaler(*found: tuple[str, str, str, str], version: str = "v2") -> Object:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 10}
    status: Object = {"currentReplicas": 3, "desiredReplicas": 3, "conditions": conditions(*found)}
    return obj(f"autoscaling/{version}", "HorizontalPodAutoscaler", spec=spec, status=status)


ABLE = ("AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size")
ACTIVE = ("ScalingActive", "True", "ValidMetricFound", "the HPA was able to successfully calculate a replica count")
NO_METRICS = "the HPA was unable to compute the replica count: no metrics returned from resource metrics API"
AT_LIMIT = "the desired replica count is more than the maximum replica count"


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (autoscaler(), (PROGRESSING, "has not been observed yet")),
        (autoscaler(version="v1"), (HEALTHY, "exists; only autoscaling/v2 tells its conditions")),
        (autoscaler(ABLE, ACTIVE), (HEALTHY, "3 replicas of 2 to 10")),
        (
            autoscaler(ABLE, ACTIVE, ("ScalingLimited", "True", "TooManyReplicas", AT_LIMIT)),
            (HEALTHY, f"3 replicas of 2 to 10; {AT_LIMIT}"),
        ),
        (
            autoscaler(("AbleToScale", "False", "FailedGetScale", 'deployments.apps "web" not found')),
            (DEGRADED, 'cannot scale: deployments.apps "web" not found'),
        ),
        (
            autoscaler(ABLE, ("ScalingActive", "False", "FailedGetResourceMetric", NO_METRICS)),
            (DEGRADED, f"cannot tell how much is needed: {NO_METRICS}"),
        ),
        (
            autoscaler(ABLE, ("ScalingActive", "False", "ScalingDisabled", "the replica count of the target is zero")),
            (HEALTHY, "3 replicas of 2 to 10"),
        ),
    ],
)
def test_autoscaler(case: Object, expected: tuple[Status, str]) -> None:
    assert judge(case) == expected


def budget(reason: str, message: str, allowed: int = 0) -> Object:
    found = conditions(("DisruptionAllowed", "True" if allowed else "False", reason, message))
    numbers = {"currentHealthy": 2, "desiredHealthy": 2 - allowed, "expectedPods": 2, "disruptionsAllowed": allowed}
    return obj("policy/v1", "PodDisruptionBudget", status={"observedGeneration": 1, "conditions": found, **numbers})


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (budget("SufficientPods", "", 1), (HEALTHY, "1 disruption allowed: 2 healthy pods, 1 needed")),
        (budget("InsufficientPods", ""), (HEALTHY, "0 disruptions allowed: 2 healthy pods, 2 needed")),
        (budget("SyncFailed", "found no controllers for pod web"), (DEGRADED, "found no controllers for pod web")),
    ],
)
def test_disruption_budget(case: Object, expected: tuple[Status, str]) -> None:
    assert judge(case) == expected


def definition(*found: tuple[str, str, str, str]) -> Object:
    return obj("apiextensions.k8s.io/v1", "CustomResourceDefinition", status={"conditions": conditions(*found)})


ACCEPTED = ("NamesAccepted", "True", "NoConflicts", "no conflicts found")
REFUSED = ("NamesAccepted", "False", "PluralConflict", '"widgets" is already in use')
INSTALLING = ("Established", "False", "Installing", "the initial names have been accepted")
NOT_ACCEPTED = ("Established", "False", "NotAccepted", "not all names are accepted")
ESTABLISHED = ("Established", "True", "InitialNamesAccepted", "the initial names have been accepted")


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (definition(), Health(PROGRESSING, "is being established")),
        (definition(ACCEPTED, INSTALLING), Health(PROGRESSING, "is being established")),
        (definition(ACCEPTED, ESTABLISHED), Health(HEALTHY, "established")),
        (
            definition(REFUSED, NOT_ACCEPTED),
            Health(DEGRADED, 'names are not accepted: "widgets" is already in use', final=True),
        ),
        (definition(NOT_ACCEPTED), Health(DEGRADED, "not established: not all names are accepted", final=True)),
    ],
)
def test_definition(case: Object, expected: Health) -> None:
    assert health(case, FakeReader([])) == expected


def test_namespace() -> None:
    active = obj("v1", "Namespace", "shop", status={"phase": "Active"})
    assert judge(active) == (HEALTHY, "active")
    left = "Some resources are remaining: pods. has 2 resource instances"
    found = conditions(("NamespaceContentRemaining", "True", "SomeResourcesRemain", left))
    meta = {"deletionTimestamp": "2026-11-24T11:59:00Z"}
    ending = obj("v1", "Namespace", "shop", meta=meta, status={"phase": "Terminating", "conditions": found})
    assert judge(ending) == (PROGRESSING, f"is being deleted; {left}")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], (PROGRESSING, "has not been observed yet")),
        ([("Available", "True", "Passed", "all checks passed")], (HEALTHY, "available")),
        (
            [("Available", "False", "MissingEndpoints", "endpoints for service/metrics have no addresses")],
            (DEGRADED, "not available: endpoints for service/metrics have no addresses"),
        ),
    ],
)
def test_api_service(found: list[Any], expected: tuple[Status, str]) -> None:
    case = obj("apiregistration.k8s.io/v1", "APIService", status={"conditions": conditions(*found)})
    assert judge(case) == expected


def custom(*found: Any, generation: int = 1, **status: Any) -> Object:
    meta = {"generation": generation}
    return obj("example.com/v1", "Widget", meta=meta, status={"conditions": conditions(*found), **status})


def stale(case: Object) -> Object:
    case["status"]["conditions"][0]["observedGeneration"] = 1
    return case


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (obj("example.com/v1", "Widget"), Health(HEALTHY, "exists")),
        (custom(observedGeneration=1), Health(HEALTHY, "exists")),
        (
            custom(observedGeneration=1, generation=2),
            Health(PROGRESSING, "the last change has not been observed yet"),
        ),
        (custom(("Ready", "True")), Health(HEALTHY, "ready")),
        (custom(("Available", "True")), Health(HEALTHY, "available")),
        (custom(("Ready", "False", "Waiting", "")), Health(PROGRESSING, "not ready: Waiting")),
        (custom(("Stalled", "True")), Health(DEGRADED, "stalled", final=True)),
        (custom(("Reconciling", "True")), Health(PROGRESSING, "reconciling")),
        (custom(("Ready", "Unknown", "", "still looking")), Health(PROGRESSING, "not ready: still looking")),
        (custom(("Available", "True"), ("Ready", "False", "", "no")), Health(PROGRESSING, "not ready: no")),
        (custom(("Reconciling", "True", "", "step 2"), ("Ready", "True")), Health(PROGRESSING, "step 2")),
        (custom(("Stalled", "True", "", "bad"), ("Reconciling", "True")), Health(DEGRADED, "bad", final=True)),
        (
            stale(custom(("Ready", "True"), generation=2)),
            Health(PROGRESSING, "the last change has not been observed yet"),
        ),
    ],
)
def test_custom_resource(case: Object, expected: Health) -> None:
    assert health(case, FakeReader([])) == expected


def test_a_custom_kind_of_a_known_name_is_still_custom() -> None:
    assert judge(obj("serving.knative.dev/v1", "Service", status={})) == (HEALTHY, "exists")
    assert judge(obj("example.com/v1", "Deployment", status={})) == (HEALTHY, "exists")
