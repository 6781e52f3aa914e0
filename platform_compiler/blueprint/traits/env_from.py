"""Environment variables from objects that somebody else makes (Kubernetes API: `core/v1.EnvFromSource`)."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from platform_compiler.blueprint.fields import EnvName, ExistingName
from platform_compiler.spec.validation import InputError, Model


class EnvSource(Model):
    """An existing object whose keys become variables: exactly one of the two."""

    config_map: ExistingName | None = Field(None, description="An existing ConfigMap.")
    secret: ExistingName | None = Field(None, description="An existing Secret, such as one of a secrets operator.")
    prefix: EnvName | None = Field(None, description="What stands before each name.")
    optional: bool = Field(False, description="true lets pods start without the object.")

    @model_validator(mode="after")
    def _one_source(self) -> EnvSource:
        if (self.config_map is None) == (self.secret is None):
            raise InputError("variables have one source", expected="one of config-map and secret")
        return self

    def manifest(self) -> dict[str, Any]:
        """A `core/v1.EnvFromSource`."""
        source: dict[str, Any] = {"name": self.config_map or self.secret}
        if self.optional:
            source["optional"] = True
        prefix = {"prefix": self.prefix} if self.prefix else {}
        return {**prefix, "configMapRef" if self.config_map else "secretRef": source}
