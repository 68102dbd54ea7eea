"""What moderators are told of invitations (registration.md §4)."""

from __future__ import annotations

from pydantic import Field

from horde_server.http.answers import Answer


class InvitationDetails(Answer):
    """An invitation; `code` is there once, in the answer that made it."""

    id: str
    code: str = ""
    made_by: int | None = Field(None, description="The account; none: the command line.")
    created_at: str
    expires_at: str
    uses: int
    used: int
    is_good: bool = Field(description="Whether somebody can still register by it.")
    revoked: bool
    note: str
    roles: list[str]
    kudos: int
    concurrency: int | None
    worker_invited: int
