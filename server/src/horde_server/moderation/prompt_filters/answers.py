"""What moderators are told of filters (moderation.md §1)."""

from __future__ import annotations

from pydantic import Field

from horde_server.http.answers import Answer


class FilterDetails(Answer):
    """A filter; `user` made it, or changed it last."""

    id: str
    regex: str
    filter_type: int
    description: str = ""
    replacement: str = ""
    user: str


class FilterRegex(Answer):
    """All that is looked for by the filters of a type; without `regex` when there are none."""

    filter_type: int
    regex: str = ""


class FilterPromptSuspicion(Answer):
    """How suspicious a prompt is, what matched first, and the ids of all filters that match."""

    suspicion: str
    matches: list[str] = Field([])
    filters: list[str] = Field([])
