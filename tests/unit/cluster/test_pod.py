"""What a pod's status says."""

from __future__ import annotations

from typing import Any

import pytest

from platform_compiler.cluster.objects import Object
from platform_compiler.cluster.pod import Log, Stage, pod_state
from tests.unit.cluster.fake import (
    CRASH_LOOP,
    RUNNING,
    conditions,
    container,
    pod,
    pod_with,
    ready_pod,
    terminated,
    unscheduled_pod,
    waiting,
)

PULL = 'Back-off pulling image "shop/web:2": ErrImagePull: not found'


@pytest.mark.parametrize(
    ("case", "stage", "reason", "text"),
    [
        (ready_pod(), Stage.READY, "Ready", "is ready"),
        (pod(phase="Succeeded"), Stage.SUCCEEDED, "Succeeded", "has run to its end"),
        (pod(), Stage.STARTING, "NotReady", "is not ready yet"),
        (
            ready_pod(meta={"deletionTimestamp": "2026-11-24T11:59:00Z"}),
            Stage.ENDING,
            "Terminating",
            "is being deleted",
        ),
        (
            unscheduled_pod("0/3 nodes are available: 3 Insufficient cpu."),
            Stage.UNSCHEDULED,
            "Unschedulable",
            "Unschedulable: 0/3 nodes are available: 3 Insufficient cpu.",
        ),
        (
            pod_with(waiting("ContainerCreating")),
            Stage.STARTING,
            "ContainerCreating",
            "container web is being created",
        ),
        (
            pod_with(waiting("ImagePullBackOff", PULL)),
            Stage.BROKEN,
            "ImagePullBackOff",
            f"container web cannot start: ImagePullBackOff ({PULL})",
        ),
        (
            pod_with(CRASH_LOOP, restarts=5, last=terminated(1)),
            Stage.BROKEN,
            "CrashLoopBackOff",
            "container web ends again and again: 5 restarts, the last run ended with exit code 1 (Error)",
        ),
        (
            pod_with(CRASH_LOOP, restarts=1, last=terminated(0, "Completed")),
            Stage.BROKEN,
            "CrashLoopBackOff",
            "container web ends again and again: 1 restart, the last run ended with exit code 0 (Completed)",
        ),
        (
            pod_with(CRASH_LOOP, restarts=2, last=terminated(137, "OOMKilled")),
            Stage.BROKEN,
            "OOMKilled",
            "container web ends again and again: 2 restarts, the last run ended with exit code 137 (OOMKilled)",
        ),
        (
            pod_with(RUNNING, restarts=2, last=terminated(2)),
            Stage.BROKEN,
            "CrashLoopBackOff",
            "container web runs again but is not ready yet: 2 restarts, the last run ended with exit code 2 (Error)",
        ),
        (pod_with(RUNNING), Stage.STARTING, "NotReady", "container web runs but is not ready yet"),
        (
            pod_with(RUNNING, since="2026-11-24T11:55:00Z"),
            Stage.STARTING,
            "NotReady",
            "container web runs but is not ready yet",
        ),
        (
            pod_with(RUNNING, restarts=1, last=terminated(0, "Completed")),
            Stage.STARTING,
            "NotReady",
            "container web runs but is not ready yet",
        ),
        (
            pod_with(RUNNING, since="2026-11-24T11:56:00Z"),
            Stage.BROKEN,
            "NotReady",
            "container web runs but has not been ready since 2026-11-24T11:56:00Z",
        ),
        (
            pod_with(
                {"terminated": terminated(127, "StartError", message='exec: "srve": executable file not found\n')}
            ),
            Stage.BROKEN,
            "StartError",
            'container web ended with exit code 127 (StartError): exec: "srve": executable file not found',
        ),
        (
            pod_with({"terminated": terminated(0, "Completed")}),
            Stage.STARTING,
            "Completed",
            "container web has ended with exit code 0",
        ),
    ],
)
def test_state(case: Object, stage: Stage, reason: str, text: str) -> None:
    state = pod_state(case)
    assert (state.stage, state.reason, state.text) == (stage, reason, text)


@pytest.mark.parametrize(
    ("case", "log"),
    [
        (pod_with(CRASH_LOOP, restarts=5, last=terminated(1)), Log.PREVIOUS),
        (pod_with(RUNNING, restarts=5, last=terminated(1)), Log.PREVIOUS),
        (pod_with({"terminated": terminated(1)}), Log.CURRENT),
        (pod_with(RUNNING), Log.CURRENT),
        (pod_with(waiting("ImagePullBackOff", PULL)), Log.NONE),
        (unscheduled_pod("0/3 nodes are available"), Log.NONE),
    ],
)
def test_log_is_that_of_the_run_that_failed(case: Object, log: Log) -> None:
    assert pod_state(case).log is log


def failed(**status: Any) -> Object:
    return pod(phase="Failed", **status)


def test_failed_pod_tells_its_container() -> None:
    state = pod_state(failed(containerStatuses=[container({"terminated": terminated(3)})]))
    assert state.stage is Stage.FAILED
    assert (state.container, state.log) == ("web", Log.CURRENT)
    assert state.text == "container web ended with exit code 3 (Error)"


def test_evicted_pod_tells_what_the_kubelet_says() -> None:
    message = "The node was low on resource: memory."
    state = pod_state(failed(reason="Evicted", message=message, containerStatuses=[container({})]))
    assert (state.stage, state.text) == (Stage.FAILED, f"Evicted: {message}")


def test_failed_pod_without_containers_still_has_a_reason() -> None:
    assert pod_state(failed()).text == "Failed"


def test_container_that_ended_by_a_signal() -> None:
    state = pod_state(pod_with({"terminated": terminated(143, signal=15)}))
    assert state.text == "container web ended by signal 15 with exit code 143 (Error)"


def test_failing_init_container_comes_before_those_that_wait_for_it() -> None:
    init = {**container(CRASH_LOOP, restarts=1, last=terminated(1)), "name": "migrate"}
    case = pod(
        initContainerStatuses=[init],
        containerStatuses=[container(waiting("PodInitializing"))],
        conditions=conditions(("PodScheduled", "True"), ("Ready", "False")),
    )
    assert pod_state(case).container == "migrate"


def test_finished_init_container_is_no_trouble() -> None:
    done = {**container({"terminated": terminated(0, "Completed")}, ready=True), "name": "migrate"}
    case = pod(initContainerStatuses=[done], containerStatuses=[container(waiting("ImagePullBackOff"))])
    assert pod_state(case).text == "container web cannot start: ImagePullBackOff"


def test_the_worst_container_is_told() -> None:
    sidecar = {**container(RUNNING), "name": "proxy"}
    broken = container(waiting("InvalidImageName", "couldn't parse image name"))
    case = pod(phase="Running", containerStatuses=[sidecar, broken])
    assert pod_state(case).reason == "InvalidImageName"


def test_shut_readiness_gate() -> None:
    gate = ("Ready", "False", "ReadinessGatesNotReady", 'the status of pod readiness gate "lb" is not "True"')
    case = pod(phase="Running", conditions=conditions(gate), containerStatuses=[container(RUNNING, ready=True)])
    state = pod_state(case)
    assert (state.stage, state.text) == (Stage.STARTING, f"is not ready: {gate[3]}")
