"""What moderators are told of addresses (moderation.md §4.5)."""

from __future__ import annotations

from horde_server.http.answers import Answer


class IPTimeout(Answer):
    """An address or block in time-out, and for how many seconds more."""

    ipaddr: str
    seconds: int
    # with `all`: what the audit trail names it by, and refused prompts in a row; of an account its number
    id: int = 0
    strikes: int = 0
    account: int = 0
