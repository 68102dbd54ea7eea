"""A piece of news, whatever it comes from."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any, Final

import msgspec

MOST_TITLE: Final = 200
MOST_BODY: Final = 10_000
MOST_TAGS: Final = 20
MOST_TAG: Final = 50
MOST_URLS: Final = 20
MOST_URL: Final = 500


class Importance(StrEnum):
    """What a piece of news is about."""

    INFORMATION = "Information"
    WORKERS = "Workers"
    INTEGRATION = "Integration"
    UPCOMING = "Upcoming"
    CRISIS = "Crisis"


class Newspiece(msgspec.Struct, frozen=True):
    """A piece of news; its body is Markdown. `id` is None where it is a file."""

    published_on: dt.date
    title: str
    body: str
    importance: Importance = Importance.INFORMATION
    tags: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    id: int | None = None

    def shown(self) -> dict[str, Any]:
        """As everybody is told it."""
        return {
            "date_published": self.published_on.isoformat(),
            "newspiece": self.body,
            "importance": str(self.importance),
            "tags": list(self.tags),
            "title": self.title,
            "more_info_urls": list(self.urls),
        }
