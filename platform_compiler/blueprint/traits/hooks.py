"""What a container does right after its start and before its end (Kubernetes API: `core/v1.Lifecycle`)."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from platform_compiler.blueprint.context import FieldError
from platform_compiler.blueprint.fields import Command, HttpPath, Port
from platform_compiler.spec.validation import InputError, Model


class Hook(Model):
    """One action: exactly one of a command, an HTTP request and a pause."""

    command: Command | None = Field(None, description="A command inside the container.")
    http: HttpPath | None = Field(None, description="A path that is requested from the container; needs `port`.")
    port: Port | None = Field(None, description="The port of the request.")
    sleep: int | None = Field(None, ge=1, le=3600, description="Seconds to wait; such as for load balancers to notice.")

    @model_validator(mode="after")
    def _one_action(self) -> Hook:
        if sum(action is not None for action in (self.command, self.http, self.sleep)) != 1:
            raise InputError("a hook has one action", expected="one of command, http and sleep")
        if (self.http is None) != (self.port is None):
            raise InputError("http and port belong together", expected="`http: /path` beside `port: NUMBER`")
        return self

    def manifest(self) -> dict[str, Any]:
        """A `core/v1.LifecycleHandler`."""
        if self.command is not None:
            return {"exec": {"command": list(self.command)}}
        if self.http is not None:
            return {"httpGet": {"path": self.http, "port": self.port}}
        return {"sleep": {"seconds": self.sleep}}


class Hooks(Model):
    """The two moments."""

    post_start: Hook | None = Field(None, description="Right after the start; the container is not ready before.")
    pre_stop: Hook | None = Field(None, description="Before SIGTERM; counts against `grace-period`.")

    def manifest(self, grace_period: int) -> dict[str, Any]:
        """A container's `lifecycle`; no pause is longer than the grace period (Kubernetes: `validateSleepAction`)."""
        hooks = {"postStart": self.post_start, "preStop": self.pre_stop}
        for field, hook in (("post-start", self.post_start), ("pre-stop", self.pre_stop)):
            if hook and hook.sleep and hook.sleep > grace_period:
                summary = f"it sleeps for {hook.sleep} seconds, the grace period has {grace_period}"
                expected = f"at most {grace_period}, or `grace-period` of at least {hook.sleep}"
                raise FieldError(("lifecycle", field, "sleep"), summary, expected=expected)
        return {name: hook.manifest() for name, hook in hooks.items() if hook is not None}
