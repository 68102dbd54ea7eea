"""The SQL of chosen models."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import psycopg

Connection: TypeAlias = psycopg.AsyncConnection[Any]
KEPT_DAYS: Final = 30


async def choose(conn: Connection, account_id: int, checkpoint: str) -> None:
    """Keep what an account has chosen, instead of what it had."""
    await conn.execute(
        """INSERT INTO sdapi_choice (account_id, checkpoint) VALUES (%s, %s)
           ON CONFLICT (account_id) DO UPDATE SET checkpoint = excluded.checkpoint, chosen_at = now()""",
        (account_id, checkpoint),
    )


async def chosen(conn: Connection, account_id: int) -> str | None:
    """What an account chose within the last 30 days."""
    cursor = await conn.execute(
        f"""SELECT checkpoint FROM sdapi_choice
            WHERE account_id = %s AND chosen_at > now() - interval '{KEPT_DAYS} days'""",
        (account_id,),
    )
    row = await cursor.fetchone()
    return str(row[0]) if row else None


async def forget_old(conn: Connection) -> None:
    """Remove choices that count no more."""
    await conn.execute(f"DELETE FROM sdapi_choice WHERE chosen_at < now() - interval '{KEPT_DAYS} days'")


async def forget(conn: Connection, account_id: int) -> None:
    """Remove the choice of an account."""
    await conn.execute("DELETE FROM sdapi_choice WHERE account_id = %s", (account_id,))
