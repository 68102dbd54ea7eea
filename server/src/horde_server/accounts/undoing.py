"""How changes of accounts are undone (moderation.md §7.4): flags, roles and limits; never kudos, names or keys."""

from __future__ import annotations

from typing import Final

from horde_server.accounts import store, undo_store
from horde_server.audit.store import Entry
from horde_server.audit.undo import ChangedSince, NotUndoable, Undoer, Undoers, Undone, refuse_changed
from horde_server.database.pool import Connection

_UNDOABLE: Final = frozenset(
    {
        "concurrency", "customizer", "education", "flagged", "model_aliases", "moderator", "public_workers", "service",
        "special", "trusted", "usage_multiplier", "vpn", "worker_invited",
    }
)  # fmt: skip


async def _changed(conn: Connection, entry: Entry) -> Undone:
    if not entry.new or not entry.new.keys() <= _UNDOABLE:
        raise NotUndoable("This changed kudos, a name or a key, which is not undone: change it back by hand.")
    account_id = int(entry.subject_id)
    refuse_changed(entry.new, await undo_store.lock_columns(conn, account_id, entry.new.keys()))
    await store.change(conn, account_id, {name: entry.old[name] for name in entry.new})
    return Undone(entry.new, entry.old, {"account": [entry.subject_id]})


async def _deleted(conn: Connection, entry: Entry) -> Undone:
    if not await undo_store.unmark_deleted(conn, int(entry.subject_id)):
        raise ChangedSince({"deleted": False})
    return Undone({}, {"deleted": False}, {"account": [entry.subject_id]})


UNDOERS: Final[Undoers] = {
    "account.change": Undoer(_changed, frozenset({"moderator", "usage_multiplier"})),
    "account.delete": Undoer(_deleted),
}
