"""`job`: a task that runs once for every change of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from platform_compiler.blueprint import Context, Resource
from platform_compiler.blueprint.fields import Seconds
from platform_compiler.blueprint.traits.container import Container, build_pod
from platform_compiler.blueprint.traits.workload import job_spec


class Job(Container, name="job", version=1):
    """A task that runs to its end, again whenever its image, command or config changes; such as a migration."""

    run: Literal["pre-deploy", "post-deploy", "once"] = Field(
        "once",
        description="`pre-deploy` makes the app's other workloads wait for the job, `post-deploy` the job for them.",
    )
    retries: int = Field(3, ge=0, le=100, description="Failed pods after which the job counts as failed.")
    timeout: Seconds | None = Field(None, description="Seconds after which the job counts as failed.")
    completions: int | None = Field(None, ge=1, description="Pods that must succeed.")
    parallelism: int | None = Field(None, ge=1, description="Pods that run at the same time.")

    @property
    def runs_before_others(self) -> bool:
        """Whether the app's other workloads wait for this one."""
        return self.run == "pre-deploy"

    @property
    def runs_after_others(self) -> bool:
        """Whether this one waits for the app's other workloads."""
        return self.run == "post-deploy"

    def expand(self, ctx: Context) -> Iterator[Resource]:
        """Service account, config and the Job, whose name ends with a hash of its content: a Job cannot change."""
        pod = build_pod(self, ctx, restart_policy="Never")
        spec = job_spec(
            pod,
            retries=self.retries,
            timeout=self.timeout,
            completions=self.completions,
            parallelism=self.parallelism,
        )
        yield from pod.resources
        yield ctx.resource("job", "batch/v1", "Job", name=ctx.hashed("job", spec), spec=spec)
