"""The connection pool of a server process."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Coroutine
from time import monotonic
from typing import Any
from weakref import WeakSet

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from psycopg_pool.base import AttemptWithBackoff
from psycopg_pool.pool_async import AddConnection, MaintenanceTask

from horde_server.database.limits import SessionLimits

MIN_SERVER_VERSION = 150000
READY_WAIT_S = 30.0
CONNECT_LIMIT_S = 5
_RETRY_LIMIT_S = 1.0  # between attempts to connect, while the database is not known to be away

_OVER_NETWORKS = {
    "connect_timeout": CONNECT_LIMIT_S,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # ms
}
"""A peer that vanished is noticed within half a minute, also by a connection that only listens."""

_TELLS_ENDS = "SELECT set_config('horde.tells_ends', 'on', false)"
"""Says that this session's code tells webhooks of the end of a request, so that no trigger does (migration 0016)."""

Connection = psycopg.AsyncConnection[Any]


class DatabaseUnusable(RuntimeError):
    """The database cannot be used; the message says why and what to do."""


class DatabaseAway(psycopg.OperationalError):
    """The database is known not to answer: nobody waits for it until it does."""

    def __init__(self) -> None:
        super().__init__("the database is away")


class PatientConnection(psycopg.AsyncConnection[Any]):
    """One that sleeps until its server speaks.

    The library's own wakes ten times a second while it waits, to look for signals that a running event loop tells of
    anyway: at rest, listening cost more than all other work of a node (1.7 ms of processor a second, so 0.3).
    """

    def wait(self, gen: PQGen[RV], interval: float = 60.0, timeout: float | None = None) -> Coroutine[Any, Any, RV]:
        """As the library's."""
        return super().wait(gen, interval, timeout)

    def cut(self) -> None:
        """Have whoever waits for an answer on it fail now, as if the server had closed it."""
        if not self.closed:
            with contextlib.suppress(OSError), socket.socket(fileno=os.dup(self.fileno())) as wire:
                wire.shutdown(socket.SHUT_RDWR)


class Pool(AsyncConnectionPool[Connection]):
    """A pool of autocommit connections, and whether there is anything to connect to.

    While the database is away (`watch` finds out) nobody waits: a connection is refused at once, those in use are cut,
    and none is attempted. When it is back, all are made anew at once.
    """

    def __init__(self, dsn: str, limits: SessionLimits, **options: Any) -> None:
        super().__init__(dsn, connection_class=PatientConnection, configure=self._configure_one, **options)
        self.is_away = False
        self.last_failure: psycopg.Error | None = None  # of an attempt to connect
        self._limits = limits
        self._made: WeakSet[Connection] = WeakSet()
        self._parked: list[bool] = []  # whether each connection that is to be made is to be followed by more

    def connection(self, timeout: float | None = None) -> Loan:  # type: ignore[override] # lighter, as used the same
        """A connection for the time of a block: `async with pool.connection() as conn`."""
        return Loan(self, timeout)

    def lend(self) -> Connection | None:
        """The idle connection that was returned last, at once; None where the library has to be asked.

        Its caches and those of its server process are warm: 20 µs less of the 100 that PostgreSQL takes for a statement
        by id at 500 a second, with eight connections. And what the library does besides (a lock, checks, lines for a
        log that nobody keeps) cost an eighth of this process's time in a job's life.
        """
        if not self._pool or self._lock.locked() or self._closed:
            return None
        conn = self._pool.pop()
        self._nconns_min = min(self._nconns_min, len(self._pool))  # by which the library closes those without use
        conn._pool = self  # noqa: SLF001 as the library marks what it lends
        return conn

    def take_back(self, conn: Connection) -> bool:
        """Keep a connection that is returned idle, young and to nobody who waits; False: the library looks after it."""
        if (
            self._waiting
            or self._lock.locked()
            or self._closed
            or self._pool_full_event is not None
            or conn.pgconn.transaction_status != TransactionStatus.IDLE
            or conn._created_at <= self._drained_at  # noqa: SLF001 written by the pool
            or conn._expire_at <= monotonic()  # noqa: SLF001 as that
        ):
            return False
        conn._pool = None  # noqa: SLF001 as the library unmarks it
        self._pool.append(conn)
        return True

    async def declare_away(self) -> None:
        """Let nobody wait: from now on, and of those who do. Call it again for those who came in between."""
        if not self.is_away:
            self.is_away = True
            for conn in list(self._made):
                conn.cut()  # type: ignore[attr-defined] # all are patient ones
            await self.drain()
        while self._waiting:
            await self._waiting.popleft().fail(DatabaseAway())

    def declare_back(self) -> None:
        """Connect again, all at once."""
        self.is_away = False
        parked, self._parked = self._parked, []
        for is_growing in parked:
            self.run_task(AddConnection(self, growing=is_growing))

    # ---------------------------------------------------------------- the library's own, changed

    async def _add_connection(self, attempt: AttemptWithBackoff | None, growing: bool = False) -> None:
        """Not now, if the database is away: the library would try less and less often, and stay away longer than it."""
        if self.is_away:
            self._parked.append(growing)
        else:
            await super()._add_connection(attempt, growing)

    async def _connect(self, timeout: float | None = None) -> Connection:
        """Remembers why it failed, which the library only logs."""
        try:
            return await super()._connect(timeout)
        except psycopg.Error as error:
            self.last_failure = error
            raise

    async def schedule_task(self, task: MaintenanceTask, delay: float) -> None:
        """A next attempt to connect comes soon, however many have failed."""
        await super().schedule_task(task, min(delay, _RETRY_LIMIT_S) if isinstance(task, AddConnection) else delay)

    async def _configure_one(self, conn: Connection) -> None:
        await conn.set_autocommit(True)  # not among the arguments of the connection: durable tasks add it there
        await self._limits.apply(conn)
        await conn.execute(_TELLS_ENDS)
        self._made.add(conn)


class Loan:
    """What the library's own does, less the commit: there is none to make, and it costs each statement.

    A transaction is a block of its own; what one leaves open by mistake is rolled back when the connection returns.
    """

    __slots__ = ("_conn", "_pool", "_timeout")

    def __init__(self, pool: Pool, timeout: float | None) -> None:
        self._pool = pool
        self._timeout = timeout

    async def __aenter__(self) -> Connection:
        """Raises `DatabaseAway` at once when it is known to be, `PoolTimeout` when none is free in time."""
        if self._pool.is_away:
            raise DatabaseAway
        self._conn = self._pool.lend() or await self._pool.getconn(self._timeout)
        return self._conn

    async def __aexit__(self, *_: object) -> None:
        if not self._pool.take_back(self._conn):
            await self._pool.putconn(self._conn)


async def open_pool(
    dsn: str,
    *,
    size: int,
    name: str = "openhorde",
    wait_s: float = READY_WAIT_S,
    limits: SessionLimits | None = None,
) -> Pool:
    """An open pool of autocommit connections; at most `size` of them. Their sessions keep `limits` (default: ours).

    Statements are prepared at their third use. Broken connections are replaced, so the pool survives a restart of the
    database; a statement in flight at that moment fails with `psycopg.OperationalError`.

    Raises:
        DatabaseUnusable: it cannot be reached within `wait_s` seconds, or is older than PostgreSQL 15.
    """
    pool = Pool(
        dsn,
        limits or SessionLimits(),
        min_size=min(2, size),
        max_size=size,
        open=False,
        name=name,
        timeout=10.0,
        reconnect_timeout=60.0,
        kwargs={"prepare_threshold": 2, "application_name": name, **network_options(dsn)},
    )
    try:
        await pool.open(wait=True, timeout=wait_s)
        async with pool.connection() as conn:
            version = conn.info.server_version
    except (PoolTimeout, psycopg.OperationalError) as error:
        await pool.close()
        reason = " ".join(str(pool.last_failure or error).split())
        raise DatabaseUnusable(
            f"The database cannot be reached: {reason}. Start it, or correct --database-url (HORDE_DATABASE_URL)."
        ) from error
    if version < MIN_SERVER_VERSION:
        await pool.close()
        raise DatabaseUnusable(f"PostgreSQL 15 or newer is needed; this server is version {version // 10000}.")
    return pool


async def connect(dsn: str, name: str = "openhorde") -> PatientConnection:
    """A connection of its own, in autocommit. Raises `psycopg.OperationalError`, also when nobody answers for long."""
    return await PatientConnection.connect(dsn, autocommit=True, application_name=name, **network_options(dsn))


def network_options(dsn: str) -> dict[str, Any]:
    """Options of a connection that notice a vanished peer; what the connection string says itself comes first."""
    given = conninfo_to_dict(dsn)
    return {name: value for name, value in _OVER_NETWORKS.items() if name not in given}
