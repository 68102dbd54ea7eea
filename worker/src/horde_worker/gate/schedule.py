"""When a machine is free, by the clock on its wall: `22:00-08:00`, `sat,sun 00:00-24:00`."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_A_DAY: Final = 24 * 60
_WINDOW: Final = re.compile(r"(?:([a-z, -]+?)\s+)?(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")


class NoSchedule(ValueError):
    """What was given is no span of time; the message shows one."""


@dataclass(frozen=True, slots=True)
class Window:
    """A span of every day, or of some (0 is Monday), in minutes from midnight. One that ends before it begins ends on
    the next day."""

    begin: int
    end: int
    days: frozenset[int] = frozenset(range(7))

    def holds(self, now: dt.datetime) -> bool:
        """Whether it is that time."""
        minute, day = now.hour * 60 + now.minute, now.weekday()
        if self.begin < self.end:
            return day in self.days and self.begin <= minute < self.end
        return (day in self.days and minute >= self.begin) or ((day - 1) % 7 in self.days and minute < self.end)


def windows_of(text: str) -> tuple[Window, ...]:
    """The spans in a setting, apart by `;`. Raises `NoSchedule`."""
    return tuple(_window(one) for one in text.split(";") if one.strip())


def is_time(windows: Sequence[Window], now: dt.datetime) -> bool:
    """Whether it is within any of them; without any it always is."""
    return not windows or any(one.holds(now) for one in windows)


def _window(text: str) -> Window:
    found = _WINDOW.fullmatch(text.strip().lower())
    if found is None:
        raise NoSchedule(f"{text.strip()!r} is no span of time such as 22:00-08:00 or sat,sun 00:00-24:00")
    days, begin, end = found[1], _minute(text, found[2], found[3]), _minute(text, found[4], found[5])
    if begin == end:
        raise NoSchedule(f"{text.strip()!r} begins when it ends; all day is 00:00-24:00")
    return Window(begin, end, _days(text, days) if days else frozenset(range(7)))


def _minute(text: str, hour: str, minute: str) -> int:
    found = int(hour) * 60 + int(minute)
    if int(minute) > 59 or found > MINUTES_A_DAY:
        raise NoSchedule(f"{hour}:{minute} in {text.strip()!r} is no time of a day")
    return found


def _days(text: str, days: str) -> frozenset[int]:
    found: set[int] = set()
    for part in days.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        try:
            begin, end = DAYS.index(first[:3]), DAYS.index((last or first)[:3])
        except ValueError:
            raise NoSchedule(f"{part!r} in {text.strip()!r} is no day: {', '.join(DAYS)}") from None
        found.update((begin + step) % 7 for step in range((end - begin) % 7 + 1))
    return frozenset(found)
