"""Where objects go. A backend works on one object at a time; the servicer speaks Pulumi's protocol around it.

Objects come without marks of secrets and without unknown values. What a backend returns is the object as it is there
now, which becomes the resource's outputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event
from typing import Protocol

from platform_compiler.provider.objects import Object


class BackendError(Exception):
    """The target refused an object or could not be reached; the text is shown to the user."""


class NotReadyError(BackendError):
    """The object `live` is there, but not what was asked for. It stays in state as not initialised."""

    def __init__(self, live: Object, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.live = live


class Report(Protocol):
    """Shows a line beside the resource; a warning stays in the list of diagnostics."""

    def __call__(self, message: str, *, warning: bool = False) -> None:
        """Show `message`."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What surrounds one call: whose it is, whether it is a preview, how long it may take, and how to tell of it.

    `timeout` is in seconds, 0 for the backend's own. `cancelled` is set when the user wants the run to end.
    """

    urn: str
    report: Report
    cancelled: Event
    id: str = ""
    """What state knows the object by, `namespace/name`; empty for one that is not there yet."""
    field_manager: str = ""
    timeout: float = 0
    preview: bool = False
    has_secrets: bool = False
    ignore_changes: tuple[str, ...] = ()
    """Property paths whose value in the target is left as it is."""


class Backend(Protocol):
    """A target of objects. All calls may come from several threads at once, for different objects."""

    previews: bool
    """Whether `create` and `update` can be tried without effect; else a preview shows the inputs as they are."""

    def check(self, obj: Object, report: Report, *, has_secrets: bool) -> None:
        """Warn of what the target would make of inputs; they may hold unknown values."""

    def create(self, obj: Object, operation: Operation) -> Object:
        """Make the object."""

    def update(self, live: Object, obj: Object, operation: Operation) -> Object:
        """Bring the object, last seen as `live`, to `obj`."""

    def delete(self, live: Object, operation: Operation) -> None:
        """Remove the object, last seen as `live`; one that is gone already is fine."""

    def read(self, obj: Object, operation: Operation) -> Object | None:
        """The object that has the identity of `obj`, None when it is gone."""
