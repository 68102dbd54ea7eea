"""The SQL of statements: an account's own lines of the ledger by their index, what is not folded yet included.

All movements of one event that are one thing to the account are one line: what a job cost, its reward and its tax; what
it earned, the part for now and the part held back.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from horde_server.database.pool import Connection
from horde_server.kudos.ledger import escrow, spendable

# What a movement is to whoever gives and to whoever gets. Kinds without a word of their own go by their name.
_TO_PAYER = {
    "request_tax": "request", "style_reward": "request", "generation": "job", "job_tax": "job",
    "transfer": "given", "donation": "given", "evaluation_promotion": "promotion", "admin_adjustment": "adjustment",
}  # fmt: skip
_TO_PAYEE = {
    "generation": "reward", "uptime_reward": "uptime", "style_reward": "style", "transfer": "received",
    "donation": "received", "evaluation_promotion": "promotion", "admin_adjustment": "adjustment",
    "floor_adjustment": "floor",
}  # fmt: skip
KINDS_OF_LINES = frozenset({*_TO_PAYER.values(), *_TO_PAYEE.values(), "monthly", "award"})
MOST_MOVEMENTS_OF_A_LINE = 4


def _word(words: dict[str, str]) -> str:
    cases = " ".join(f"WHEN '{kind}' THEN '{word}'" for kind, word in words.items())
    return f"CASE kind {cases} ELSE kind END"


def _legs(table: str, side: str, account: str) -> str:
    """One side of the account's movements, newest first: as many rows of the index as a page can need."""
    other, sign, words = ("payee", "-", _TO_PAYER) if side == "payer" else ("payer", "", _TO_PAYEE)
    return f"""
    (SELECT created_at, event_id, {_word(words)} AS line, {sign}amount_hundredths AS change,
            {side} AS own, {other} AS other, request_id, job_id, requester_id, owner_id, worker_id, domain, model
     FROM {table}
     WHERE {side} >= 0 AND {side} = {account} AND (created_at, event_id) <= (%(before)s, %(before_event)s)
       AND created_at >= %(since)s AND created_at < %(until)s
     ORDER BY created_at DESC, event_id DESC LIMIT %(movements)s)"""


_LINES = f"""
WITH legs AS ({
    " UNION ALL".join(
        _legs(table, side, account)
        for table in ("ledger_entry", "ledger_inbox")
        for side in ("payer", "payee")
        for account in ("%(balance)s", "%(escrow)s")
    )
}
), lines AS (
    SELECT created_at, event_id, line COLLATE "C" AS line,
           coalesce(sum(change) FILTER (WHERE own = %(balance)s), 0)::bigint AS change,
           coalesce(sum(change) FILTER (WHERE own = %(escrow)s), 0)::bigint AS escrow_change,
           (array_agg(request_id) FILTER (WHERE requester_id = %(account_id)s))[1] AS request_id,
           (array_agg(job_id) FILTER (WHERE job_id IS NOT NULL))[1] AS job_id,
           (array_agg(worker_id) FILTER (WHERE owner_id = %(account_id)s AND line IN ('reward', 'uptime')))[1]
               AS worker_id,
           max(domain) AS domain, max(model) AS model,
           max(other) FILTER (WHERE line IN ('given', 'received')) / 2 AS other_id
    FROM legs GROUP BY 1, 2, 3
    HAVING (created_at, event_id, line COLLATE "C") < (%(before)s, %(before_event)s, %(before_line)s)
    ORDER BY 1 DESC, 2 DESC, 3 DESC LIMIT %(lines)s
)
SELECT created_at, event_id, line, change, escrow_change, request_id, job_id, worker_id, domain, model,
       (SELECT username || '#' || id FROM account WHERE id = other_id)
FROM lines ORDER BY 1 DESC, 2 DESC, 3 DESC"""

_STANDING = """
SELECT coalesce(sum(change) FILTER (WHERE own = %(balance)s), 0)::bigint,
       coalesce(sum(change) FILTER (WHERE own = %(escrow)s), 0)::bigint,
       coalesce((SELECT sum(held_hundredths) FROM request
                 WHERE account_id = %(account_id)s AND held_hundredths > 0), 0)::bigint
FROM (SELECT ledger_account AS own, balance_hundredths AS change FROM ledger_balance
      WHERE ledger_account IN (%(balance)s, %(escrow)s)
      UNION ALL SELECT payee, amount_hundredths FROM ledger_inbox WHERE payee IN (%(balance)s, %(escrow)s)
      UNION ALL SELECT payer, -amount_hundredths FROM ledger_inbox WHERE payer IN (%(balance)s, %(escrow)s)
     ) AS changes"""


class Place(NamedTuple):
    """Where a statement stands between two lines: the line that was told last."""

    created_at: datetime | str
    event_id: UUID
    line: str


NEWEST = Place("infinity", UUID(int=2**128 - 1), "~")
"""Before all lines."""


class Line(NamedTuple):
    """One line of a statement; changes in hundredths."""

    created_at: datetime
    event_id: UUID
    kind: str
    change: int
    escrow_change: int
    request_id: UUID | None
    job_id: UUID | None
    worker_id: UUID | None
    domain: str | None
    model: str | None
    counterpart: str | None


class Standing(NamedTuple):
    """What an account has, with what is not folded yet, in hundredths."""

    balance: int
    escrow: int
    held: int  # of the balance, for requests that are not served yet


async def begin_snapshot(conn: Connection) -> None:
    """All that the caller's transaction reads is of one moment, and of the history only what it tells."""
    await conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    # Where an account has more movements than statistics say, all of them would be fetched and sorted for one page.
    await conn.execute("SELECT set_config('enable_bitmapscan', 'off', true), set_config('enable_seqscan', 'off', true)")


async def lines(
    conn: Connection, account_id: int, before: Place, since: datetime | None, until: datetime | None, most: int
) -> list[Line]:
    """Up to so many lines older than `before`, newest first, of the time from `since` until before `until`."""
    cursor = await conn.execute(
        _LINES,
        {
            "account_id": account_id,
            "balance": spendable(account_id),
            "escrow": escrow(account_id),
            "before": before.created_at,
            "before_event": before.event_id,
            "before_line": before.line,
            "since": since or "-infinity",
            "until": until or "infinity",
            "lines": most,
            "movements": MOST_MOVEMENTS_OF_A_LINE * (most + 2) + MOST_MOVEMENTS_OF_A_LINE,
        },
    )
    return [Line(*row) for row in await cursor.fetchall()]


async def standing(conn: Connection, account_id: int) -> Standing:
    """What the account has now."""
    cursor = await conn.execute(
        _STANDING, {"account_id": account_id, "balance": spendable(account_id), "escrow": escrow(account_id)}
    )
    row = await cursor.fetchone()
    assert row is not None
    return Standing(*row)
