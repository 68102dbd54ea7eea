"""The SQL of what keys may spend: what is left of a budget, decided for one key at a time.

What is left is the budget less what was charged, folded or not, and less what open requests may still charge. So no
order of requests, deliveries, cancels and faults, on any nodes, can take a key beyond its budget.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from horde_server.database.pool import Connection

UTC_DAY = "({0} AT TIME ZONE 'UTC')::date"
"""SQL: the day that daily budgets count a time to."""

_KEY_LOCK_CLASS = 7_002
_INT32 = 2**31

_UNFOLDED = f"""(SELECT coalesce(sum(amount_hundredths), 0)::bigint AS amount,
            coalesce(sum(amount_hundredths) FILTER (WHERE {UTC_DAY.format("created_at")} = {UTC_DAY.format("now()")}),
                     0)::bigint AS of_today
     FROM ledger_inbox WHERE key_id = %(key_id)s) AS unfolded"""
_HELD = """(SELECT coalesce(sum(key_job_hundredths * (waiting + processing)), 0)::bigint AS amount
     FROM request WHERE key_id = %(key_id)s AND key_job_hundredths IS NOT NULL AND (waiting > 0 OR processing > 0)
    ) AS held"""
_SPENT_TODAY = f"CASE WHEN spent_on = {UTC_DAY.format('now()')} THEN spent_today_hundredths ELSE 0 END"


class KeyFunds(NamedTuple):
    """What is left of a key's budgets, in hundredths; None: it has no such budget."""

    unspent: int | None  # of the whole budget, with what open requests may still charge
    free: int | None  # less that
    free_today: int | None  # of the day's

    def covers(self, amount_hundredths: int) -> bool:
        """Whether so much may be spent."""
        return all(left is None or left >= amount_hundredths for left in (self.free, self.free_today))


async def lock_key(conn: Connection, key_id: int) -> None:
    """Until the end of the caller's transaction, nobody else decides what this key may spend.

    Taken after `lock_spending` of its account, where both are.
    """
    await conn.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_KEY_LOCK_CLASS, key_id % _INT32))


async def funds_of(conn: Connection, key_id: int) -> KeyFunds | None:
    """What the key may spend; None when it is good no more. When shared keys end is not asked here."""
    cursor = await conn.execute(
        f"""SELECT budget_hundredths - spent_hundredths - unfolded.amount,
                   budget_hundredths - spent_hundredths - unfolded.amount - held.amount,
                   daily_hundredths - ({_SPENT_TODAY}) - unfolded.of_today - held.amount
            FROM api_key, {_UNFOLDED}, {_HELD}
            WHERE id = %(key_id)s AND revoked_at IS NULL
              AND (expires_at IS NULL OR expires_at > now() OR shared_id IS NOT NULL)""",
        {"key_id": key_id},
    )
    row = await cursor.fetchone()
    return KeyFunds(*row) if row else None


async def set_budget(conn: Connection, key_id: int, left_hundredths: int | None) -> None:
    """Let a key spend so much from now on; None: no limit. Within the caller's transaction, which locks the row here.

    The fold waits for the row meanwhile, so what it has not folded is still unfolded when it is counted.
    """
    await conn.execute("SELECT FROM api_key WHERE id = %s FOR UPDATE", (key_id,))
    await conn.execute(
        f"""UPDATE api_key SET budget_hundredths = spent_hundredths + unfolded.amount + %(left)s::bigint
            FROM {_UNFOLDED} WHERE id = %(key_id)s""",
        {"key_id": key_id, "left": left_hundredths},
    )


class SharedKeyTarget(NamedTuple):
    """A shared key that kudos are given to."""

    key_id: int
    account_id: int
    is_expired: bool


async def find_shared(conn: Connection, shared_id: UUID) -> SharedKeyTarget | None:
    """The shared key with this id, if it was not deleted."""
    cursor = await conn.execute(
        """SELECT id, account_id, coalesce(expires_at <= now(), false) FROM api_key
           WHERE shared_id = %s AND revoked_at IS NULL""",
        (shared_id,),
    )
    row = await cursor.fetchone()
    return SharedKeyTarget(*row) if row else None


async def raise_budget(conn: Connection, key_id: int, by_hundredths: int) -> None:
    """Let a key spend so much more, where it has a budget."""
    await conn.execute(
        "UPDATE api_key SET budget_hundredths = budget_hundredths + %s WHERE id = %s", (by_hundredths, key_id)
    )
