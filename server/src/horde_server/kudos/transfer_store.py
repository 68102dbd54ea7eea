"""The SQL of giving kudos: who gives and receives, and what was given before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from horde_server.database.pool import Connection
from horde_server.moderation.suspicion import SUSPICIOUS_FROM


class Party(NamedTuple):
    """An account as far as giving kudos looks at it."""

    id: int
    flagged: bool
    education: bool
    deleted: bool
    is_suspicious: bool


async def find(conn: Connection, ids: Sequence[int]) -> dict[int, Party]:
    """Those of the accounts that exist, by number."""
    cursor = await conn.execute(
        """SELECT id, flagged, education, deleted, NOT trusted AND cardinality(suspicions) >= %s
           FROM account WHERE id = ANY(%s) AND wiped_at IS NULL""",
        (SUSPICIOUS_FROM, list(ids)),
    )
    return {row[0]: Party(*row) for row in await cursor.fetchall()}


async def has_given_lately(conn: Connection, source_id: int, target_id: int, *, within_s: int) -> bool:
    """Whether `source` gave `target` kudos within so many seconds."""
    cursor = await conn.execute(
        """SELECT EXISTS (SELECT FROM kudos_transfer WHERE source_id = %s AND target_id = %s
                          AND created_at > now() - make_interval(secs => %s))""",
        (source_id, target_id, within_s),
    )
    row = await cursor.fetchone()
    return bool(row and row[0])


async def find_by_idempotency_key(conn: Connection, source_id: int, key: str) -> tuple[int, int, int | None] | None:
    """(target, amount, shared key) of the giver's transfer with this idempotency key."""
    cursor = await conn.execute(
        "SELECT target_id, amount, shared_key_id FROM kudos_transfer WHERE source_id = %s AND idempotency_key = %s",
        (source_id, key),
    )
    return await cursor.fetchone()


async def log_transfer(
    conn: Connection,
    event_id: UUID,
    source_id: int,
    target_id: int,
    amount: int,
    idempotency_key: str | None,
    shared_key_id: int | None,
) -> None:
    """Remember a transfer; its kudos move in the ledger under the same event."""
    await conn.execute(
        """INSERT INTO kudos_transfer (event_id, source_id, target_id, amount, idempotency_key, shared_key_id)
           VALUES (%s, %s, %s, %s, %s, %s)""",
        (event_id, source_id, target_id, amount, idempotency_key, shared_key_id),
    )


async def forget_idempotency_keys(conn: Connection, account_id: int) -> None:
    """Forget what an account's programs called its transfers."""
    await conn.execute(
        "UPDATE kudos_transfer SET idempotency_key = NULL WHERE source_id = %s AND idempotency_key IS NOT NULL",
        (account_id,),
    )
