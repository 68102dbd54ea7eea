"""What is told of an account's own keys (keys.md §1.3)."""

from __future__ import annotations

from pydantic import Field

from horde_server.http.answers import Answer


class KeyDetails(Answer):
    """A key; fields with a default are left out where there is nothing to tell. Times are ISO 8601."""

    id: int
    name: str
    scopes: list[str]
    created: str
    spent: float = Field(description="Kudos that were charged to it so far.")
    spent_today: float
    this_one: bool = Field(description="Whether it is the key that asks.")
    last_used: str = Field("", description="To the minute.")
    expires: str = ""
    old_key_until: str = Field("", description="So long the key is good that it was before it was rotated.")
    kudos: float = Field(0, description="What it may still spend, with what open requests may cost.")
    daily_kudos: int = 0
    models: list[str] = Field([])
    networks: list[str] = Field([])


class KeyMade(KeyDetails):
    """A key that was just made or rotated."""

    api_key: str = Field(description="The key itself, shown only now.")


class Keys(Answer):
    """Your keys, the oldest first."""

    keys: list[KeyDetails]
