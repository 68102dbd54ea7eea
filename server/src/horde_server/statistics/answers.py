"""What is told of the work that was done (statistics.md §1, §2)."""

from __future__ import annotations

from horde_server.http.answers import Answer


class SinglePeriodImgStat(Answer):
    """Images of a time, and their pixelsteps."""

    images: int
    ps: int


class StatsImgTotals(Answer):
    """Images of the past minute, hour, day, 30 days, and ever."""

    minute: SinglePeriodImgStat
    hour: SinglePeriodImgStat
    day: SinglePeriodImgStat
    month: SinglePeriodImgStat
    total: SinglePeriodImgStat


class SinglePeriodTxtStat(Answer):
    """Texts of a time, and their tokens."""

    requests: int
    tokens: int


class StatsTxtTotals(Answer):
    """Texts of the past minute, hour, day, 30 days, and ever."""

    minute: SinglePeriodTxtStat
    hour: SinglePeriodTxtStat
    day: SinglePeriodTxtStat
    month: SinglePeriodTxtStat
    total: SinglePeriodTxtStat


class ImgModelStats(Answer):
    """Images by model: of the past day, 30 days, and ever."""

    day: dict[str, int]
    month: dict[str, int]
    total: dict[str, int]


class TxtModelStats(Answer):
    """Texts by model: of the past day, 30 days, and ever."""

    day: dict[str, int]
    month: dict[str, int]
    total: dict[str, int]
