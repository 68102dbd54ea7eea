"""The SQL of the ledger: movements written, what an account has, and what it may spend."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from horde_server.database.pool import Connection
from horde_server.identity.floors import FLOOR_SQL
from horde_server.kudos.ledger import Movement, escrow, spendable

_FIELDS = Movement.__struct_fields__
LEDGER_COLUMNS = ", ".join(_FIELDS)
_TYPES = (
    "uuid",
    "text",
    "bigint",
    "bigint",
    "bigint",
    "uuid",
    "uuid",
    "int",
    "int",
    "uuid",
    "text",
    "float8",
    "float8",
    "bigint",
    "text",
)
MOVEMENT_ROWS = "json_to_recordset(%(movements)s::json) AS posted (" + ", ".join(
    f"{name} {kind}" for name, kind in zip(_FIELDS, _TYPES, strict=True)
) + ")"  # fmt: skip
"""SQL: the parameter `movements`, made by `encode_movements`, as rows `posted` of `LEDGER_COLUMNS`."""


def encode_movements(movements: Sequence[Movement]) -> str:
    """Movements as one parameter of a statement: far cheaper to hand over than an array a column."""
    return msgspec.json.encode(movements).decode()


async def post(conn: Connection, movements: Sequence[Movement]) -> None:
    """Write movements, within the caller's transaction if there is one."""
    await conn.execute(
        f"INSERT INTO ledger_inbox ({LEDGER_COLUMNS}) SELECT posted.* FROM {MOVEMENT_ROWS}",
        {"movements": encode_movements(movements)},
    )


_SPENDABLE = f"""
SELECT coalesce((SELECT balance_hundredths FROM ledger_balance WHERE ledger_account = %(ledger_account)s), 0)
     + coalesce((SELECT sum(CASE payer WHEN %(ledger_account)s THEN -amount_hundredths ELSE amount_hundredths END)
                 FROM ledger_inbox WHERE %(ledger_account)s IN (payer, payee)), 0)
     - coalesce((SELECT sum(held_hundredths) FROM request WHERE account_id = %(account_id)s AND held_hundredths > 0), 0)
     - {FLOOR_SQL}
FROM account WHERE id = %(account_id)s"""

_PAYER_LOCK_CLASS = 7_001


async def lock_spending(conn: Connection, account_id: int) -> None:
    """Until the end of the caller's transaction, nobody else decides what this account may spend."""
    await conn.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_PAYER_LOCK_CLASS, account_id))


async def spendable_hundredths(conn: Connection, account_id: int) -> int:
    """Balance, with what is not folded yet, − floor − holds (kudos.md §6.2)."""
    cursor = await conn.execute(_SPENDABLE, {"ledger_account": spendable(account_id), "account_id": account_id})
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def balance_hundredths(conn: Connection, account_id: int) -> int:
    """The balance with what is not folded yet, at the floor at least once anything moved."""
    cursor = await conn.execute(
        """SELECT coalesce((SELECT balance_hundredths FROM ledger_balance WHERE ledger_account = %(of)s), 0)
                + coalesce((SELECT sum(amount_hundredths) FROM ledger_inbox WHERE payee = %(of)s), 0)
                - coalesce((SELECT sum(amount_hundredths) FROM ledger_inbox WHERE payer = %(of)s), 0)""",
        {"of": spendable(account_id)},
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def balances_hundredths(conn: Connection, account_ids: Sequence[int]) -> dict[int, int]:
    """`balance_hundredths` of several accounts at once; one of which nothing ever moved is not among them."""
    cursor = await conn.execute(
        """SELECT ledger_account / 2, sum(change)::bigint FROM (
               SELECT ledger_account, balance_hundredths AS change FROM ledger_balance
               WHERE ledger_account = ANY(%(of)s)
               UNION ALL SELECT payee, amount_hundredths FROM ledger_inbox WHERE payee = ANY(%(of)s)
               UNION ALL SELECT payer, -amount_hundredths FROM ledger_inbox WHERE payer = ANY(%(of)s)
           ) AS legs GROUP BY ledger_account""",
        {"of": list(map(spendable, account_ids))},
    )
    return dict(await cursor.fetchall())


async def escrow_hundredths(conn: Connection, account_id: int) -> int:
    """What the account earned and gets once trusted, as far as it is folded."""
    cursor = await conn.execute(
        "SELECT balance_hundredths FROM ledger_balance WHERE ledger_account = %s", (escrow(account_id),)
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def buckets_of(conn: Connection, account_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Hundredths of kudos that accounts got and gave, by account and what for; as far as they are folded."""
    cursor = await conn.execute(
        "SELECT account_id, bucket, amount_hundredths FROM kudos_bucket WHERE account_id = ANY(%s)",
        (list(account_ids),),
    )
    found: dict[int, dict[str, int]] = {}
    for account_id, bucket, amount in await cursor.fetchall():
        found.setdefault(account_id, {})[bucket] = amount
    return found


async def buckets(conn: Connection, account_id: int) -> dict[str, int]:
    """`buckets_of` one account."""
    return (await buckets_of(conn, [account_id])).get(account_id, {})
