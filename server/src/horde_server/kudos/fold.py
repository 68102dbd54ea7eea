"""The fold: ledger entries go from the inbox to the history, and are added to balances and counters.

Any node may fold; one at a time does. Floors and promotions are movements of their own, written after the batch in the
same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass

from horde_server.database.pool import Pool
from horde_server.kudos import fold_store as store


@dataclass(frozen=True, slots=True)
class Folded:
    """What one round of the fold did."""

    account_ids: list[int]  # whose balances changed
    promoted: list[int]  # those that became trusted
    is_full: bool  # the batch was full: there may be more


async def fold(pool: Pool, *, trust_threshold: int | None = None, batch: int = 5000) -> Folded | None:
    """Apply up to `batch` movements. None: another node is folding."""
    async with pool.connection() as conn:
        if not await store.anything_to_fold(conn):  # at rest no transaction is opened each second
            return Folded([], [], is_full=False)
        async with conn.transaction():
            if not await store.take_turn(conn):
                return None
            moved = await store.move(conn, batch)
            promoted: list[int] = []
            # mostly nobody is low, and no escrow is to be moved: then nothing more is asked
            if moved.may_be_low and (raised := await store.raise_to_floor(conn, moved.account_ids)):
                await store.rank(conn, raised)
            if trust_threshold is not None and moved.most_in_escrow_hundredths > trust_threshold * 100:
                promoted = await store.promote(conn, trust_threshold, moved.account_ids)
            if moved.most_in_escrow_hundredths > 0:
                await store.release_escrow(conn, moved.account_ids)
            return Folded(moved.account_ids, promoted, moved.movements == batch)


async def promote_due(pool: Pool, *, trust_threshold: int) -> list[int]:
    """Trust also those who passed the threshold before they were old enough, or were cleared of suspicion since.

    The fold looks only at accounts whose kudos just moved; promotion needs no further request (kudos.md §8.4).
    """
    async with pool.connection() as conn, conn.transaction():
        await store.take_time(conn)
        promoted = await store.promote(conn, trust_threshold, None)
        await store.release_escrow(conn, promoted)
        return promoted
