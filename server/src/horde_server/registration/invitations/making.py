"""Invitations: made by moderators and the command line, ended by the same, each recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from horde_server.audit.trail import Actor, record, subject
from horde_server.database.pool import Connection
from horde_server.errors import HordeError
from horde_server.registration.grants import Grants
from horde_server.registration.invitations import store
from horde_server.registration.invitations.codes import hash_of_code, new_code
from horde_server.registration.invitations.store import Invitation

LONGEST_S: Final = 365 * 86_400
USUAL_S: Final = 7 * 86_400
MOST_USES: Final = 1000


class InvitationNotFound(HordeError):
    """There is no invitation with this id that has not ended."""

    status, rc = 404, "InvitationNotFound"


@dataclass(frozen=True, slots=True)
class Terms:
    """What an invitation is to be."""

    grants: Grants
    uses: int = 1
    lasts_s: int = USUAL_S
    note: str | None = None


async def make_invitation(conn: Connection, actor: Actor, salt: bytes, terms: Terms) -> tuple[Invitation, str]:
    """Make one: what is kept of it, and its code, which is shown once."""
    invitation_id, code = uuid4(), new_code()
    hashed = hash_of_code(salt, code)
    assert hashed is not None  # just made
    async with conn.transaction():
        await store.add(
            conn,
            invitation_id,
            hashed,
            made_by=actor.account_id,
            lasts_s=terms.lasts_s,
            uses=terms.uses,
            note=terms.note,
            grants=terms.grants,
        )
        told = {"uses": terms.uses, "lasts_s": terms.lasts_s, **terms.grants.told()}
        await record(conn, actor, "invitation.create", subject("invitation", invitation_id), new=told)
        made = await store.find(conn, invitation_id)
    assert made is not None  # just stored
    return made, code


async def revoke_invitation(conn: Connection, actor: Actor, invitation_id: UUID) -> None:
    """End one for good: who registered by it stays. Raises `InvitationNotFound`."""
    async with conn.transaction():
        if not await store.revoke(conn, invitation_id):
            raise InvitationNotFound
        told = {"revoked": True}
        await record(conn, actor, "invitation.revoke", subject("invitation", invitation_id), new=told)
