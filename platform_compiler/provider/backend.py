"""Where objects go. A backend applies one object at a time; the servicer speaks Pulumi's protocol around it."""

from __future__ import annotations

from typing import Protocol

from platform_compiler.provider.objects import Object


class BackendError(Exception):
    """The target refused an object or could not be reached."""


class Backend(Protocol):
    """A target: `report` takes lines that are shown beside the resource while it is worked on."""

    def create(self, obj: Object, report: Report) -> Object:
        """Make the object; returns it as it is there now."""

    def update(self, old: Object, obj: Object, report: Report) -> Object:
        """Bring the object to `obj`; returns it as it is there now."""

    def delete(self, obj: Object, report: Report) -> None:
        """Remove the object; one that is gone already is fine."""

    def read(self, obj: Object) -> Object | None:
        """The object as it is there now, None when it is gone."""


class Report(Protocol):
    """Shows a line beside the resource; a warning stays in the list of diagnostics."""

    def __call__(self, message: str, *, warning: bool = False) -> None:
        """Show `message`."""
