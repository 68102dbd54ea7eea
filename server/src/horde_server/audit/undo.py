"""Undoing what the audit trail tells of: which actions can be undone is said by the slices that do them (`undoing.py`).

An undo puts back what an entry says was there before, in one transaction with an entry of its own. Where somebody has
changed it again since, nothing is put back, and the refusal tells what is there now.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from horde_server.audit import store
from horde_server.audit.store import Entry
from horde_server.audit.trail import Actor, record, subject
from horde_server.database.pool import Connection
from horde_server.errors import HordeError
from horde_server.http.rights import Right


class AuditEntryNotFound(HordeError):
    """There is no such entry in the audit trail."""

    status, rc = 404, "AuditEntryNotFound"


class NotUndoable(HordeError):
    """This cannot be undone: change it back by hand."""

    rc = "NotUndoable"


class AlreadyUndone(HordeError):
    """This was undone already."""

    status, rc = 409, "AlreadyUndone"


class ChangedSince(HordeError):
    """This was changed again since, or is gone: look at `now`, and change by hand what is to be changed."""

    status, rc = 409, "ChangedSince"

    def __init__(self, now: Mapping[str, Any] | None = None) -> None:
        """`now`: what is there instead; empty where nothing is."""
        super().__init__(now=dict(now or {}))


class Undone(NamedTuple):
    """What was put back, and which rows the nodes are to be told of, by topic."""

    old: Mapping[str, Any]
    new: Mapping[str, Any]
    rows: Mapping[str, list[str]]


class Undoer(NamedTuple):
    """How entries of an action are undone."""

    undo: Callable[[Connection, Entry], Awaitable[Undone]]
    """In the caller's transaction. Raises `ChangedSince` or `NotUndoable`."""
    by_administrators: frozenset[str] = frozenset()
    """Fields of the entry that only administrators change, and so undo."""


Undoers = Mapping[str, Undoer]
"""By action."""


async def undo(
    conn: Connection, undoers: Undoers, entry_id: int, actor: Actor, check: Callable[[Right], None]
) -> tuple[int, Undone]:
    """Undo an entry, within the caller's transaction; the number of the new entry and what was put back.

    `check` raises where the caller lacks a right.
    """
    entry = await store.lock(conn, entry_id)
    if entry is None:
        raise AuditEntryNotFound
    if entry.undone_by is not None:
        raise AlreadyUndone(f"This was undone already, by entry {entry.undone_by}.")
    undoer = undoers.get(entry.action)
    if undoer is None:
        raise NotUndoable
    check(Right.ADMINISTER if undoer.by_administrators & entry.new.keys() else Right.MODERATE)
    undone = await undoer.undo(conn, entry)
    number = await record(
        conn,
        actor,
        f"{entry.action}.undo",
        subject(entry.subject_kind, entry.subject_id),
        old=undone.old,
        new=undone.new,
        concerns=entry.concerns,
    )
    await store.mark_undone(conn, entry.id, number)
    return number, undone


def refuse_changed(expected: Mapping[str, Any], now: Mapping[str, Any] | None) -> None:
    """Raise `ChangedSince` unless all that an entry left behind is still as it left it."""
    if now is None or any(now.get(name) != value for name, value in expected.items()):
        raise ChangedSince(now)
