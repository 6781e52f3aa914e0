"""The verdict on an object: one of four words, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """The words of `platc status`."""

    HEALTHY = "healthy"
    PROGRESSING = "progressing"
    DEGRADED = "degraded"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Health:
    """An object's status with its reason; `final` when waiting longer cannot help."""

    status: Status
    message: str
    final: bool = False


def healthy(message: str) -> Health:
    """It does what it is for."""
    return Health(Status.HEALTHY, message)


def progressing(message: str) -> Health:
    """It is on its way, as far as one can tell."""
    return Health(Status.PROGRESSING, message)


def degraded(message: str, *, final: bool = False) -> Health:
    """It does not do what it is for."""
    return Health(Status.DEGRADED, message, final)
