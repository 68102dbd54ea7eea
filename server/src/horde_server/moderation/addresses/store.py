"""The SQL of address time-outs. Times are seconds that are left, by the database's clock: nodes' clocks may differ."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from horde_server.database.pool import Connection
from horde_server.http.networks import Network

STRIKE_S = 180
"""Strike n of an address, counted from 0, lasts (2n + 1) times as long."""
UNDO_S = 24 * 3600
"""Lifting a time-out can be undone for so long."""
MOST_MIRRORED = 20_000
"""A node reads them all anew every few seconds; the longest come first."""

_STRIKE = """
INSERT INTO address_timeout AS known (network, ends_at, strikes, struck_at)
VALUES (%(network)s, now() + make_interval(secs => %(strike_s)s), 1, now())
ON CONFLICT (network) DO UPDATE
SET (strikes, struck_at, ends_at) = (
    SELECT earlier.strikes + 1, now(), greatest(
        known.ends_at,
        now() + make_interval(secs => least((2 * earlier.strikes + 1) * %(strike_s)s, %(longest_s)s))
    )
    FROM (
        SELECT CASE WHEN known.struck_at > now() - make_interval(secs => %(memory_s)s)
                    THEN known.strikes ELSE 0 END AS strikes
    ) AS earlier
)
RETURNING strikes, extract(epoch FROM ends_at - now())::float8"""

_CURRENT = """SELECT network, extract(epoch FROM ends_at - now())::float8
FROM address_timeout WHERE ends_at > now()"""


class Numbered(NamedTuple):
    """A network in time-out by the number that the audit trail names it by, and for how many seconds more."""

    number: int
    network: Network
    left_s: int
    strikes: int


class Timeout(NamedTuple):
    """A network in time-out, and for how many seconds more."""

    network: Network
    left_s: float


async def strike(conn: Connection, network: Network, *, memory_s: float, longest_s: float | None) -> Timeout:
    """One more strike; earlier ones count that are not older than `memory_s`. Never ends a longer time-out sooner."""
    cursor = await conn.execute(
        _STRIKE, {"network": network, "strike_s": STRIKE_S, "memory_s": memory_s, "longest_s": longest_s}
    )
    row = await cursor.fetchone()
    assert row is not None  # inserted or updated
    return Timeout(network, row[1])


_LEFT_S = "greatest(ceil(extract(epoch FROM ends_at - now())), 0)::int"


async def lock(conn: Connection, network: Network) -> int:
    """Seconds left of a network's time-out, which nobody else changes until the caller's transaction ends."""
    cursor = await conn.execute(f"SELECT {_LEFT_S} FROM address_timeout WHERE network = %s FOR UPDATE", (network,))
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def set_timeout(conn: Connection, network: Network, seconds: int) -> int:
    """From now on for so long, whatever was set before; the number of the time-out."""
    cursor = await conn.execute(
        """INSERT INTO address_timeout (network, ends_at) VALUES (%s, now() + make_interval(secs => %s))
           ON CONFLICT (network) DO UPDATE SET ends_at = excluded.ends_at, lifted_at = NULL RETURNING id""",
        (network, seconds),
    )
    row = await cursor.fetchone()
    assert row is not None  # inserted or updated
    return int(row[0])


async def lift(conn: Connection, network: Network, household: Network) -> list[Numbered]:
    """Forget the time-out and the strikes of a network, and those of the household that is struck for it.

    What was left of them is told. The rows stay for a day, without effect, so that this can be undone.
    """
    cursor = await conn.execute(
        f"""WITH found AS (
                SELECT id, {_LEFT_S} AS left_s, strikes FROM address_timeout
                WHERE (network = %s OR (network = %s AND strikes > 0)) AND (ends_at > now() OR strikes > 0)
                ORDER BY id FOR UPDATE)
            UPDATE address_timeout AS lifted
            SET ends_at = least(ends_at, now()), strikes = 0, struck_at = NULL, lifted_at = now()
            FROM found WHERE lifted.id = found.id
            RETURNING lifted.id, lifted.network, found.left_s, found.strikes""",
        (network, household),
    )
    return [Numbered(*row) for row in await cursor.fetchall()]


async def find(conn: Connection, number: int) -> Numbered | None:
    """The time-out with this number, also one that is over, which nobody else changes meanwhile."""
    cursor = await conn.execute(
        f"SELECT id, network, {_LEFT_S}, strikes FROM address_timeout WHERE id = %s FOR UPDATE", (number,)
    )
    row = await cursor.fetchone()
    return Numbered(*row) if row else None


async def listed(conn: Connection, *, after: int, limit: int) -> list[Numbered]:
    """All that last, by their numbers."""
    cursor = await conn.execute(
        f"""SELECT id, network, {_LEFT_S}, strikes FROM address_timeout
            WHERE ends_at > now() AND id > %s ORDER BY id LIMIT %s""",
        (after, limit),
    )
    return [Numbered(*row) for row in await cursor.fetchall()]


async def current(conn: Connection) -> list[Timeout]:
    """All that last, the longest first, as many as a node holds in memory."""
    cursor = await conn.execute(f"{_CURRENT} ORDER BY ends_at DESC LIMIT {MOST_MIRRORED}")
    return [Timeout(*row) for row in await cursor.fetchall()]


async def current_of(conn: Connection, networks: Sequence[Network]) -> list[Timeout]:
    """Those of the named networks that are in time-out."""
    cursor = await conn.execute(
        f"{_CURRENT} AND network = ANY(%s::cidr[])",
        ([str(network) for network in networks],),
    )
    return [Timeout(*row) for row in await cursor.fetchall()]


async def blocks(conn: Connection) -> list[Timeout]:
    """Blocks in time-out; single addresses are not listed."""
    cursor = await conn.execute(
        f"""{_CURRENT} AND masklen(network) < CASE family(network) WHEN 4 THEN 32 ELSE 128 END
            ORDER BY network LIMIT {MOST_MIRRORED}"""
    )
    return [Timeout(*row) for row in await cursor.fetchall()]


async def around(conn: Connection, network: Network) -> list[Timeout]:
    """What holds for a network: itself and the blocks around it, the widest first."""
    cursor = await conn.execute(f"{_CURRENT} AND network >>= %s ORDER BY masklen(network)", (network,))
    return [Timeout(*row) for row in await cursor.fetchall()]


async def forget_old(conn: Connection, *, memory_s: float) -> int:
    """Remove what is over and of which no strike counts any more; how many."""
    cursor = await conn.execute(
        """DELETE FROM address_timeout WHERE ends_at < now()
           AND (struck_at IS NULL OR struck_at < now() - make_interval(secs => %(memory_s)s))
           AND (lifted_at IS NULL OR lifted_at < now() - make_interval(secs => %(undo_s)s))""",
        {"memory_s": memory_s, "undo_s": UNDO_S},
    )
    return cursor.rowcount


async def seconds_since(conn: Connection, moment: datetime) -> int:
    """Whole seconds since then, by the database's clock."""
    cursor = await conn.execute("SELECT floor(extract(epoch FROM now() - %s))::int", (moment,))
    row = await cursor.fetchone()
    assert row is not None  # a SELECT without FROM has one row
    return int(row[0])


async def end_at(conn: Connection, number: int, moment: datetime) -> None:
    """Have a time-out end then, or now where that is past."""
    await conn.execute(
        """UPDATE address_timeout SET ends_at = %(at)s, lifted_at = CASE WHEN %(at)s > now() THEN NULL ELSE now() END
           WHERE id = %(number)s""",
        {"at": moment, "number": number},
    )
