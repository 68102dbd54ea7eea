"""What giving kudos answers (kudos.md §7)."""

from __future__ import annotations

from horde_server.http.answers import Answer


class KudosTransferred(Answer):
    """How many kudos were given."""

    transferred: float


class KudosAwarded(Answer):
    """How many kudos were awarded."""

    awarded: float
