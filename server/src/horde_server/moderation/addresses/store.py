"""The SQL of address time-outs. Times are seconds that are left, by the database's clock: nodes' clocks may differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from horde_server.database.pool import Connection
from horde_server.http.networks import Network

STRIKE_S = 180
"""Strike n of an address, counted from 0, lasts (2n + 1) times as long."""
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


async def set_timeout(conn: Connection, network: Network, seconds: int) -> None:
    """From now on for so long, whatever was set before."""
    await conn.execute(
        """INSERT INTO address_timeout (network, ends_at) VALUES (%s, now() + make_interval(secs => %s))
           ON CONFLICT (network) DO UPDATE SET ends_at = excluded.ends_at""",
        (network, seconds),
    )


async def lift(conn: Connection, network: Network, household: Network) -> list[Network]:
    """Forget the time-out and the strikes of a network, and those of the household that is struck for it."""
    cursor = await conn.execute(
        "DELETE FROM address_timeout WHERE network = %s OR (network = %s AND strikes > 0) RETURNING network",
        (network, household),
    )
    return [row[0] for row in await cursor.fetchall()]


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
           AND (struck_at IS NULL OR struck_at < now() - make_interval(secs => %s))""",
        (memory_s,),
    )
    return cursor.rowcount
