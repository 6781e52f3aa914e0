"""Render mode: each object is a file in a folder (`Backend`).

A file is written beside its place and renamed, so that a reader, or a crash, never meets half of one.
"""

from __future__ import annotations

import os
from pathlib import Path

import yaml

from platform_compiler.provider.backend import BackendError, Report
from platform_compiler.provider.objects import Object, file_name
from platform_compiler.provider.wire import reveal

PLAINTEXT = "contains a secret value in plaintext"


class RenderBackend:
    """Writes objects below `folder`, which is relative to the provider's working folder and shown as given."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def create(self, obj: Object, report: Report) -> Object:
        """Write the object's file."""
        file = self._file(obj)
        text = yaml.dump(reveal(obj), Dumper=yaml.CSafeDumper, sort_keys=True, default_flow_style=False)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(file)
        except OSError as error:
            raise BackendError(f"cannot write {file}: {error.strerror}") from None
        if obj.get("kind") == "Secret":
            report(f"rendered file {file} {PLAINTEXT}", warning=True)
        report(f"rendered {file}")
        return obj

    def update(self, old: Object, obj: Object, report: Report) -> Object:
        """Write the new file, and remove the old one where the name differs."""
        result = self.create(obj, report)
        if self._file(old) != self._file(obj):
            self.delete(old, report)
        return result

    def delete(self, obj: Object, report: Report) -> None:
        """Remove the object's file."""
        file = self._file(obj)
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise BackendError(f"cannot delete {file}: {error.strerror}") from None
        report(f"deleted {file}")

    def read(self, obj: Object) -> Object | None:
        """The stored object as long as its file is there: what a file says is what was written."""
        return obj if self._file(obj).is_file() else None

    def _file(self, obj: Object) -> Path:
        return self.folder / file_name(obj)
