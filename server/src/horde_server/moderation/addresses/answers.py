"""What moderators are told of addresses (moderation.md §4.5)."""

from __future__ import annotations

from horde_server.http.answers import Answer


class IPTimeout(Answer):
    """An address or block in time-out, and for how many seconds more."""

    ipaddr: str
    seconds: int
