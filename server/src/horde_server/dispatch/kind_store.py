"""The SQL of kinds: what statements must know of each, so that none of them names one."""

from __future__ import annotations

from collections.abc import Iterable

from horde_server.database.pool import Connection
from horde_server.dispatch.kind import KindRow

_STORE = """
INSERT INTO kind AS known
    (name, max_faults, max_dropped_per_hour, max_dropped_per_hour_in_raid, record_unit, is_taxed)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (name) DO UPDATE SET
    max_faults = excluded.max_faults, max_dropped_per_hour = excluded.max_dropped_per_hour,
    max_dropped_per_hour_in_raid = excluded.max_dropped_per_hour_in_raid, record_unit = excluded.record_unit,
    is_taxed = excluded.is_taxed
WHERE known IS DISTINCT FROM excluded"""


async def store_kinds(conn: Connection, rows: Iterable[KindRow]) -> None:
    """Bring the table in line with the code that starts."""
    for row in rows:
        await conn.execute(
            _STORE,
            (
                row.name,
                row.max_faults,
                row.max_dropped_per_hour,
                row.max_dropped_per_hour_in_raid,
                row.record_unit,
                row.is_taxed,
            ),
        )
