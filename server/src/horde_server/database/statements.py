"""Statements of the hot paths: prepared once in each connection, their values packed and unpacked here.

A cursor looks at each statement anew: what kind its parameters are, whether it is prepared, how its columns are read.
Half of what the four statements in a job's life cost this process was that. Here a statement says once what its columns
are, and goes from values to rows without a cursor. Waiting, cancelling, locking and failing stay the library's own.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID
from weakref import WeakSet

import psycopg
from psycopg import generators, pq
from psycopg.abc import PQGen
from psycopg.errors import error_from_result

_PARAMETER = re.compile(r"%\((\w+)\)s")
_numbers = itertools.count()


def _text(value: str) -> bytes:
    if "\0" in value:  # libpq would end the text there, silently
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return value.encode()


class _Packers(dict[type, Callable[[Any], bytes | None]]):
    """How a parameter is written, by its type; an enumeration's is that of what it is made of."""

    def __missing__(self, kind: type) -> Callable[[Any], bytes | None]:
        for base in kind.__mro__:
            if base in self:
                self[kind] = self[base]
                return self[base]
        raise TypeError(f"no parameter of a statement can be a {kind.__name__}")


_PACK = _Packers(
    {
        type(None): lambda _: None,
        bool: lambda value: b"t" if value else b"f",
        int: lambda value: b"%d" % value,
        float: lambda value: repr(value).encode(),
        str: _text,
        UUID: lambda value: value.hex.encode(),
        list: lambda value: f"{{{','.join(map(str, value))}}}".encode(),  # of UUIDs: nothing else needs no quotes
    }
)
UNPACK: Mapping[str, Callable[[bytes], Any]] = {
    "bool": lambda value: value == b"t",
    "float8": float,
    "int": int,
    "text": bytes.decode,
    "uuid": lambda value: UUID(value.decode()),
}
"""How a column is read, by its type; `int` is of any size, `text` is JSON too."""


class Statement:
    """One SQL statement with parameters by name, `%(name)s`, and the types of its columns, keys of `UNPACK`.

    PostgreSQL finds out the types of the parameters, so the text says what it cannot guess (`%(ids)s::uuid[]`).
    """

    def __init__(self, sql: str, columns: Sequence[str]) -> None:
        self.name = b"horde_%d" % next(_numbers)
        self.columns = tuple(columns)
        self._names = list(dict.fromkeys(_PARAMETER.findall(sql)))
        numbered = {name: f"${number}" for number, name in enumerate(self._names, 1)}
        self._sql = sql
        self._numbered = _PARAMETER.sub(lambda found: numbered[found[1]], sql).encode()
        self._unpack = [(place, UNPACK[column]) for place, column in enumerate(columns)]
        self._is_prepared_in: WeakSet[psycopg.AsyncConnection[Any]] = WeakSet()

    async def rows(self, conn: psycopg.AsyncConnection[Any], values: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Run it. Raises what a cursor would raise.

        In a transaction a cursor runs it: a statement that the session has forgotten would be the transaction's end.
        """
        if conn.pgconn.transaction_status != pq.TransactionStatus.IDLE:
            return await (await conn.execute(self._sql.encode(), values)).fetchall()
        packed = [_PACK[type(value := values[name])](value) for name in self._names]
        try:
            result = await self._run(conn, packed)
        except psycopg.errors.InvalidSqlStatementName:  # the library forgets all that is prepared after a rollback
            self._is_prepared_in.discard(conn)
            result = await self._run(conn, packed)
        read = result.get_value
        return [
            tuple([None if (value := read(row, place)) is None else unpack(value) for place, unpack in self._unpack])
            for row in range(result.ntuples)
        ]

    async def row(self, conn: psycopg.AsyncConnection[Any], values: Mapping[str, object]) -> tuple[Any, ...] | None:
        """The first row, if there is one."""
        return next(iter(await self.rows(conn, values)), None)

    async def prepare(self, conn: psycopg.AsyncConnection[Any]) -> None:
        """Have a connection know it, which `rows` does by itself."""
        async with conn.lock:
            await conn.wait(self._preparing(conn.pgconn))
        self._is_prepared_in.add(conn)

    async def _run(self, conn: psycopg.AsyncConnection[Any], packed: list[bytes | None]) -> pq.abc.PGresult:
        if conn not in self._is_prepared_in:
            await self.prepare(conn)
        async with conn.lock:
            return await conn.wait(self._running(conn.pgconn, packed))

    def _preparing(self, pgconn: pq.abc.PGconn) -> PQGen[None]:
        pgconn.send_prepare(self.name, self._numbered)
        yield from _finish(pgconn, pq.ExecStatus.COMMAND_OK)

    def _running(self, pgconn: pq.abc.PGconn, packed: list[bytes | None]) -> PQGen[pq.abc.PGresult]:
        pgconn.send_query_prepared(self.name, packed)
        return (yield from _finish(pgconn, pq.ExecStatus.TUPLES_OK))


def _finish(pgconn: pq.abc.PGconn, wanted: pq.ExecStatus) -> PQGen[pq.abc.PGresult]:
    result: pq.abc.PGresult = (yield from generators.execute(pgconn))[-1]
    if result.status != wanted:
        raise error_from_result(result)
    return result
