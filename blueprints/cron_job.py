"""`cron-job`: a task that runs on a schedule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from platform_compiler.blueprint import Context, Resource
from platform_compiler.blueprint.fields import Seconds
from platform_compiler.blueprint.traits.container import Container, build_pod
from platform_compiler.blueprint.traits.schedule import CronSchedule, TimeZone
from platform_compiler.blueprint.traits.workload import job_spec
from platform_compiler.spec.validation import Model, shared

CONCURRENCY = {"allow": "Allow", "forbid": "Forbid", "replace": "Replace"}


class History(Model):
    """How many finished runs are kept."""

    succeeded: int = Field(3, ge=0, le=100, description="Succeeded runs.")
    failed: int = Field(1, ge=0, le=100, description="Failed runs.")


class CronJob(Container, name="cron-job", version=1):
    """A task that runs on a schedule."""

    schedule: CronSchedule = Field(description="Five cron fields, or @hourly, @daily and the like.")
    timezone: TimeZone | None = Field(None, description="A name of the tz database, such as Europe/Berlin; else UTC.")
    concurrency: Literal["allow", "forbid", "replace"] = Field(
        "forbid", description="What to do while the last run goes on."
    )
    suspend: bool = Field(False, description="true starts no further runs.")
    start_deadline: Seconds | None = Field(None, description="Seconds by which a missed run may start late.")
    history: History = Field(default_factory=shared(History), description="Finished runs that are kept.")
    retries: int = Field(3, ge=0, le=100, description="Failed pods after which a run counts as failed.")
    timeout: Seconds | None = Field(None, description="Seconds after which a run counts as failed.")

    def expand(self, ctx: Context) -> Iterator[Resource]:
        """Service account, config and the CronJob."""
        pod = build_pod(self, ctx, restart_policy="Never")
        spec: dict[str, Any] = {"schedule": self.schedule}
        if self.timezone:
            spec["timeZone"] = self.timezone
        spec["concurrencyPolicy"] = CONCURRENCY[self.concurrency]
        if self.suspend:
            spec["suspend"] = True
        if self.start_deadline is not None:
            spec["startingDeadlineSeconds"] = self.start_deadline
        spec["successfulJobsHistoryLimit"] = self.history.succeeded
        spec["failedJobsHistoryLimit"] = self.history.failed
        spec["jobTemplate"] = {
            "metadata": {"labels": ctx.labels},
            "spec": job_spec(pod, retries=self.retries, timeout=self.timeout),
        }
        yield from pod.resources
        yield ctx.resource("cron-job", "batch/v1", "CronJob", spec=spec)
