"""A database whose clock the test moves: `now()` is what it says, in every statement and every default.

Real servers beside it would take a leap for down time, so this is for tests of stores and services.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import psycopg

_INSTALL = """
CREATE SCHEMA moved;
CREATE TABLE moved.clock (at timestamptz NOT NULL);
CREATE FUNCTION moved.now() RETURNS timestamptz STABLE LANGUAGE sql AS 'SELECT at FROM moved.clock';
CREATE FUNCTION moved.clock_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql AS 'SELECT at FROM moved.clock';
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT attrelid::regclass AS name, attname FROM pg_attrdef JOIN pg_attribute
               ON adrelid = attrelid AND adnum = attnum WHERE pg_get_expr(adbin, adrelid) = 'now()'
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT moved.now()', one.name, one.attname);
    END LOOP;
    EXECUTE format('ALTER DATABASE %I SET search_path = moved, pg_catalog, public', current_database());
END $$;
"""


class MovedClock:
    """The clock of one database; connections that are made later than it follow it."""

    def __init__(self, dsn: str, begin: datetime) -> None:
        self._conn: psycopg.Connection[Any] = psycopg.connect(dsn, autocommit=True)
        self._conn.execute(_INSTALL)
        self._conn.execute("INSERT INTO moved.clock VALUES (%s)", (begin,))
        self.now = begin

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by
        self._conn.execute("UPDATE moved.clock SET at = %s", (self.now,))
        self._conn.execute("UPDATE horde_beat SET beat_at = %s", (self.now,))  # the horde was never down

    def close(self) -> None:
        """End the connection."""
        self._conn.close()
