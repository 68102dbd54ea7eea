"""What administrators send of news and documents (status.md §6)."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from horde_server.content.documents import MOST_DOCUMENT
from horde_server.content.news import (
    MOST_BODY,
    MOST_TAG,
    MOST_TAGS,
    MOST_TITLE,
    MOST_URL,
    MOST_URLS,
    Importance,
    Newspiece,
)
from horde_server.http.wire_types import Items, Line, Text, empty


def _a_date(text: str) -> str:
    if text:
        try:
            dt.date.fromisoformat(text)
        except ValueError:
            raise ValueError("must be a date like 2026-12-01") from None
    return text


def _an_address(text: str) -> str:
    if not text.startswith(("https://", "http://")):
        raise ValueError("must begin with https:// or http://")
    return text


Title = Annotated[str, Line(MOST_TITLE, least=1)]
Body = Annotated[str, Text(MOST_BODY, least=1)]
Kind = Literal["Information", "Workers", "Integration", "Upcoming", "Crisis"]
Tags = Annotated[list[Annotated[str, Line(MOST_TAG, least=1)]], Items(MOST_TAGS)]
Urls = Annotated[list[Annotated[str, Line(MOST_URL), AfterValidator(_an_address)]], Items(MOST_URLS)]
Published = Annotated[str, Text(10), AfterValidator(_a_date)]
_COLUMNS = {
    "title": "title",
    "newspiece": "body",
    "importance": "importance",
    "tags": "tags",
    "more_info_urls": "urls",
    "date_published": "published_on",
}


class _Wire(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class NewNewspiece(_Wire):
    """A piece of news to publish; without a date it is today's."""

    model_config = ConfigDict(
        title="NewNewspiece", json_schema_extra={"example": {"title": "Bees", "newspiece": "Bees are **welcome**."}}
    )
    title: Title
    newspiece: Body
    importance: Kind = "Information"
    tags: Tags = empty(list)
    more_info_urls: Urls = empty(list)
    date_published: Published = ""

    def to_piece(self, today: dt.date) -> Newspiece:
        """As it is kept."""
        return Newspiece(
            dt.date.fromisoformat(self.date_published) if self.date_published else today,
            self.title,
            self.newspiece,
            Importance(self.importance),
            tuple(self.tags),
            tuple(self.more_info_urls),
        )


class NewspieceChange(_Wire):
    """What to change of a piece of news; fields that are left out stay as they are."""

    model_config = ConfigDict(title="NewspieceChange", json_schema_extra={"example": {"importance": "Workers"}})
    title: Title = ""
    newspiece: Body = ""
    importance: Kind = "Information"
    tags: Tags = empty(list)
    more_info_urls: Urls = empty(list)
    date_published: Annotated[str, Text(10, least=10), AfterValidator(_a_date)] = ""

    def columns(self) -> dict[str, Any]:
        """What is changed, by the names of the table."""
        asked = {name: getattr(self, name) for name in _COLUMNS if name in self.model_fields_set}
        return {_COLUMNS[name]: value for name, value in asked.items()}


class NewDocument(_Wire):
    """What a document is to say, as Markdown."""

    model_config = ConfigDict(title="NewDocument", json_schema_extra={"example": {"markdown": "# Terms\n\nBe kind."}})
    markdown: Annotated[str, Text(MOST_DOCUMENT, least=1)]
