"""The SQL of the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from horde_server.database.pool import Connection


class Entry(NamedTuple):
    """An entry as it stands. `actor` is the alias of who did it, where it was an account."""

    id: int
    created_at: datetime
    via: str
    actor_id: int | None
    actor: str | None
    key_id: int | None
    action: str
    subject_kind: str
    subject_id: str
    concerns: int | None
    old: dict[str, Any]
    new: dict[str, Any]
    reason: str | None
    undone_by: int | None


async def add(conn: Connection, **columns: Any) -> int:
    """Add an entry: its columns by name, `old` and `new` as JSON; its number."""
    cursor = await conn.execute(
        """INSERT INTO audit_entry (via, actor_id, key_id, action, subject_kind, subject_id, concerns,
                                    old_value, new_value, reason)
           VALUES (%(via)s, %(actor_id)s, %(key_id)s, %(action)s, %(subject_kind)s, %(subject_id)s, %(concerns)s,
                   %(old)s, %(new)s, %(reason)s)
           RETURNING id""",
        columns,
    )
    row = await cursor.fetchone()
    assert row is not None  # INSERT … RETURNING
    return int(row[0])


_ENTRIES = """SELECT entry.id, entry.created_at, via, actor_id, account.username || '#' || account.id, key_id, action,
       subject_kind, subject_id, concerns, old_value, new_value, reason, undone_by
FROM audit_entry AS entry LEFT JOIN account ON account.id = entry.actor_id"""


class Sought(NamedTuple):
    """Which entries; what is None is not looked at. `before` is the number of an entry: the ones older than it."""

    action: str | None = None
    subject_kind: str | None = None
    subject_id: str | None = None
    actor_id: int | None = None
    concerns: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


_CONDITIONS = {
    "action": "action = %(action)s",
    "subject_kind": "subject_kind = %(subject_kind)s",
    "subject_id": "subject_id = %(subject_id)s",
    "actor_id": "actor_id = %(actor_id)s",
    "concerns": "concerns = %(concerns)s",
    "before": "entry.id < %(before)s",
    "since": "entry.created_at >= %(since)s AND entry.id >= %(first)s",
    "until": "entry.created_at <= %(until)s AND entry.id <= %(last)s",
}
# Numbers grow with time, but for transactions under way at the same moment: so the index of times tells between which
# numbers to look, and the index of any other condition is read there only.
_BETWEEN = """SELECT
    (SELECT id - 1000 FROM audit_entry WHERE created_at >= %(since)s ORDER BY created_at LIMIT 1),
    (SELECT id + 1000 FROM audit_entry WHERE created_at <= %(until)s ORDER BY created_at DESC LIMIT 1)"""


async def page(conn: Connection, sought: Sought, limit: int) -> list[Entry]:
    """The newest entries that are sought. An index leads to those of each condition, in their order."""
    asked: dict[str, Any] = {name: value for name, value in sought._asdict().items() if value is not None}
    conditions = " AND ".join(_CONDITIONS[name] for name in asked)
    where = f"WHERE {conditions}" if conditions else ""
    if sought.since is not None or sought.until is not None:
        cursor = await conn.execute(_BETWEEN, {"since": sought.since, "until": sought.until})
        first, last = await cursor.fetchone() or (None, None)
        if (sought.since is not None and first is None) or (sought.until is not None and last is None):
            return []
        asked.update(first=first, last=last)
    cursor = await conn.execute(
        f"{_ENTRIES} {where} ORDER BY entry.id DESC LIMIT %(limit)s".encode(), {**asked, "limit": limit}
    )
    return [Entry(*row) for row in await cursor.fetchall()]


async def lock(conn: Connection, entry_id: int) -> Entry | None:
    """The entry, which nobody else undoes until the caller's transaction ends."""
    cursor = await conn.execute(f"{_ENTRIES} WHERE entry.id = %s FOR UPDATE OF entry", (entry_id,))
    row = await cursor.fetchone()
    return Entry(*row) if row else None


async def mark_undone(conn: Connection, entry_id: int, undone_by: int) -> None:
    """Note by which entry it was undone."""
    await conn.execute("UPDATE audit_entry SET undone_by = %s WHERE id = %s", (undone_by, entry_id))
