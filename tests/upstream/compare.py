"""Two sets of facts and a list of deliberate differences: what differs unlisted, and what is listed but does not differ.

Each fact that either side has is a row. What one side leaves out has the value that Kubernetes gives it, so that
spelling a default out is no difference. A difference is an entry with globs for workload and fact; every row that it
matches must differ, and ours must be exactly what it says, else the entry is out of date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tests.upstream.extract import Facts

DEFAULTS: Mapping[str, Any] = {
    "replicas": 1,
    "restart": "Always",
    "grace-period": 30,
    "security.privileged": False,
    "init.*.security.privileged": False,
    "service.*.type": "ClusterIP",
    "service.*.protocol": "TCP",
    "port.*.protocol": "TCP",
    "*ness.delay": 0,
    "*ness.period": 10,
    "*ness.timeout": 1,
    "*ness.failures": 3,
    "*ness.successes": 1,
}
"""What holds for a fact that is left out. Source: the Kubernetes API reference (v1 and apps/v1)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One fact of one workload on both sides; None where it is nothing."""

    workload: str
    fact: str
    theirs: Any
    ours: Any

    def __str__(self) -> str:
        return f"{self.workload} {self.fact}: upstream {self.theirs!r}, ours {self.ours!r}"


@dataclass(frozen=True, slots=True)
class Difference:
    """A deliberate difference: which facts of which workloads, what ours are, and why."""

    workloads: tuple[str, ...]
    fact: str
    ours: Any
    reason: str

    @classmethod
    def read(cls, entry: dict[str, Any]) -> Difference:
        """From `{workload, fact, ours, reason}`; `workload` may be a list, all four are required."""
        workload, fact, ours, reason = (entry.pop(key) for key in ("workload", "fact", "ours", "reason"))
        if entry or not reason:
            raise ValueError(f"a difference has workload, fact, ours and a reason, not {sorted(entry)}")
        return cls((workload,) if isinstance(workload, str) else tuple(workload), fact, ours, reason)

    def matches(self, row: Row) -> bool:
        """Whether the row is one that this entry speaks of."""
        return fnmatchcase(row.fact, self.fact) and any(fnmatchcase(row.workload, name) for name in self.workloads)

    def explains(self, row: Row) -> bool:
        """Whether ours is what this entry says; `{workload}` in a text stands for the workload's name."""
        ours = self.ours.replace("{workload}", row.workload) if isinstance(self.ours, str) else self.ours
        return row.theirs != row.ours and bool(row.ours == ours)


def rows(theirs: Facts, ours: Facts, *, additions: bool) -> list[Row]:
    """A row for each fact of theirs, and with `additions` for each that only ours has."""
    found: list[Row] = []
    for workload in [*theirs, *(name for name in ours if additions and name not in theirs)]:
        their_facts, our_facts = theirs.get(workload, {}), ours.get(workload, {})
        for fact in [*their_facts, *(name for name in our_facts if additions and name not in their_facts)]:
            default = _default(fact)
            found.append(Row(workload, fact, their_facts.get(fact, default), our_facts.get(fact, default)))
    return found


def faults(compared: list[Row], differences: list[Difference]) -> Iterator[str]:
    """What is wrong, a line each: rows that differ unlisted, or are listed twice, and entries that are out of date."""
    for row in compared:
        entries = [entry for entry in differences if entry.matches(row)]
        if row.theirs != row.ours and not entries:
            yield f"not listed: {row}"
        if len(entries) > 1:
            yield f"listed twice: {row}"
        for entry in entries:
            if not entry.explains(row):
                yield f"out of date: {entry} does not explain {row}"
    for entry in differences:
        if not any(entry.matches(row) for row in compared):
            yield f"out of date: {entry} matches nothing"


def _default(fact: str) -> Any:
    return next((value for pattern, value in DEFAULTS.items() if fnmatchcase(fact, pattern)), None)
