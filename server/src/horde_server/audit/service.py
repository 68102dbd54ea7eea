"""The audit trail as moderators and users read it, and undoing over the API."""

from __future__ import annotations

from typing import Any

from horde_server.audit import store
from horde_server.audit.store import Entry, Sought
from horde_server.audit.trail import Via, actor_of
from horde_server.audit.undo import Undoers, undo
from horde_server.core import Core
from horde_server.identity.caller import Caller


class AuditTrail:
    """All entries of the horde."""

    def __init__(self, core: Core, undoers: Undoers) -> None:
        self._core = core
        self._undoers = undoers

    async def page(self, sought: Sought, limit: int) -> list[dict[str, Any]]:
        """Entries as moderators see them, the newest first."""
        async with self._core.pool.connection() as conn:
            return [body_for_moderators(entry, self._undoers) for entry in await store.page(conn, sought, limit)]

    async def own(self, account_id: int, before: int | None, limit: int) -> list[dict[str, Any]]:
        """Entries that concern an account, as its user sees them, the newest first."""
        async with self._core.pool.connection() as conn:
            found = await store.page(conn, Sought(concerns=account_id, before=before), limit)
        return [_body_for_its_user(entry, account_id) for entry in found]

    async def undo(self, entry_id: int, caller: Caller) -> dict[str, Any]:
        """Put back what was there before an entry; the entry of the undo, as moderators see it."""
        async with self._core.pool.connection() as conn:
            async with conn.transaction():
                number, undone = await undo(conn, self._undoers, entry_id, actor_of(caller), caller.check)
            (entry,) = await store.page(conn, Sought(before=number + 1), 1)
        for topic, ids in undone.rows.items():
            await self._core.announce(topic, ids)
        return body_for_moderators(entry, self._undoers)


def body_for_moderators(entry: Entry, undoers: Undoers) -> dict[str, Any]:
    """All of an entry; what is empty is left out."""
    body = {
        **_what(entry),
        "via": entry.via,
        "actor": entry.actor,
        "key": entry.key_id,
        "concerns": entry.concerns,
        "undone_by": entry.undone_by,
        "is_undoable": entry.action in undoers and entry.undone_by is None,
    }
    return {name: value for name, value in body.items() if value is not None}


def _body_for_its_user(entry: Entry, account_id: int) -> dict[str, Any]:
    """An entry without who moderates: that somebody of them did it is told, and not who."""
    is_own = entry.actor_id == account_id
    who = {Via.API: "you" if is_own else "a moderator", Via.COMMAND_LINE: "the operator", Via.HORDE: "the horde"}
    body = {**_what(entry), "by": who[Via(entry.via)], "key": entry.key_id if is_own else None}
    return {name: value for name, value in body.items() if value is not None}


def _what(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "created": entry.created_at.isoformat(),
        "action": entry.action,
        "subject": {"kind": entry.subject_kind, "id": entry.subject_id},
        "old": entry.old,
        "new": entry.new,
        "reason": entry.reason,
    }
