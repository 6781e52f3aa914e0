"""The Gateway of an environment (Gateway API), by which exposed services are reached."""

from __future__ import annotations

from pydantic import Field

from platform_compiler.spec.validation import Model


class GatewaySettings(Model):
    """The Gateway that routes attach to; its own certificates are its owner's business."""

    name: str = Field(description="The Gateway's name.")
    namespace: str | None = Field(None, description="Its namespace; the app's own without it.")
    listener: str | None = Field(None, description="The listener that routes attach to; every one without it.")
    class_name: str | None = Field(None, description="The class of Gateways for services with their own certificate.")
