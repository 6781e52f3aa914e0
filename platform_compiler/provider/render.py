"""Render mode: each object is a file in a folder (`Backend`).

A file is written beside its place and renamed, so that neither a reader nor a crash ever meets half of one. Keys are
sorted, for the engine sends them in any order, and the text is that of `platc compile`: same object, same bytes. A
file that holds a secret is readable by its owner only.

The resource that wrote a file last owns it for as long as this process lives. When a resource gets another logical
name, the engine creates it under the new one before it deletes the old one, and both mean the same file.

Whose file it is follows from what state knows the object by, never from what somebody has written into it: a name that
was changed by hand would else lead to the file of another resource.
"""

from __future__ import annotations

import json
import os
import threading
from functools import cache
from pathlib import Path
from typing import Any, Final

from platform_compiler.emit.yaml_text import to_yaml
from platform_compiler.provider.backend import BackendError, Operation, Report
from platform_compiler.provider.objects import (
    DEFAULT_NAMESPACE,
    Object,
    file_name,
    metadata,
    name_of,
    namespace_of,
    object_id,
)

WILL_SHOW = "rendered YAML will contain a secret value in plaintext"
SHOWS = "rendered file {} contains a secret value in plaintext"
PRIVATE_MODE = 0o600
PUBLIC_MODE = 0o666
"""What the process's umask takes from, as for any new file."""
CURE: Final = "or remove the file, then run `platc refresh` and `platc up`"
"""Neither alone is enough: without a refresh, state has the file still; without an up, nothing is written."""
_YAML: Final = "tag:yaml.org,2002:"


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
        if live and self._file(_recorded(live, operation.id)) != self._file(obj):
            self.delete(live, operation)
        return result

    def delete(self, live: Object, operation: Operation) -> None:
        """Remove the object's file, unless another resource has written it since."""
        file = self._file(_recorded(live, operation.id))
        if self._owners.get(file, operation.urn) != operation.urn:
            operation.report(f"kept {file}, which another resource has written")
            return
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise BackendError(f"cannot delete {file}: {error.strerror}") from None
        operation.report(f"deleted {file}")

    def read(self, obj: Object, operation: Operation) -> Object | None:
        """What the object's file holds; refused where that is another object."""
        known = _recorded(obj, operation.id)
        file = self._file(known)
        try:
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise _unreadable(file, str(error)) from None
        return known if text == render(known) else _own(file, _parse(file, text), known)

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


def _recorded(obj: Object, identifier: str) -> Object:
    """`obj` with the name and namespace of its id, should a state of former times hold others."""
    if not identifier or object_id(obj) == identifier:
        return obj
    namespace, _, name = identifier.rpartition("/")
    others = {key: value for key, value in metadata(obj).items() if key != "namespace"}
    return {**obj, "metadata": {**others, "name": name, **({"namespace": namespace} if namespace else {})}}


def _own(file: Path, found: Object, known: Object) -> Object:
    """What a file holds, if it is the object `known`; a field that would make it another one is told."""
    place, expected = _place(found), _place(known)
    for field, text in place.items():
        if text != expected[field]:
            reason = f"its {field} is {text!r}, expected {expected[field]!r}, which is what platc wrote there"
            raise _unreadable(file, reason, "put that back")
    return found


def _place(obj: Object) -> dict[str, str]:
    """What makes an object the one it is."""
    return {
        "apiVersion": str(obj.get("apiVersion") or ""),
        "kind": str(obj.get("kind") or ""),
        "metadata.namespace": namespace_of(obj) or DEFAULT_NAMESPACE,
        "metadata.name": name_of(obj),
    }


def _unreadable(file: Path, reason: str, fix: str = "mend it") -> BackendError:
    return BackendError(f"cannot read {file}: {reason}; {fix}, {CURE}")


def _parse(file: Path, text: str) -> Object:
    """A file's document as JSON has it: keys are text, and there are no other values than JSON's."""
    import yaml  # noqa: PLC0415 - only a file that somebody has changed needs it, and it costs 20 ms of every start

    try:
        value = yaml.load(text, _loader())  # noqa: S506 - a safe loader, cut down
        value = json.loads(json.dumps(value, allow_nan=False))
    except (yaml.YAMLError, ValueError, LookupError, RecursionError) as error:
        raise _unreadable(file, f"{error}") from None
    if not isinstance(value, dict) or not value.get("kind") or not isinstance(value.get("metadata"), dict):
        raise _unreadable(file, "it holds no Kubernetes object")
    return value


@cache
def _loader() -> Any:
    """Reads JSON's kinds of values, refuses all others, such as binary data, and takes dates as the text they are."""
    import yaml  # noqa: PLC0415 - see _parse

    known = yaml.CSafeLoader.yaml_constructors
    plain: dict[str | None, Any] = {None: known[None], f"{_YAML}timestamp": known[f"{_YAML}str"]}
    for kind in ("null", "bool", "int", "float", "str", "seq", "map"):
        plain[f"{_YAML}{kind}"] = known[f"{_YAML}{kind}"]
    return type("Loader", (yaml.CSafeLoader,), {"yaml_constructors": plain})
