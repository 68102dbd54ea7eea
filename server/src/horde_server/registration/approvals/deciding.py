"""Decisions about accounts that wait, each recorded."""

from __future__ import annotations

from horde_server.audit.trail import Actor, record, subject
from horde_server.database.pool import Connection
from horde_server.errors import HordeError
from horde_server.registration.approvals import store


class RegistrationNotFound(HordeError):
    """There is no registration of an account with this number that waits for a decision."""

    status, rc = 404, "RegistrationNotFound"


async def decide(conn: Connection, actor: Actor, account_id: int, *, approve: bool, why: str | None) -> str:
    """Approve or refuse an account that waits; its name. A refused one may be approved later.

    Raises `RegistrationNotFound`.
    """
    async with conn.transaction():
        name = await (store.approve if approve else store.refuse)(conn, account_id)
        if name is None:
            raise RegistrationNotFound
        action = "registration.approve" if approve else "registration.refuse"
        await record(
            conn,
            actor,
            action,
            subject("account", account_id),
            old={"approved": False},
            new={"approved": approve},
            why=why,
            concerns=account_id,
        )
    return name
