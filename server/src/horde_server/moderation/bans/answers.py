"""What moderators are told of bans (moderation.md §8)."""

from __future__ import annotations

from horde_server.http.answers import Answer


class BanDetails(Answer):
    """A ban of an account, a worker's name or a network. Without `ends` it is for good; `by` is an account's number."""

    id: int
    account: int = 0
    worker_name: str = ""
    ipaddr: str = ""
    reason: str = ""
    by: int = 0
    created: str
    ends: str = ""
    lifted: str = ""
    is_in_force: bool
