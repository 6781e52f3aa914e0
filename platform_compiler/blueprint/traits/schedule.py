"""When something runs again: cron's five fields, and the time zone they are read in.

Both follow what the API server accepts (Kubernetes: `validateScheduleFormat`, which is `cron.ParseStandard` of
github.com/robfig/cron, and `validateTimeZone`): there Sunday is 0 and never 7.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, NamedTuple

from pydantic import AfterValidator

from platform_compiler.blueprint.fields import Matching
from platform_compiler.diagnostics import did_you_mean
from platform_compiler.spec.validation import InputError


class _Field(NamedTuple):
    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()

    def number(self, text: str) -> int | None:
        if text.isdecimal():
            return int(text)
        return self.words.index(text.lower()) + self.low if text.lower() in self.words else None

    def allows(self, part: str) -> bool:
        """Whether `*`, a number, a range or any of them with a step is one of this field."""
        match = re.fullmatch(r"(?:([*?])|(\w+)(?:-(\w+))?)(?:/([0-9]{1,9}))?", part, re.ASCII)
        if match is None or (match[4] is not None and int(match[4]) == 0):
            return False
        if match[1]:
            return True
        first, last = self.number(match[2]), self.number(match[3] or match[2])
        return first is not None and last is not None and self.low <= first <= last <= self.high


FIELDS: Final = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")),
    _Field("day of the week", 0, 6, ("sun", "mon", "tue", "wed", "thu", "fri", "sat")),
)


def _in_bounds(value: str) -> str:
    for word, field in zip(value.split(), FIELDS, strict=False):
        for part in word.split(","):
            if not value.startswith("@") and not field.allows(part):
                expected = f"{field.low} to {field.high}, a range such as {field.low}-{field.high}, `*` or steps as */2"
                raise InputError(f"{part!r} is no {field.name}", expected=expected)
    return value


CronSchedule = Annotated[
    str,
    Matching(
        r"@(yearly|annually|monthly|weekly|daily|midnight|hourly)|(\S+\s+){4}\S+",
        "five cron fields such as 0 3 * * *, or @daily",
    ),
    AfterValidator(_in_bounds),
]


def _known_zone(value: str) -> str:
    from zoneinfo import available_timezones  # noqa: PLC0415 - only for specs that name a zone

    if value.lower() != "local" and (_exists(value) or not _exists("UTC")):  # without a database all may be right
        return value
    known = available_timezones()  # slow: it reads every file
    cities = [name for name in sorted(known) if name.rpartition("/")[2].lower() == value.lower()]
    hint = f"write {cities[0]}" if cities else did_you_mean(value, known)
    raise InputError(f"there is no time zone {value!r}", expected="a name such as Europe/Berlin or UTC", hint=hint)


def _exists(name: str) -> bool:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - as above

    try:
        return bool(ZoneInfo(name).key)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # the last two for a path, and for a folder of zones
        return False


TimeZone = Annotated[str, AfterValidator(_known_zone)]
"""A name of the tz database."""
