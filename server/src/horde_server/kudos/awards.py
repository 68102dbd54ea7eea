"""Awards: the first user gives kudos out of nothing, or takes some back (kudos.md §7.8)."""

from __future__ import annotations

from uuid import uuid4

from horde_server.database.pool import Pool
from horde_server.errors import HordeError
from horde_server.identity.directory import Account
from horde_server.kudos import transfer_store as store
from horde_server.kudos.aliases import account_number
from horde_server.kudos.ledger import BURNT, MINTED, EntryKind, Movement, spendable
from horde_server.kudos.ledger_store import post
from horde_server.kudos.transfers import KudosRefusal, TargetAccountFlagged

AWARDING_ACCOUNT = 1


class NotAllowedAwards(HordeError):
    """Only the first user of this horde awards kudos."""

    status, rc = 403, "NotAllowedAwards"


class InvalidAwardUsername(KudosRefusal):
    """There is no such user: name the receiver as username#number."""

    rc = "InvalidAwardUsername"


class KudosAwardToAnon(KudosRefusal):
    """Anonymous receives no kudos: name somebody else."""

    rc = "KudosAwardToAnon"


async def award(pool: Pool, caller: Account, target_alias: str, amount: int) -> int:
    """Award whole kudos; a negative amount takes, down to the floor at most. The receiver's number."""
    if caller.id != AWARDING_ACCOUNT:
        raise NotAllowedAwards
    target_id = account_number(target_alias)
    async with pool.connection() as conn:
        known = await store.find(conn, [target_id]) if target_id is not None else {}
        target = known.get(target_id) if target_id is not None else None
        if target is None:
            raise InvalidAwardUsername
        if target.id == 0:
            raise KudosAwardToAnon
        if target.flagged:
            raise TargetAccountFlagged
        if amount:
            balance = spendable(target.id)
            payer, payee = (MINTED, balance) if amount > 0 else (balance, BURNT)
            await post(conn, [Movement(uuid4(), EntryKind.AWARD, payer, payee, abs(amount) * 100)])
        return target.id
