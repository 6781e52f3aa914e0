"""What a pod's status says: one stage, one reason, one line.

A pod is judged by its worst container. Nothing here asks for the time: that a container was ready once and is not any
more follows from its conditions (the kubelet moves `lastTransitionTime` only when a condition changes, so a `Ready`
that turned False after the container started had been True).

Source: Kubernetes API reference, `core/v1.PodStatus`; Kubernetes docs, "Pod Lifecycle"; the reasons are those that the
kubelet and the scheduler write.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from platform_compiler.cluster.objects import Object, condition, fails, holds, status_of, told
from platform_compiler.diagnostics import count

STARTING_REASONS: Final = frozenset({"ContainerCreating", "PodInitializing"})
"""Reasons for which a container of every pod waits for a while."""


class Stage(IntEnum):
    """How far a pod is; the lower the worse."""

    FAILED = 0
    """It has ended and will not be started again."""
    BROKEN = 1
    """A container cannot start, keeps ending or is not ready any more; the kubelet goes on trying."""
    UNSCHEDULED = 2
    """No node has been found for it."""
    STARTING = 3
    ENDING = 4
    READY = 5
    SUCCEEDED = 6


class Log(StrEnum):
    """Which run of a container tells why."""

    NONE = ""
    CURRENT = "current"
    PREVIOUS = "previous"


@dataclass(frozen=True, slots=True)
class PodState:
    """A pod's stage, `reason` in the API's word, `text` for people, and the container whose log tells more."""

    stage: Stage
    reason: str
    text: str
    container: str = ""
    log: Log = Log.NONE


def pod_state(pod: Object) -> PodState:
    """The state of a `core/v1.Pod`."""
    status = status_of(pod)
    phase = status.get("phase")
    if phase == "Succeeded":
        return PodState(Stage.SUCCEEDED, "Succeeded", "has run to its end")
    if phase == "Failed":
        return _failed(pod)
    if pod["metadata"].get("deletionTimestamp"):
        return PodState(Stage.ENDING, "Terminating", "is being deleted")
    if fails(pod, "PodScheduled"):
        unscheduled = condition(pod, "PodScheduled")
        reason = unscheduled.get("reason", "Unschedulable")
        return PodState(Stage.UNSCHEDULED, reason, f"{reason}: {told(unscheduled)}")
    if holds(pod, "Ready"):
        return PodState(Stage.READY, "Ready", "is ready")
    worst = min(_container_states(pod), key=lambda state: state.stage, default=None)
    return worst or _not_ready(pod)


def _failed(pod: Object) -> PodState:
    status = status_of(pod)
    container = next((state for state in _container_states(pod) if state.stage is Stage.BROKEN), None)
    if status.get("reason") or container is None:
        reason = status.get("reason") or "Failed"
        return PodState(Stage.FAILED, reason, f"{reason}: {told(status)}" if status.get("message") else reason)
    return PodState(Stage.FAILED, container.reason, container.text, container.container, container.log)


def _container_states(pod: Object) -> Iterator[PodState]:
    """The states of the containers that are not ready, init containers first."""
    status = status_of(pod)
    for field in ("initContainerStatuses", "containerStatuses"):
        for item in status.get(field) or ():
            if not item.get("ready"):
                yield _container_state(item, pod)


def _container_state(item: Object, pod: Object) -> PodState:
    state = item.get("state") or {}
    if "terminated" in state:
        return _ended(item["name"], state["terminated"])
    if "running" in state:
        return _running(item, state["running"], pod)
    return _waiting(item, state.get("waiting") or {})


def _ended(name: str, ended: Object) -> PodState:
    if not ended.get("exitCode"):
        return PodState(Stage.STARTING, "Completed", f"container {name} has ended with exit code 0")
    return PodState(Stage.BROKEN, ended.get("reason", "Error"), f"container {name} {_exit(ended)}", name, Log.CURRENT)


def _running(item: Object, running: Object, pod: Object) -> PodState:
    name = item["name"]
    changed = condition(pod, "Ready").get("lastTransitionTime", "")
    if changed > running.get("startedAt", changed):
        text = f"container {name} runs but has not been ready since {changed}"
        return PodState(Stage.BROKEN, "NotReady", text, name, Log.CURRENT)
    if (last := _last_run(item)) and last.get("exitCode"):
        return _crashed(item, last, "runs again but is not ready yet")
    return PodState(Stage.STARTING, "NotReady", f"container {name} runs but is not ready yet", name, Log.CURRENT)


def _waiting(item: Object, waiting: Object) -> PodState:
    name, reason = item["name"], waiting.get("reason", "ContainerCreating")
    if reason in STARTING_REASONS:
        return PodState(Stage.STARTING, reason, f"container {name} is being created")
    if reason == "CrashLoopBackOff":
        return _crashed(item, _last_run(item), "ends again and again")
    message = f" ({waiting['message']})" if waiting.get("message") else ""
    return PodState(Stage.BROKEN, reason, f"container {name} cannot start: {reason}{message}", name)


def _last_run(item: Object) -> Object:
    last: Object = (item.get("lastState") or {}).get("terminated") or {}
    return last


def _crashed(item: Object, last: Object, what: str) -> PodState:
    reason = "OOMKilled" if last.get("reason") == "OOMKilled" else "CrashLoopBackOff"
    how = f", the last run {_exit(last)}" if last else ""
    text = f"container {item['name']} {what}: {count(item.get('restartCount', 0), 'restart')}{how}"
    return PodState(Stage.BROKEN, reason, text, item["name"], Log.PREVIOUS)


def _exit(ended: Object) -> str:
    signal = f" by signal {ended['signal']}" if ended.get("signal") else ""
    message = f": {ended['message'].strip()}" if ended.get("message") else ""
    return f"ended{signal} with exit code {ended['exitCode']} ({ended.get('reason', 'Error')}){message}"


def _not_ready(pod: Object) -> PodState:
    """No container tells: the kubelet has not seen the pod yet, or a readiness gate is shut."""
    message = told(condition(pod, "Ready"))
    return PodState(Stage.STARTING, "NotReady", f"is not ready: {message}" if message else "is not ready yet")
