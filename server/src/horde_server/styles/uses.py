"""What a request in a style comes to beside its own price: its uses are counted, and the style's owner is paid."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from horde_server.database.pool import Connection, Pool
from horde_server.identity.directory import Account
from horde_server.kudos.ledger import style_reward
from horde_server.kudos.ledger_store import post
from horde_server.styles import use_store

REWARD_HUNDREDTHS: Final = 200
_BATCH = 5000


class StyleUse(msgspec.Struct, frozen=True):
    """That a request is made in a style."""

    ids: tuple[UUID, ...]  # of the style, and of the collection that it was drawn from
    kind: str
    owner_id: int
    owner_earns: bool


def reward_hundredths(use: StyleUse | None, payer: Account) -> int:
    """What the owner of the style gets of who pays for the request, who pays as much more (styles.md §4.7).

    Nothing for one's own style; nothing of what the payer does not have, as the horde would forgive it: whoever asks
    without kudos could make as many as he likes for his own other account.
    """
    if use is None or not use.owner_earns or use.owner_id == payer.id:
        return 0
    free = payer.balance_hundredths - max(payer.floor_hundredths, 0)
    return REWARD_HUNDREDTHS if free >= REWARD_HUNDREDTHS else 0


async def note(
    conn: Connection, use: StyleUse, *, event_id: UUID, payer_id: int, key_id: int | None, request_id: UUID, reward: int
) -> None:
    """Within the transaction that stores the request: count the use, pay the owner.

    `event_id`: of the request's tax; `key_id`: whose budget pays.
    """
    await use_store.add(conn, use.ids)
    if reward:
        await post(conn, [style_reward(event_id, payer_id, use.owner_id, request_id, reward, use.kind, key_id)])


async def count_uses(pool: Pool) -> None:
    """Bring `use_count` up to date. Any node may; one at a time does."""
    while True:
        async with pool.connection() as conn:
            if not await use_store.anything_to_count(conn):
                return
            async with conn.transaction():
                counted = await use_store.count(conn, _BATCH)
        if counted < _BATCH:
            return
