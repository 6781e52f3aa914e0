"""Render mode: each object is a file in a folder (`Backend`).

A file is written beside its place and renamed, so that neither a reader nor a crash ever meets half of one. Keys are
sorted, for the engine sends them in any order, and the text is that of `platc compile`: same object, same bytes. A
file that holds a secret is readable by its owner only.

The resource that wrote a file last owns it for as long as this process lives. When a resource gets another logical
name, the engine creates it under the new one before it deletes the old one, and both mean the same file.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

from platform_compiler.emit.yaml_text import to_yaml
from platform_compiler.provider.backend import BackendError, Operation, Report
from platform_compiler.provider.objects import Object, file_name

WILL_SHOW = "rendered YAML will contain a secret value in plaintext"
SHOWS = "rendered file {} contains a secret value in plaintext"
PRIVATE_MODE = 0o600
PUBLIC_MODE = 0o666
"""What the process's umask takes from, as for any new file."""


class RenderBackend:
    """Writes objects below `folder`, which is relative to the provider's working folder and shown as given."""

    previews = False

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self._owners: dict[Path, str] = {}

    def check(self, obj: Object, report: Report, *, has_secrets: bool) -> None:
        """Warn of secrets: a file shows them to whoever can read it."""
        del obj
        if has_secrets:
            report(WILL_SHOW, warning=True)

    def create(self, obj: Object, operation: Operation) -> Object:
        """Write the object's file."""
        file = self._file(obj)
        if operation.has_secrets:
            operation.report(SHOWS.format(file), warning=True)
        self._owners[file] = operation.urn
        try:
            _write(file, render(obj), mode=PRIVATE_MODE if operation.has_secrets else PUBLIC_MODE)
        except OSError as error:
            raise BackendError(f"cannot write {file}: {error.strerror}") from None
        operation.report(f"rendered {file}")
        return obj

    def update(self, live: Object, obj: Object, operation: Operation) -> Object:
        """Write the new file, and remove the old one where the name differs."""
        result = self.create(obj, operation)
        if live and self._file(live) != self._file(obj):
            self.delete(live, operation)
        return result

    def delete(self, live: Object, operation: Operation) -> None:
        """Remove the object's file, unless another resource has written it since."""
        file = self._file(live)
        if self._owners.get(file, operation.urn) != operation.urn:
            operation.report(f"kept {file}, which another resource has written")
            return
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise BackendError(f"cannot delete {file}: {error.strerror}") from None
        operation.report(f"deleted {file}")

    def read(self, obj: Object, operation: Operation) -> Object | None:
        """What the object's file holds."""
        del operation
        file = self._file(obj)
        try:
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise BackendError(f"cannot read {file}: {error}") from None
        return obj if text == render(obj) else _parse(file, text)

    def _file(self, obj: Object) -> Path:
        return self.folder / file_name(obj)


def render(obj: Object) -> str:
    """The object as one YAML document with sorted keys."""
    return to_yaml(_sorted(obj))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _write(file: Path, text: str, *, mode: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        with open(temporary, "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, mode)) as handle:
            handle.write(text)
        temporary.replace(file)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _parse(file: Path, text: str) -> Object:
    import yaml  # noqa: PLC0415 - only a file that somebody has changed needs it, and it costs 20 ms of every start

    try:
        value = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise BackendError(f"cannot read {file}: {error}") from None
    if not isinstance(value, dict) or not value.get("kind") or not isinstance(value.get("metadata"), dict):
        raise BackendError(f"cannot read {file}: it holds no Kubernetes object; remove it to have it rendered again")
    return value
