"""What a killed engine or a full disk leaves of the files of state, put right before the next run that changes them.

Pulumi rewrites a stack's whole file at each step, and its own backup with it; tried on a full disk, both end in the
middle. So there is a copy of our own beside them, from before the last run. The newest of the two that is whole may be
older than what was lost, which is enough: objects that a lost step made carry their URN, so the next run adopts them,
and what a lost step deleted is found to be gone. Commands that only look leave everything where it is.

A kill, too, may cut a file short: the one with attributes that stands beside each (`.attrs`), without which the file is
read as well.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

SUFFIX: Final = ".last-good"
BACKUP: Final = ".json.bak"
BROKEN: Final = ".broken"


@dataclass(frozen=True, slots=True)
class Mended:
    """A file of state that was put back: from which copy, and where the broken one is kept."""

    copy: Path
    kept: Path


def keep_good(file: Path) -> None:
    """Copy a stack's file of state, in one step, before a run that changes it."""
    copy = file.with_suffix(SUFFIX)
    staged = copy.with_suffix(".staged")
    try:
        shutil.copyfile(file, staged)
        staged.replace(copy)
    except OSError:
        staged.unlink(missing_ok=True)
        raise


def drop_cut_attributes(folder: Path) -> None:
    """Remove files with attributes that end in the middle: the engine stops at one, and goes on without any."""
    for attributes in folder.glob("*.attrs"):
        if read_json(attributes) is None:
            attributes.unlink()


def mend(file: Path) -> Mended | None:
    """Put the newest whole copy in the place of a file of state that cannot be read.

    None where nothing is to be done: for a whole file, or without a copy. What could not be read is kept beside it.
    """
    copy = None if is_whole(file) else whole_copy(file)
    if copy is None:
        return None
    kept = next(place for place in _places(file) if not place.exists())
    file.replace(kept)
    shutil.copyfile(copy, file)
    return Mended(copy, kept)


def _places(file: Path) -> Iterator[Path]:
    yield file.with_suffix(BROKEN)
    number = 1
    while True:
        number += 1
        yield file.with_suffix(f"{BROKEN}-{number}")


def copies(file: Path) -> tuple[Path, Path]:
    """Where copies of a stack's file of state stand: ours, and Pulumi's own."""
    return file.with_suffix(SUFFIX), file.with_suffix(BACKUP)


def whole_copy(file: Path) -> Path | None:
    """The newest copy that can be read."""
    whole = [copy for copy in copies(file) if copy.is_file() and is_whole(copy)]
    return max(whole, key=lambda copy: copy.stat().st_mtime_ns, default=None)


def cure(file: Path, stack: str) -> str:
    """What to do about a file of state that cannot be read."""
    copy = whole_copy(file)
    if copy is not None:
        return f"`platc refresh --env {stack}` goes on from the newest whole copy, {copy}"
    names = " nor ".join(str(copy) for copy in copies(file))
    return (
        f"neither {names} is a whole copy: put one from a backup of yours in its place; "
        f"or move it away, and `platc up --env {stack}` starts the stack anew"
    )


def is_whole(file: Path) -> bool:
    """Whether the file holds a stack's whole state."""
    return is_state(read_json(file))


def is_state(data: Any) -> bool:
    """Whether a document is a stack's state: a checkpoint whose resources can be told apart."""
    checkpoint = data.get("checkpoint") if isinstance(data, dict) else None
    latest = (checkpoint.get("latest") or {}) if isinstance(checkpoint, dict) else None
    resources = (latest.get("resources") or []) if isinstance(latest, dict) else None
    return isinstance(resources, list) and all(_is_resource(item) for item in resources)


def _is_resource(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("urn"), str) and isinstance(item.get("type"), str)


def read_json(file: Path) -> Any:
    """The document in a file, None when it is not whole."""
    try:
        return json.loads(file.read_bytes())
    except (ValueError, RecursionError):
        return None
