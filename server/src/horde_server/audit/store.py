"""The SQL of the audit trail."""

from __future__ import annotations

from typing import Any

from horde_server.database.pool import Connection


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


_WITHOUT_TEXTS = """(SELECT coalesce(jsonb_object_agg(key,
    CASE WHEN jsonb_typeof(value) IN ('number', 'boolean') THEN value ELSE 'null'::jsonb END), '{{}}')
    FROM jsonb_each({column}))"""


async def forget_texts(conn: Connection, account_id: int) -> None:
    """Of the entries that concern an account: empty every text that they hold, and the reasons."""
    await conn.execute(
        f"""UPDATE audit_entry SET reason = NULL, old_value = {_WITHOUT_TEXTS.format(column="old_value")},
                new_value = {_WITHOUT_TEXTS.format(column="new_value")}
            WHERE concerns = %(id)s OR subject_kind = 'account' AND subject_id = %(id)s::text""",
        {"id": account_id},
    )
