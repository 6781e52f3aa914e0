"""What servers contribute to the pods of those that refer to them."""

from __future__ import annotations

from platform_compiler.blueprint.context import Context, Contribution, Wait


def waits_for(ctx: Context, image: str, command: str) -> Contribution:
    """A first step that repeats `command`, in the server's own image, until it succeeds."""
    script = f"until {command}; do sleep 1; done"
    return Contribution(waits=(Wait(ctx.name, image, ("sh", "-c", script)),))
