"""Spans of time, as an owner writes them."""

from __future__ import annotations

import datetime as dt

import pytest

from horde_worker.gate.schedule import NoSchedule, is_time, windows_of

MONDAY = dt.date(2026, 11, 30)


def at(day: int, time: str) -> dt.datetime:
    """That time, so many days after a Monday."""
    return dt.datetime.combine(MONDAY + dt.timedelta(days=day), dt.time.fromisoformat(time))


@pytest.mark.parametrize(
    ("schedule", "day", "time", "holds"),
    [
        ("", 0, "12:00", True),
        ("22:00-08:00", 0, "21:59", False),
        ("22:00-08:00", 0, "22:00", True),
        ("22:00-08:00", 3, "07:59", True),
        ("22:00-08:00", 3, "08:00", False),
        ("9:00 - 17:30", 0, "17:29", True),
        ("09:00–17:30", 0, "08:59", False),
        ("sat,sun 00:00-24:00", 5, "00:00", True),
        ("sat,sun 00:00-24:00", 6, "23:59", True),
        ("sat,sun 00:00-24:00", 0, "00:00", False),
        ("mon-fri 22:00-06:00", 4, "23:00", True),  # Friday night
        ("mon-fri 22:00-06:00", 5, "05:59", True),  # and its end on Saturday
        ("mon-fri 22:00-06:00", 5, "23:00", False),
        ("mon-fri 22:00-06:00", 0, "05:00", False),  # that of Sunday
        ("fri-mon 10:00-11:00", 6, "10:30", True),
        ("fri-mon 10:00-11:00", 1, "10:30", False),
        ("Saturday 10:00-11:00", 5, "10:30", True),
        ("22:00-08:00; sat,sun 00:00-24:00", 5, "12:00", True),
    ],
)
def test_a_schedule_says_when_it_is_time(schedule: str, day: int, time: str, holds: bool) -> None:
    """Ends are outside; what ends before it begins ends on the next day."""
    assert is_time(windows_of(schedule), at(day, time)) is holds


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        ("at night", "no span of time"),
        ("25:00-26:00", "no time of a day"),
        ("10:60-11:00", "no time of a day"),
        ("10:00-10:00", "begins when it ends"),
        ("someday 10:00-11:00", "no day"),
        ("mon-xyz 10:00-11:00", "no day"),
        ("10:00", "no span of time"),
        ("10:00-11:00, 12:00-13:00", "no span of time"),
    ],
)
def test_what_is_no_schedule_is_named(schedule: str, told: str) -> None:
    """So that the owner finds it in his file."""
    with pytest.raises(NoSchedule, match=told):
        windows_of(schedule)
