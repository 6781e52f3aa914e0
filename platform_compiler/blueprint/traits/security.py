"""The Pod Security Standard `restricted` as the default, and the explicit fields that loosen it.

Source: Kubernetes docs, "Pod Security Standards". Loosening is visible in the spec, so that a policy can forbid it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pydantic import Field

from platform_compiler.spec.validation import Model


class Loosening(Model):
    """Ways out of the restricted default; each one is a decision that a reviewer sees."""

    run_as_root: bool = Field(False, description="Let the container run as root.")
    writable_root: bool = Field(False, description="Let the container write to its image's file system.")
    capabilities: list[str] = Field([], description="Linux capabilities to add, such as NET_BIND_SERVICE.")


def pod_security(user: int, loosening: Loosening) -> dict[str, Any]:
    """A pod's `securityContext`: `user` is also the group that owns its volumes. Shared: do not change it."""
    return _pod(0 if loosening.run_as_root else user)


@lru_cache(maxsize=64)
def _pod(user: int) -> dict[str, Any]:
    profile = {"seccompProfile": {"type": "RuntimeDefault"}}
    if user == 0:
        return profile
    return {"runAsNonRoot": True, "runAsUser": user, "runAsGroup": user, "fsGroup": user, **profile}


def container_security(loosening: Loosening) -> dict[str, Any]:
    """A container's `securityContext`. Shared: do not change it."""
    return _container(loosening.writable_root, tuple(sorted(loosening.capabilities)))


@lru_cache(maxsize=64)
def _container(writable_root: bool, added: tuple[str, ...]) -> dict[str, Any]:
    capabilities: dict[str, Any] = {"drop": ["ALL"]}
    if added:
        capabilities["add"] = list(added)
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": capabilities,
        "readOnlyRootFilesystem": not writable_root,
    }
