"""The impact of a change: what every component compiles to here, held against another git revision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from platform_compiler.diagnostics import CompileError, Diagnostic, did_you_mean, one_of
from platform_compiler.fleet.compare import STATUSES, ComponentChange, Status, compare
from platform_compiler.fleet.revision import revision_snapshot
from platform_compiler.fleet.snapshot import EnvironmentData, take_snapshot
from platform_compiler.loading import load_platform


@dataclass(frozen=True, slots=True)
class Impact:
    """`base` is the commit that is compared with; every component of either side by environment.

    `base_faults` are what does not compile in the base, by environment: what they hide counts as created.
    """

    base: str
    environments: Mapping[str, Sequence[ComponentChange]]
    base_faults: Mapping[str, Sequence[str]]

    @property
    def is_broken(self) -> bool:
        """Whether anything does not compile here."""
        return any(change.status == "broken" for changes in self.environments.values() for change in changes)


def measure_impact(root: Path, base: str, environments: Sequence[str] = ()) -> Impact:
    """Compare the platform at `root` with its revision `base`, in `environments` or all; raises `CompileError`."""
    commit, before = revision_snapshot(root, base)
    platform = load_platform(root)
    known = sorted({*platform.environments, *before})
    for name in environments:
        if name not in known:
            hint = did_you_mean(name, known)
            raise CompileError([Diagnostic("PC501", f"there is no environment {name!r}", None, one_of(known), hint)])
    names = sorted(set(environments)) or known
    after = take_snapshot(platform, [name for name in names if name in platform.environments])
    pairs = {name: (before.get(name, _nothing()), after.get(name, _nothing())) for name in names}
    faults = {name: [item for items in old["faults"].values() for item in items] for name, (old, _) in pairs.items()}
    return Impact(commit, {name: compare(old, new) for name, (old, new) in pairs.items()}, faults)


def _nothing() -> EnvironmentData:
    """An environment that is not there."""
    return {"objects": {}, "components": {}, "faults": {}}


def count_by_status(changes: Sequence[ComponentChange]) -> dict[Status, int]:
    """How many components have each status, the gravest first; only those that occur."""
    found = [change.status for change in changes]
    return {status: found.count(status) for status in STATUSES if status in found}
