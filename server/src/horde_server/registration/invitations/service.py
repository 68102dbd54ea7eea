"""The invitations of a horde, as its API deals with them."""

from __future__ import annotations

from uuid import UUID

from horde_server.audit.trail import Actor
from horde_server.database.pool import Pool
from horde_server.registration.invitations import store
from horde_server.registration.invitations.making import Terms, make_invitation, revoke_invitation
from horde_server.registration.invitations.store import Invitation


class InvitationBoard:
    """Makes, lists and ends invitations."""

    def __init__(self, pool: Pool, salt: bytes) -> None:
        """`salt`: what codes are hashed with."""
        self._pool = pool
        self._salt = salt

    async def make(self, actor: Actor, terms: Terms) -> tuple[Invitation, str]:
        """A new one, and its code, which is shown once."""
        async with self._pool.connection() as conn:
            return await make_invitation(conn, actor, self._salt, terms)

    async def listed(self, page: int) -> list[Invitation]:
        """Those of a page, the newest first."""
        async with self._pool.connection() as conn:
            return await store.listed(conn, page)

    async def revoke(self, actor: Actor, invitation_id: UUID) -> None:
        """End one. Raises `InvitationNotFound`."""
        async with self._pool.connection() as conn:
            await revoke_invitation(conn, actor, invitation_id)

    async def forget_old(self) -> None:
        """Remove those that ended long ago."""
        async with self._pool.connection() as conn:
            await store.forget_old(conn)
