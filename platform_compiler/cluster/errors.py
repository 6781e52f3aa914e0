"""What a cluster answers when it refuses something, in plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class ClusterError(Exception):
    """The cluster cannot be used or refused a request; the text is shown to users."""


class UnreachableError(ClusterError):
    """No answer, however often it was asked."""


class Cause(NamedTuple):
    """One of the reasons that a `Status` gives (`details.causes`)."""

    field: str
    message: str
    reason: str


class ApiError(ClusterError):
    """A `Status` with a failure (Kubernetes API reference, `meta/v1 Status`).

    `code` is HTTP's, `reason` Kubernetes' word for it (`NotFound`, `Conflict`, `Invalid`, `Forbidden`).
    """

    def __init__(self, code: int, reason: str, message: str, causes: tuple[Cause, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.causes = causes

    @property
    def is_missing(self) -> bool:
        """Whether the object, its namespace or its kind is not there."""
        return self.code == 404


def api_error(code: int, status: Mapping[str, Any], text: str) -> ApiError:
    """The error in an answer's body; `text` is shown where the body is no `Status`."""
    details = status.get("details") or {}
    causes = tuple(
        Cause(str(cause.get("field", "")), str(cause.get("message", "")), str(cause.get("reason", "")))
        for cause in details.get("causes") or ()
    )
    return ApiError(code, str(status.get("reason", "")), str(status.get("message") or text or f"HTTP {code}"), causes)
