"""What moderators are told of registrations (registration.md §3.3)."""

from __future__ import annotations

from pydantic import Field

from horde_server.http.answers import Answer


class WaitingRegistration(Answer):
    """An account that waits for a moderator."""

    id: int
    username: str
    alias: str
    created_at: str
    way: str = Field(description="`pseudonymous`, or the provider who vouches for it.")
