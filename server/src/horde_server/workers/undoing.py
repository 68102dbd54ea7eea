"""How a change of a worker is undone (moderation.md §7.4)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from psycopg.errors import ForeignKeyViolation, UniqueViolation

from horde_server.audit.store import Entry
from horde_server.audit.undo import ChangedSince, Undoer, Undoers, Undone, refuse_changed
from horde_server.database.pool import Connection
from horde_server.workers import store


async def _changed(conn: Connection, entry: Entry) -> Undone:
    worker_id = UUID(entry.subject_id)
    worker = await store.lock_managed(conn, worker_id)
    refuse_changed(entry.new, worker.values() if worker else None)
    try:
        async with conn.transaction():
            await store.change_worker(conn, worker_id, {name: entry.old[name] for name in entry.new})
    except UniqueViolation:  # another worker has its old name by now
        raise ChangedSince({"name": entry.new["name"]}) from None
    except ForeignKeyViolation:  # the team is no more
        raise ChangedSince({"team_id": entry.new["team_id"]}) from None
    return Undone(entry.new, entry.old, {"worker": [entry.subject_id]})


UNDOERS: Final[Undoers] = {"worker.change": Undoer(_changed)}
