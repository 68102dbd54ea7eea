"""The SQL of the order in which users are listed. All of it walks an index, and nothing is sorted."""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

from horde_server.database.pool import Connection

Place: TypeAlias = tuple[int, int]
"""Where a user stands: balance in hundredths, number."""


class Order(Enum):
    """An order of users: as SQL, and which places come from a given one on."""

    KUDOS = ("balance_hundredths DESC, account_id DESC", "(balance_hundredths, account_id) <= (%(balance)s, %(id)s)")
    AGE = ("account_id", "account_id >= %(id)s")


async def ids_from(conn: Connection, order: Order, start: Place | None, *, skipped: int, most: int) -> list[int]:
    """So many users from a place on (`None`: the first), after so many others."""
    ordered, is_behind = order.value
    balance, account_id = start or (0, 0)
    cursor = await conn.execute(
        f"""SELECT account_id FROM account_rank WHERE {is_behind if start else "true"}
            ORDER BY {ordered} OFFSET %(skipped)s LIMIT %(most)s""",
        {"balance": balance, "id": account_id, "skipped": skipped, "most": most},
    )
    return [row[0] for row in await cursor.fetchall()]


async def places_of_each(conn: Connection, order: Order, *, stretch: int, most: int) -> list[Place]:
    """The place of the first user of each stretch of so many but the first, among the first `most` users."""
    ordered, _ = order.value
    cursor = await conn.execute(
        f"""SELECT balance_hundredths, account_id FROM (
                SELECT balance_hundredths, account_id, row_number() OVER (ORDER BY {ordered}) - 1 AS place
                FROM account_rank ORDER BY {ordered} LIMIT %(most)s
            ) AS places WHERE place %% %(stretch)s = 0 AND place > 0 ORDER BY place""",
        {"stretch": stretch, "most": most},
    )
    return await cursor.fetchall()
