"""What moderators are told of suspicions (moderation.md §3.5)."""

from __future__ import annotations

from horde_server.http.answers import Answer


class Suspected(Answer):
    """An account or a worker that is suspected: why, by the names of the reasons and how often each was noted."""

    id: str
    name: str
    owner: str = ""
    count: int
    reasons: dict[str, int]
    trusted: bool
    # of workers
    paused: bool = False
    paused_reason: str = ""
