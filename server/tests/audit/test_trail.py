"""Entries of the audit trail are a part of the change they tell of."""

from __future__ import annotations

from typing import Any

from psycopg import Rollback
from psycopg.rows import dict_row

from horde_server.audit.trail import COMMAND_LINE, REASON_LENGTH, Actor, Via, changed, record, subject
from horde_server.database.pool import Pool


async def entries(pool: Pool, kind: str) -> list[dict[str, Any]]:
    """All entries about subjects of a kind, the oldest first."""
    async with pool.connection() as conn, conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute("SELECT * FROM audit_entry WHERE subject_kind = %s ORDER BY id", (kind,))
        return await cursor.fetchall()


async def test_an_entry_says_who_did_what_to_whom_and_why(pool: Pool) -> None:
    async with pool.connection() as conn:
        number = await record(
            conn,
            Actor(Via.API, 7, 3),
            "lamp.change",
            subject("lamp", 12),
            old={"on": False},
            new={"on": True},
            why="It was dark.",
            concerns=9,
        )
    (entry,) = await entries(pool, "lamp")
    assert entry.pop("created_at")
    assert entry == {
        "id": number,
        "via": "api",
        "actor_id": 7,
        "key_id": 3,
        "action": "lamp.change",
        "subject_kind": "lamp",
        "subject_id": "12",
        "concerns": 9,
        "old_value": {"on": False},
        "new_value": {"on": True},
        "reason": "It was dark.",
        "undone_by": None,
    }


async def test_a_change_that_is_taken_back_leaves_no_entry(pool: Pool) -> None:
    async with pool.connection() as conn, conn.transaction():
        await record(conn, COMMAND_LINE, "bell.ring", subject("bell", 1))
        raise Rollback
    assert not await entries(pool, "bell")


async def test_a_reason_is_cut(pool: Pool) -> None:
    async with pool.connection() as conn:
        await record(conn, COMMAND_LINE, "book.read", subject("book", 1), why="x" * 10_000)
    (entry,) = await entries(pool, "book")
    assert entry["reason"] == "x" * REASON_LENGTH


def test_what_changed_is_told_and_nothing_else() -> None:
    old, new = changed({"a": 1, "b": 2, "gone": 3}, {"a": 1, "b": 5, "here": 4})
    assert old == {"b": 2, "gone": 3, "here": None}
    assert new == {"b": 5, "gone": None, "here": 4}
