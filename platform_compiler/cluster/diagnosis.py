"""Why an object is not healthy, as an on-call engineer wants to know it.

A workload's trouble is that of its worst pod of the newest revision; when none has been made, what the controller was
told when it tried. A Service's trouble is that of the pods behind it, a CronJob's that of its last job, any other
kind's its own. To that come the last events of everything involved, the last log lines of the container in trouble
and a hint for the usual causes.

Values of environment variables and of Secrets are never looked at. Logs are shown as they are, but few of their lines.

Source: Kubernetes docs, "Debug Pods" and "Determine the Reason for Pod Failure".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from platform_compiler.cluster.causes import HINTS, Cause, Evidence, cause_of
from platform_compiler.cluster.events import Event, last_events, shorten
from platform_compiler.cluster.health import health
from platform_compiler.cluster.objects import (
    Object,
    Reader,
    created,
    name_of,
    namespace_of,
    owned_by,
    spec_of,
    status_of,
)
from platform_compiler.cluster.pod import Log, PodState, Stage, pod_state
from platform_compiler.cluster.status import Status
from platform_compiler.cluster.workload import living, newest_replica_set, pods_of, refusal, selected_pods

LOG_LINES: Final = 10
LINE_WIDTH: Final = 300
"""Characters of a log line that are shown."""
STATE_WIDTH: Final = 600
WORKLOADS: Final = frozenset({"DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet"})
"""Kinds that make pods."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong with one object.

    `subject` is its kind and name, `message` its health, `state` what its pod says, or itself when `pod` is empty.
    `logs` are the last lines of `container`, of its `previous` run when it crashes again and again.
    """

    subject: str
    message: str
    state: str
    now: datetime
    pod: str = ""
    cause: Cause | None = None
    events: tuple[Event, ...] = ()
    container: str = ""
    previous: bool = False
    logs: tuple[str, ...] = ()

    @property
    def hint(self) -> str:
        """What to do about the cause, empty for an unusual one."""
        return HINTS[self.cause] if self.cause else ""

    def lines(self) -> list[str]:
        """The diagnosis as text."""
        lines = [f"{self.subject}: {shorten(self.message, STATE_WIDTH)}"]
        if self.state not in self.message:
            where = f"pod {self.pod}: " if self.pod else ""
            lines.append(f"  {where}{shorten(self.state, STATE_WIDTH)}")
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        if self.events:
            lines += ["  last events:", *(f"    {event.line(self.now)}" for event in self.events)]
        if self.logs:
            run = "the previous run of container" if self.previous else "container"
            lines += [f"  last lines of {run} {self.container}:", *(f"    | {line}" for line in self.logs)]
        return lines


@dataclass(frozen=True, slots=True)
class _Finding:
    """Where the trouble is: a pod, or none and `text`; and the objects whose events tell more."""

    text: str = ""
    pod: Object | None = None
    involved: list[Object] = field(default_factory=list)


def diagnose(obj: Object, reader: Reader, *, now: datetime) -> Diagnosis | None:
    """What is wrong with an object, None when it is healthy. `now` has a time zone; ages are told as of it."""
    if obj["kind"] == "CronJob":
        last = _last_job(obj, reader)
        return diagnose(last, reader, now=now) if last else None
    verdict = health(obj, reader)
    if verdict.status is Status.HEALTHY:
        return None
    finding = _find(obj, verdict.message, reader)
    state = pod_state(finding.pod) if finding.pod else PodState(Stage.STARTING, "", finding.text)
    events = last_events([obj, *finding.involved], reader)
    logs = _logs(finding.pod, state, reader) if finding.pod else ()
    messages = "\n".join(f"{event.reason}: {event.message}" for event in events)
    return Diagnosis(
        subject=f"{obj['kind']} {'/'.join(filter(None, (namespace_of(obj), name_of(obj))))}",
        message=verdict.message,
        state=state.text,
        now=now,
        pod=name_of(finding.pod) if finding.pod else "",
        cause=cause_of(Evidence(state.text, messages, "\n".join(logs))),
        events=events,
        container=state.container,
        previous=state.log is Log.PREVIOUS,
        logs=logs,
    )


def _last_job(cron_job: Object, reader: Reader) -> Object | None:
    jobs = owned_by(cron_job, reader.list("batch/v1", "Job", namespace_of(cron_job)))
    newest = max(jobs, key=lambda job: (created(job), name_of(job)), default=None)
    return {"apiVersion": "batch/v1", "kind": "Job", **newest} if newest else None


def _find(obj: Object, message: str, reader: Reader) -> _Finding:
    kind = obj["kind"]
    if kind in WORKLOADS:
        return _find_in_workload(obj, message, reader)
    if kind == "Pod":
        return _in_pod(obj, [], reader)
    worst = next(iter(selected_pods(obj, reader)), None) if kind == "Service" else None
    if worst is None or pod_state(worst).stage >= Stage.READY:
        return _Finding(message)
    return _in_pod(worst, [worst], reader)


def _find_in_workload(workload: Object, message: str, reader: Reader) -> _Finding:
    owner = newest_replica_set(workload, reader) if workload["kind"] == "Deployment" else workload
    if owner is None:
        return _Finding(message)
    pods = pods_of(owner, reader)
    if workload["kind"] != "Job":  # whose ended pods tell more than the one that tries again
        pods = living(pods)
    worst = next((pod for pod in pods if pod_state(pod).stage < Stage.READY), None)
    involved = [] if owner is workload else [owner]
    refused = refusal(owner, pods, reader)
    if refused and (worst is None or pod_state(worst).stage > Stage.UNSCHEDULED):
        return _Finding(f"pods cannot be created: {refused}", involved=involved)
    return _in_pod(worst, [*involved, worst], reader) if worst else _Finding(message, involved=involved)


def _in_pod(pod: Object, involved: list[Object], reader: Reader) -> _Finding:
    """The trouble of a pod; the claims that it waits for are involved."""
    if pod_state(pod).stage is Stage.UNSCHEDULED:
        involved = [*involved, *_unbound_claims(pod, reader)]
    return _Finding(pod=pod, involved=involved)


def _unbound_claims(pod: Object, reader: Reader) -> list[Object]:
    sources = (volume.get("persistentVolumeClaim") or {} for volume in spec_of(pod).get("volumes") or ())
    names = sorted({source["claimName"] for source in sources if source})
    claims = (reader.get("v1", "PersistentVolumeClaim", namespace_of(pod), name) for name in names)
    return [claim for claim in claims if claim and status_of(claim).get("phase") != "Bound"]


def _logs(pod: Object, state: PodState, reader: Reader) -> tuple[str, ...]:
    if state.log is Log.NONE:
        return ()
    previous = state.log is Log.PREVIOUS
    text = reader.logs(namespace_of(pod), name_of(pod), state.container, previous=previous, lines=LOG_LINES)
    return tuple(line.rstrip()[:LINE_WIDTH] for line in text.splitlines()[-LOG_LINES:])
