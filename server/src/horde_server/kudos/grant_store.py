"""The SQL of monthly grants: who is due one gets it, and its date moves on, in one statement."""

from __future__ import annotations

from horde_server.database.pool import Connection
from horde_server.kudos.ledger import MINTED, EntryKind

MODERATORS_MONTHLY_KUDOS = 300_000

# The guard stands in the UPDATE too: of two nodes that found the same account the second waits for its row, looks at it
# again, and changes nothing. A month is PostgreSQL's: from the last of January one comes to the last of February.
_IS_DUE = """(monthly_kudos > 0 OR moderator) AND id <> 0 AND NOT deleted
      AND (monthly_kudos_last_received IS NULL OR monthly_kudos_last_received + interval '1 month' < now())"""
_GRANT = f"""
WITH due AS (
    SELECT id FROM account WHERE {_IS_DUE} ORDER BY id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
), granted AS (
    UPDATE account SET monthly_kudos_last_received = coalesce(monthly_kudos_last_received + interval '1 month', now())
    WHERE id IN (SELECT id FROM due) AND {_IS_DUE}
    RETURNING id, monthly_kudos + CASE WHEN moderator THEN %(moderators)s ELSE 0 END AS kudos
)
INSERT INTO ledger_inbox (event_id, kind, payer, payee, amount_hundredths)
SELECT gen_random_uuid(), %(kind)s, %(minted)s, 2 * id, 100 * kudos FROM granted
RETURNING payee / 2"""


async def grant(conn: Connection, batch: int) -> list[int]:
    """Pay one month to up to so many accounts that are due one; their numbers. Who missed several is due another."""
    cursor = await conn.execute(
        _GRANT,
        {
            "batch": batch,
            "moderators": MODERATORS_MONTHLY_KUDOS,
            "kind": EntryKind.MONTHLY,
            "minted": MINTED,
        },
    )
    return [row[0] for row in await cursor.fetchall()]


async def end_lapsed(conn: Connection) -> None:
    """Forget when those were last paid who have been entitled to nothing for a month: they begin anew one day, and are
    not paid for the time between.
    """
    await conn.execute(
        """UPDATE account SET monthly_kudos_last_received = NULL
           WHERE monthly_kudos = 0 AND NOT moderator AND monthly_kudos_last_received + interval '1 month' < now()"""
    )
