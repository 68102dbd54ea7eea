"""The connection pool of a server process."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from psycopg_pool import AsyncConnectionPool, PoolTimeout

MIN_SERVER_VERSION = 150000
READY_WAIT_S = 30.0

Connection = psycopg.AsyncConnection[Any]


class PatientConnection(psycopg.AsyncConnection[Any]):
    """One that sleeps until its server speaks.

    The library's own wakes ten times a second while it waits, to look for signals that a running event loop tells of
    anyway: at rest, listening cost more than all other work of a node.
    """

    def wait(self, gen: PQGen[RV], interval: float = 60.0, timeout: float | None = None) -> Coroutine[Any, Any, RV]:
        """As the library's."""
        return super().wait(gen, interval, timeout)


class Pool(AsyncConnectionPool[Connection]):
    """A pool of autocommit connections."""

    async def _get_ready_connection(self, timeout: float | None) -> Connection | None:
        """The one returned last: its caches and those of its server process are warm. The library takes the coldest."""
        self._pool.rotate(1)
        return await super()._get_ready_connection(timeout)

    def connection(self, timeout: float | None = None) -> Loan:  # type: ignore[override] # lighter, as used the same
        """A connection for the time of a block: `async with pool.connection() as conn`."""
        return Loan(self, timeout)


class Loan:
    """What the library's own does, less the commit: there is none to make, and it costs each statement.

    A transaction is a block of its own; what one leaves open by mistake is rolled back when the connection returns.
    """

    __slots__ = ("_conn", "_pool", "_timeout")

    def __init__(self, pool: Pool, timeout: float | None) -> None:
        self._pool = pool
        self._timeout = timeout

    async def __aenter__(self) -> Connection:
        """Raises `PoolTimeout` when none is free in time."""
        self._conn = await self._pool.getconn(self._timeout)
        return self._conn

    async def __aexit__(self, *_: object) -> None:
        await self._pool.putconn(self._conn)


class DatabaseUnusable(RuntimeError):
    """The database cannot be used; the message says why and what to do."""


async def _autocommit(conn: Connection) -> None:
    await conn.set_autocommit(True)  # not among the arguments of the connection: durable tasks add it there


async def open_pool(dsn: str, *, size: int, name: str = "openhorde", wait_s: float = READY_WAIT_S) -> Pool:
    """An open pool of autocommit connections; at most `size` of them.

    Statements are prepared at their third use. Broken connections are replaced, so the pool survives a restart of the
    database; a statement in flight at that moment fails with `psycopg.OperationalError`.

    Raises:
        DatabaseUnusable: it cannot be reached within `wait_s` seconds, or is older than PostgreSQL 15.
    """
    pool = Pool(
        dsn,
        min_size=min(2, size),
        max_size=size,
        open=False,
        connection_class=PatientConnection,
        name=name,
        timeout=10.0,
        reconnect_timeout=60.0,
        configure=_autocommit,
        kwargs={"prepare_threshold": 2, "application_name": name},
    )
    try:
        await pool.open(wait=True, timeout=wait_s)
        async with pool.connection() as conn:
            version = conn.info.server_version
    except (PoolTimeout, psycopg.OperationalError) as error:
        await pool.close()
        raise DatabaseUnusable(f"The database cannot be reached: {error}") from error
    if version < MIN_SERVER_VERSION:
        await pool.close()
        raise DatabaseUnusable(f"PostgreSQL 15 or newer is needed; this server is version {version // 10000}.")
    return pool
