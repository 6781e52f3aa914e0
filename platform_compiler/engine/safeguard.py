"""What a killed engine or a full disk leaves of the files of state, put right before the next run.

Pulumi rewrites a stack's whole file at each step, and its own backup with it; tried on a full disk, both end in the
middle. The copy is older than what was lost, which is enough: objects that a lost step made carry their URN, so the
next run adopts them, and what a lost step deleted is found to be gone.

A kill, too, may cut a file short: the one with attributes that stands beside each (`.attrs`), without which the file is
read as well.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Final

SUFFIX: Final = ".last-good"
BROKEN: Final = ".broken"


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


def mend(file: Path) -> bool:
    """Put the copy in the place of a file of state that cannot be read; tells whether that was needed.

    Without a copy the stack starts anew. What could not be read is kept beside it, as `<stack>.broken`.
    """
    for attributes in file.parent.glob("*.attrs"):
        if not is_whole(attributes):
            attributes.unlink()
    if is_whole(file):
        return False
    copy = file.with_suffix(SUFFIX)
    file.replace(file.with_suffix(BROKEN))
    if copy.is_file():
        shutil.copyfile(copy, file)
    return True


def is_whole(file: Path) -> bool:
    """Whether the file holds a whole JSON document: the engine ends each with a closing brace."""
    text = file.read_bytes().rstrip()
    if not text.endswith(b"}"):
        return False
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
