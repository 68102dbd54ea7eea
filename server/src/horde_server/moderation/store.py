"""The SQL of moderation: the modes of the horde, and suspicions, whose rule statements elsewhere build in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from horde_server.database.pool import Connection
from horde_server.moderation.suspicion import MOST_NOTED, REPEATABLE, SUSPICIOUS_FROM, Suspicion


async def find_modes(conn: Connection) -> tuple[bool, bool, bool]:
    """Whether maintenance, invite-only and raid mode are on."""
    cursor = await conn.execute("SELECT maintenance, invite_only, raid FROM horde_modes")
    row: tuple[bool, bool, bool] | None = await cursor.fetchone()
    assert row is not None  # the migration made the only row
    return row


async def lock_modes(conn: Connection) -> tuple[bool, bool, bool]:
    """As `find_modes`; nobody else changes them until the caller's transaction ends."""
    cursor = await conn.execute("SELECT maintenance, invite_only, raid FROM horde_modes FOR UPDATE")
    row: tuple[bool, bool, bool] | None = await cursor.fetchone()
    assert row is not None  # the migration made the only row
    return row


async def change_modes(conn: Connection, wanted: Mapping[str, bool]) -> None:
    """Turn modes on or off, by the names of their columns, which the code gives."""
    columns = ", ".join(f"{name} = %({name})s" for name in wanted)
    await conn.execute(f"UPDATE horde_modes SET {columns}".encode(), wanted)


# ---------------------------------------------------------------- suspicions


def is_news(table: str, reason: Suspicion) -> str:
    """SQL: whether one more such reason says anything new of a row of `account` or `worker`."""
    repeats = "true" if reason in REPEATABLE else f"{reason:d} <> ALL ({table}.suspicions)"
    return f"(cardinality({table}.suspicions) < {MOST_NOTED} AND {repeats})"


def may_be_noted(reason: Suspicion) -> str:
    """SQL: whether the reason is noted against a row of `account`; nothing is against Anonymous and who is trusted."""
    return f"(account.id <> 0 AND NOT account.trusted AND {is_news('account', reason)})"


def with_reason(table: str, reason: Suspicion) -> str:
    """SQL: the suspicions of a row with one more."""
    return f"{table}.suspicions || {reason:d}::smallint"


PAUSES: Final = f"cardinality(worker.suspicions) + 1 >= {SUSPICIOUS_FROM}"
"""SQL: whether one more reason pauses a worker."""

# Both rows at once; whose suspicions are full, or have a reason that counts once already, stay as they are.
_NOTE = {
    reason: f"""
WITH suspected AS (
    SELECT worker.id AS worker_id, account.id AS account_id
    FROM worker JOIN account ON account.id = worker.account_id
    WHERE worker.id = %s AND NOT account.trusted
), against_owner AS (
    UPDATE account SET suspicions = {with_reason("account", reason)} FROM suspected
    WHERE account.id = suspected.account_id AND {may_be_noted(reason)}
)
UPDATE worker SET suspicions = {with_reason("worker", reason)}, paused = paused OR {PAUSES}
FROM suspected WHERE worker.id = suspected.worker_id AND {is_news("worker", reason)}
RETURNING paused"""
    for reason in Suspicion
}
_NOTE_ACCOUNT = {
    reason: f"UPDATE account SET suspicions = {with_reason('account', reason)} WHERE id = %s AND {may_be_noted(reason)}"
    for reason in Suspicion
}


async def note(conn: Connection, worker_id: UUID, reason: Suspicion) -> bool | None:
    """Note a reason against a worker and its owner: whether the worker is paused; None when it was no news of it."""
    row = await (await conn.execute(_NOTE[reason], (worker_id,))).fetchone()
    return bool(row[0]) if row else None


async def note_account(conn: Connection, account_id: int, reason: Suspicion) -> bool:
    """Note a reason against an account; False when it was no news."""
    return (await conn.execute(_NOTE_ACCOUNT[reason], (account_id,))).rowcount == 1
