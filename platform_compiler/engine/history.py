"""A stack's history: what each run of the engine was, who ran it, from which commit, and what it changed.

Pulumi records kind, times, result, numbers, the commit and whether the checkout was dirty. It does not record who ran
it (its author is the commit's), nor that an update was a rollback: `RunNote` adds both to the message, as trailers
below the title, where plain `pulumi stack history` shows them too.
"""

from __future__ import annotations

import getpass
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from platform_compiler.emit.recorded import Recorded, live_resources

RUN_BY: Final = "Run-by: "
ROLLED_BACK_TO: Final = "Rolled-back-to: "


@dataclass(frozen=True, slots=True)
class RunNote:
    """What the message of a run says."""

    title: str
    by: str
    rolled_back_to: int | None = None

    @property
    def text(self) -> str:
        """The message: a title, an empty line, trailers."""
        lines = [self.title, "", f"{RUN_BY}{self.by}"]
        if self.rolled_back_to is not None:
            lines.append(f"{ROLLED_BACK_TO}{self.rolled_back_to}")
        return "\n".join(lines)


def note_of(message: str) -> RunNote:
    """Read a message again; `by` is empty where nobody is named, as in runs of plain `pulumi`."""
    lines = message.splitlines() or [""]
    by = next((line.removeprefix(RUN_BY) for line in lines if line.startswith(RUN_BY)), "")
    number = next((line.removeprefix(ROLLED_BACK_TO) for line in lines if line.startswith(ROLLED_BACK_TO)), "")
    return RunNote(lines[0], by, int(number) if number.isdigit() else None)


@dataclass(frozen=True, slots=True)
class Revision:
    """One run, numbered from 1 in the order of time; `kind` is up, refresh, destroy, rollback or Pulumi's own word."""

    number: int
    kind: str
    result: str
    started: datetime
    note: RunNote
    commit: str
    dirty: bool
    changes: Mapping[str, int]

    def record(self) -> dict[str, Any]:
        """The revision as JSON data."""
        return {
            "number": self.number,
            "kind": self.kind,
            "result": self.result,
            "started": self.started.isoformat(),
            "by": self.note.by or None,
            "message": self.note.title,
            "rolledBackTo": self.note.rolled_back_to,
            "commit": self.commit or None,
            "dirty": self.dirty,
            "changes": dict(self.changes),
        }


def revisions(summaries: Sequence[Any]) -> list[Revision]:
    """The SDK's update summaries, newest first, as revisions, oldest first. A folder of state numbers none itself."""
    return [_revision(summary.version or number, summary) for number, summary in enumerate(reversed(summaries), 1)]


def _revision(number: int, summary: Any) -> Revision:
    note = note_of(summary.message)
    kind = "rollback" if note.rolled_back_to is not None else summary.kind
    return Revision(
        number=number,
        kind="up" if kind == "update" else kind,
        result=summary.result,
        started=summary.start_time.replace(tzinfo=UTC),
        note=note,
        commit=summary.environment.get("git.head", ""),
        dirty=summary.environment.get("git.dirty") == "true",
        changes={name: count for name, count in (summary.resource_changes or {}).items() if name != "same"},
    )


def checkpoint_file(state: Path, project: str, stack: str, index: int) -> Path | None:
    """The checkpoint that run number `index` of a folder of state left; names hold the time, so that they sort.

    Runs are counted by their own files: one that has lost its checkpoint is still a run.
    """
    folder = state / ".pulumi" / "history" / project / stack
    files = (file for file in folder.glob(f"{stack}-*.history.json*") if file.suffix != ".attrs")
    runs = sorted(file.name.partition(".history.json")[0] for file in files)
    if not 0 < index <= len(runs):
        return None
    places = (folder / f"{runs[index - 1]}.checkpoint.json{suffix}" for suffix in ("", ".gz"))
    return next((place for place in places if place.is_file()), None)


def changed_components(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The components, or `namespace`, whose objects differ between two deployments."""
    old, new = _objects(before), _objects(after)
    changed = [urn for urn in old.keys() | new.keys() if _content(old.get(urn)) != _content(new.get(urn))]
    return sorted({(new.get(urn) or old[urn]).owner for urn in changed})


def _objects(deployment: Mapping[str, Any]) -> dict[str, Recorded]:
    return {resource.urn: resource for resource in live_resources(deployment) if resource.is_object}


def _content(resource: Recorded | None) -> Any:
    return None if resource is None else (resource.data.get("id"), resource.inputs)


def run_note(root: Path, *, default: str, rolled_back_to: int | None = None) -> RunNote:
    """The note of a run that starts now: the commit's title or `default`, and git's user or that of the system."""
    title = "" if rolled_back_to is not None else _git(root, "log", "-1", "--format=%s")
    name, mail = _git(root, "config", "user.name"), _git(root, "config", "user.email")
    by = f"{name} <{mail}>" if name and mail else name or _system_user()
    return RunNote(title or default, by, rolled_back_to)


def _system_user() -> str:
    """The user's name; in a container that knows no name for the user, the number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _git(root: Path, *arguments: str) -> str:
    try:
        result = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return result.stdout.strip()
