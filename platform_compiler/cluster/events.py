"""The events of objects: repeated ones told once, the newest last.

Source: Kubernetes API reference, `core/v1.Event`; those that components write through `events.k8s.io` are served there
as well, with `eventTime` and `series` in the place of `lastTimestamp` and `count`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from platform_compiler.cluster.objects import Object, Reader, namespace_of

LIMIT: Final = 5
WIDTH: Final = 200
"""Characters of a message that a line shows; a denial that lists every fault of a pod can be long."""
COMBINED: Final = "(combined from similar events): "
"""What a client puts before a message once it has sent many that differ little."""
GENERATED: Final = re.compile(r"-[bcdfghjklmnpqrstvwxz2456789]{5}\b")
"""The suffix that the API server gives to pods: it makes the same denial a new message every time."""


@dataclass(frozen=True, slots=True)
class Event:
    """What a component of the cluster said of an object; `time` is when it was said last, `times` how often."""

    time: datetime
    warning: bool
    subject: str
    reason: str
    message: str
    times: int = 1

    def line(self, now: datetime) -> str:
        """One line, with the age as of `now`."""
        again = f" ({self.times} times)" if self.times > 1 else ""
        return f"{age(self.time, now)} ago  {self.subject}: {self.reason}: {shorten(self.message, WIDTH)}{again}"


def events_of(obj: Object, reader: Reader) -> list[Event]:
    """All events of one object, the newest last."""
    found = reader.list("v1", "Event", namespace_of(obj), fields=f"involvedObject.uid={obj['metadata']['uid']}")
    return sorted(map(_event, found), key=_order)


def last_events(objects: Iterable[Object], reader: Reader, *, limit: int = LIMIT) -> tuple[Event, ...]:
    """The last few events of several objects, the newest last; normal ones only where warnings leave room."""
    merged: dict[tuple[str, str, str], Event] = {}
    for event in sorted((event for obj in objects for event in events_of(obj, reader)), key=_order):
        key = (event.subject, event.reason, GENERATED.sub("", event.message))
        before = merged.get(key)
        merged[key] = replace(event, times=event.times + before.times) if before else event
    newest_first = sorted(merged.values(), key=_order, reverse=True)
    kept = sorted(newest_first, key=lambda event: not event.warning)[:limit]
    return tuple(sorted(kept, key=_order))


def _order(event: Event) -> tuple[datetime, str, str, str]:
    return event.time, event.subject, event.reason, event.message


def _event(obj: Object) -> Event:
    series, about = obj.get("series") or {}, obj["involvedObject"]
    stamps = (series.get("lastObservedTime"), obj.get("lastTimestamp"), obj.get("eventTime"), obj.get("firstTimestamp"))
    stamp = next(filter(None, stamps), None) or obj["metadata"]["creationTimestamp"]
    return Event(
        time=datetime.fromisoformat(stamp),
        warning=obj.get("type") == "Warning",
        subject=f"{about.get('kind', '')} {about.get('name', '')}",
        reason=obj.get("reason") or "",
        message=(obj.get("message") or "").removeprefix(COMBINED).strip(),
        times=series.get("count") or obj.get("count") or 1,
    )


def age(then: datetime, now: datetime) -> str:
    """`35s`, `4m`, `3h`, `2d`; a time to come is `0s`, for clocks differ."""
    seconds = max(0, int((now - then).total_seconds()))
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def shorten(text: str, width: int) -> str:
    """Text on one line of at most `width` characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"
