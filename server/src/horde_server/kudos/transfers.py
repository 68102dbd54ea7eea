"""Transfers of kudos between users (kudos.md §7): the rules in their order, then all in one transaction.

A giver's transfers and holds are decided one at a time, under a lock of his own, so that parallel ones never overspend;
the receiver is never locked.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from horde_server.database.pool import Connection, Pool
from horde_server.errors import HordeError
from horde_server.kudos import transfer_store as store
from horde_server.kudos.aliases import account_number
from horde_server.kudos.key_budget_store import SharedKeyTarget, find_shared, raise_budget
from horde_server.kudos.ledger import EntryKind, Movement, spendable
from horde_server.kudos.ledger_store import lock_spending, post, spendable_hundredths
from horde_server.kudos.transfer_store import Party

TOO_FAST_S = 60
"""Kudos do not go back to their giver within this many seconds."""
MOST_KEY_CHARACTERS = 255


class KudosRefusal(HordeError):
    """These kudos cannot be given."""

    rc = "KudosValidationError"


class KudosTransferFromAnon(KudosRefusal):
    """Anonymous has no kudos to give: use your own API key."""

    rc = "KudosTransferFromAnon"


class InvalidTargetUsername(KudosRefusal):
    """There is no such user: name the receiver as username#number."""

    rc = "InvalidTargetUsername"


class SharedKeyEnded(KudosRefusal):
    """This shared key has expired: name its owner, or another receiver."""

    rc = "SharedKeyExpired"


class KudosTransferToAnon(KudosRefusal):
    """Anonymous receives no kudos: name somebody else."""

    rc = "KudosTransferToAnon"


class KudosTransferToSelf(KudosRefusal):
    """You have these kudos already: name somebody else."""

    rc = "KudosTransferToSelf"


class TooFastKudosTransfers(KudosRefusal):
    """This user gave you kudos within the last minute: wait a little before you give some back."""

    rc = "TooFastKudosTransfers"


class FaultWhenKudosSending(KudosRefusal):
    """Your account gives no kudos for now: please contact a moderator."""

    rc = "FaultWhenKudosSending"


class SourceAccountFlagged(KudosRefusal):
    """Your account is flagged and gives no kudos: please contact a moderator."""

    rc = "SourceAccountFlagged"


class EducationCannotSendKudos(KudosRefusal):
    """Education accounts give no kudos."""

    rc = "EducationCannotSendKudos"


class FaultWhenKudosReceiving(KudosRefusal):
    """This user receives no kudos for now."""

    rc = "FaultWhenKudosReceiving"


class TargetAccountFlagged(KudosRefusal):
    """This user is flagged and receives no kudos."""

    rc = "TargetAccountFlagged"


class DeletedParty(KudosRefusal):
    """An account that is scheduled for deletion neither gives nor receives kudos."""

    rc = "DeletedUser"


class NegativeKudosTransfer(KudosRefusal):
    """Kudos are given, not taken: name a positive amount."""

    rc = "NegativeKudosTransfer"


class InvalidKudosTransferAmount(KudosRefusal):
    """Give at least one kudos."""

    rc = "InvalidKudosTransferAmount"


class IdempotencyKeyConflict(KudosRefusal):
    """This Idempotency-Key was used for another transfer: send a new one."""

    rc = "IdempotencyKeyConflict"


class KudosTransferNotEnough(KudosRefusal):
    """You have not enough kudos to give."""

    rc = "KudosTransferNotEnough"


async def transfer(
    pool: Pool, source_id: int, target_alias: str, amount: int, *, idempotency_key: str | None = None
) -> int:
    """Give whole kudos; with a key known from an equal transfer, nothing moves again. The receiver's number.

    Raises `KudosRefusal`s.
    """
    if source_id == 0:
        raise KudosTransferFromAnon
    if idempotency_key is not None and (len(idempotency_key) > MOST_KEY_CHARACTERS or "\0" in idempotency_key):
        raise KudosRefusal(f"An Idempotency-Key has at most {MOST_KEY_CHARACTERS} characters.", rc="BadRequest")
    async with pool.connection() as conn, conn.transaction():
        target_id, shared = account_number(target_alias), None
        if target_id is None and (shared := await _shared_key(conn, target_alias)) is not None:
            target_id = shared.account_id
        known = await store.find(conn, [source_id, target_id] if target_id is not None else [source_id])
        if target_id is None or target_id not in known:
            raise InvalidTargetUsername
        if shared is not None and shared.is_expired:
            raise SharedKeyEnded
        source, target = known[source_id], known[target_id]
        if target.id == 0:
            raise KudosTransferToAnon
        if target.id == source.id:
            raise KudosTransferToSelf
        if await store.has_given_lately(conn, target.id, source.id, within_s=TOO_FAST_S):
            raise TooFastKudosTransfers
        _check_parties(source, target)
        if amount < 0:
            raise NegativeKudosTransfer
        if amount == 0:
            raise InvalidKudosTransferAmount
        await lock_spending(conn, source.id)
        key_id = shared and shared.key_id
        if idempotency_key is not None and await _is_repeated(conn, source, target, key_id, amount, idempotency_key):
            return target.id
        await _move(conn, source, target, amount, idempotency_key, key_id)
        if shared is not None:
            await raise_budget(conn, shared.key_id, amount * 100)
        return target.id


async def _shared_key(conn: Connection, text: str) -> SharedKeyTarget | None:
    """The shared key that the kudos are for, if it is one: its owner gets them, and it may spend so much more."""
    try:
        return await find_shared(conn, UUID(text.strip()))
    except ValueError:
        return None


def _check_parties(source: Party, target: Party) -> None:
    if source.is_suspicious:
        raise FaultWhenKudosSending
    if source.flagged:
        raise SourceAccountFlagged
    if source.education:
        raise EducationCannotSendKudos
    if target.is_suspicious:
        raise FaultWhenKudosReceiving
    if target.flagged:
        raise TargetAccountFlagged
    if target.deleted or source.deleted:
        raise DeletedParty


async def _is_repeated(
    conn: Connection, source: Party, target: Party, shared_key_id: int | None, amount: int, key: str
) -> bool:
    before = await store.find_by_idempotency_key(conn, source.id, key)
    if before is None:
        return False
    if before != (target.id, amount, shared_key_id):
        raise IdempotencyKeyConflict
    return True


async def _move(
    conn: Connection, source: Party, target: Party, amount: int, key: str | None, shared_key_id: int | None
) -> None:
    """Check the giver's means and write log and ledger, in the transaction that holds his lock."""
    available = await spendable_hundredths(conn, source.id)
    if available < amount * 100:
        raise KudosTransferNotEnough(
            f"You can give {max(available, 0) / 100:.2f} kudos and wanted to give {amount}: what your account always "
            "keeps, and what is reserved for your requests, stays with you."
        )
    event_id: UUID = uuid4()
    kind = EntryKind.DONATION if target.education else EntryKind.TRANSFER
    await store.log_transfer(conn, event_id, source.id, target.id, amount, key, shared_key_id)
    await post(conn, [Movement(event_id, kind, spendable(source.id), spendable(target.id), amount * 100)])
