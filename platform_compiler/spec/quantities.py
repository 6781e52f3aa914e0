"""Amounts of CPU and memory as Kubernetes writes them (`resource.Quantity`), and pairs of requests and limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from platform_compiler.spec.source import plain_decimal
from platform_compiler.spec.validation import InputError, JsonSchema, Model, shared

_CPU = re.compile(r"(?:[0-9]+m|[0-9]+(?:\.[0-9]{1,3})?)\Z")
_MEMORY = re.compile(r"[0-9]+(?:\.[0-9]+)?(Ki|Mi|Gi|Ti|Pi|k|M|G|T|P)?\Z")
_MEMORY_UNITS: Final = {
    "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50,
}  # fmt: skip

LEAST_BYTES: Final = 2**20
"""A number without a unit below it is meant otherwise: no container starts with so little."""


def number_as_text(value: object) -> object:
    """A number as it is written, for fields where an amount without a unit is one."""
    return plain_decimal(value) if isinstance(value, int | float) and type(value) is not bool else value


def _cpu(value: str) -> str:
    if not _CPU.match(value):
        raise InputError(
            f"{value!r} is no amount of CPU", expected="cores such as 1 or 0.5, or millicores such as 250m"
        )
    return value


def _memory(value: str) -> str:
    if not _MEMORY.match(value):
        match = re.match(r"([0-9.]+)\s*([kmgtp])i?b?\Z", value, re.IGNORECASE)
        hint = f"write {match[1]}{match[2].upper()}i" if match else ""
        raise InputError(f"{value!r} is no amount of memory", expected="bytes such as 128Mi or 2Gi", hint=hint)
    if value[-1].isdigit() and float(value) < LEAST_BYTES:
        raise InputError(f"{value!r} has no unit: so few bytes", expected="an amount such as 128Mi or 2Gi")
    return value


def _positive(value: str) -> str:
    if memory_bytes(value) == 0:
        raise InputError(f"{value!r} is nothing", expected="more than 0, such as 1Gi")
    return value


def _schema(pattern: re.Pattern[str]) -> JsonSchema:
    return JsonSchema({"type": ["string", "number"], "pattern": "^" + pattern.pattern.replace(r"\Z", "$")})


Cpu = Annotated[str, BeforeValidator(number_as_text), AfterValidator(_cpu), _schema(_CPU)]
"""An amount of CPU: `250m`, `0.5`, `2`."""

Memory = Annotated[str, BeforeValidator(number_as_text), AfterValidator(_memory), _schema(_MEMORY)]
"""An amount of memory or storage: `128Mi`, `10Gi`."""

Storage = Annotated[Memory, AfterValidator(_positive)]
"""The size of a claim (Kubernetes: `ValidatePersistentVolumeClaimSpec`)."""


def cpu_millis(quantity: str) -> float:
    """An amount of CPU in thousandths of a core."""
    return float(quantity[:-1]) if quantity.endswith("m") else float(quantity) * 1000


def memory_bytes(quantity: str) -> float:
    """An amount of memory in bytes."""
    unit = quantity.lstrip("0123456789.")
    return float(quantity[: len(quantity) - len(unit)]) * _MEMORY_UNITS[unit]


class Amounts(Model):
    """An amount of each."""

    cpu: Cpu | None = Field(None, description="CPU, such as 250m.")
    memory: Memory | None = Field(None, description="Memory, such as 128Mi.")


class Resources(Model):
    """Requests and limits of a container; `cpu` and `memory` beside them set both alike."""

    cpu: Cpu | None = Field(None, description="Request and limit of CPU, such as 250m.")
    memory: Memory | None = Field(None, description="Request and limit of memory, such as 128Mi.")
    requests: Amounts = Field(
        default_factory=shared(Amounts), description="What the scheduler reserves, where it differs."
    )
    limits: Amounts = Field(
        default_factory=shared(Amounts), description="What the container may use at most, where it differs."
    )

    @model_validator(mode="after")
    def _requests_fit_limits(self) -> Resources:
        manifest = self.manifest()
        for name, amount in (("cpu", cpu_millis), ("memory", memory_bytes)):
            request, limit = manifest["requests"].get(name), manifest["limits"].get(name)
            if request and limit and amount(request) > amount(limit):
                raise InputError(
                    f"{name} request {request} is more than its limit {limit}", expected="request <= limit"
                )
        return self

    def manifest(self, size: Mapping[str, Mapping[str, str]] | None = None) -> dict[str, dict[str, str]]:
        """A container's `resources`. What is named neither as request nor as limit is that of `size`, so that no
        container is without bounds, and an autoscaler has the request that it measures by.
        """
        requests, limits = self._amounts(self.requests), self._amounts(self.limits)
        named = requests.keys() | limits.keys()
        if size is None:
            return {"requests": requests, "limits": limits}
        return {
            kind: dict(sorted({**{key: size[kind][key] for key in size[kind].keys() - named}, **own}.items()))
            for kind, own in (("requests", requests), ("limits", limits))
        }

    @property
    def complete(self) -> bool:
        """Whether CPU and memory are both named, as request or as limit."""
        parts = (self, self.requests, self.limits)
        return any(part.cpu for part in parts) and any(part.memory for part in parts)

    def _amounts(self, own: Amounts) -> dict[str, str]:
        cpu, memory = own.cpu or self.cpu, own.memory or self.memory
        amounts = {"cpu": cpu} if cpu else {}
        if memory:
            amounts["memory"] = memory
        return amounts
