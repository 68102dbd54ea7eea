"""How what moderators did is undone (moderation.md §7.4): modes, filters, time-outs of addresses, bans."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Final

from horde_server.audit.store import Entry
from horde_server.audit.undo import ChangedSince, Undoer, Undoers, Undone, refuse_changed
from horde_server.database.pool import Connection
from horde_server.moderation import store
from horde_server.moderation.addresses import store as address_store
from horde_server.moderation.bans import store as ban_store
from horde_server.moderation.modes import HordeModes
from horde_server.moderation.prompt_filters import store as filter_store
from horde_server.moderation.prompt_filters.directory import filter_values

_ALL_FILTERS: Final = {"prompt_filter": ["all"]}


async def _modes(conn: Connection, entry: Entry) -> Undone:
    now = asdict(HordeModes(*await store.lock_modes(conn)))
    refuse_changed(entry.new, {name: now[name] for name in entry.new})
    await store.change_modes(conn, entry.old)
    return Undone(entry.new, entry.old, {"modes": ["all"]})


async def _added_filter(conn: Connection, entry: Entry) -> Undone:
    found = await filter_store.lock(conn, int(entry.subject_id))
    refuse_changed(entry.new, filter_values(found) if found else None)
    await filter_store.remove(conn, int(entry.subject_id))
    return Undone(entry.new, {}, _ALL_FILTERS)


async def _changed_filter(conn: Connection, entry: Entry) -> Undone:
    number = int(entry.subject_id)
    found = await filter_store.lock(conn, number)
    refuse_changed(entry.new, filter_values(found) if found else None)
    if not await filter_store.change(conn, number, entry.old):
        raise ChangedSince  # another filter has its type and regex by now
    return Undone(entry.new, entry.old, _ALL_FILTERS)


async def _deleted_filter(conn: Connection, entry: Entry) -> Undone:
    if not await filter_store.restore(conn, int(entry.subject_id), entry.old):
        regex, filter_type = entry.old["regex"], entry.old["filter_type"]
        same = await filter_store.same(conn, filter_type=filter_type, regex=regex)
        raise ChangedSince({"id": same.id, **filter_values(same)} if same else None)
    return Undone({}, entry.old, _ALL_FILTERS)


async def _address(conn: Connection, entry: Entry) -> Undone:
    """A time-out was set or lifted: it ends again when it would have ended, which may be over by now."""
    found = await address_store.find(conn, int(entry.subject_id))
    if found is None:
        raise ChangedSince  # it was over, or lifted, long enough ago to be forgotten
    passed_s = await address_store.seconds_since(conn, entry.created_at)
    if found.left_s != max(entry.new["left_s"] - passed_s, 0):
        raise ChangedSince({"left_s": found.left_s})
    left_s = max(entry.old["left_s"] - passed_s, 0)
    await address_store.end_at(conn, found.number, entry.created_at + timedelta(seconds=entry.old["left_s"]))
    return Undone({"left_s": found.left_s}, {"left_s": left_s}, {"address": [str(found.network)]})


async def _added_ban(conn: Connection, entry: Entry) -> Undone:
    ban = await ban_store.lock(conn, int(entry.subject_id))
    if ban is None or not ban.is_in_force or entry.old or ban.values() != entry.new:
        raise ChangedSince(ban.values() if ban else None)
    await ban_store.lift(conn, ban.id)
    return Undone(entry.new, {}, {"ban": [str(ban.id)]})


async def _lifted_ban(conn: Connection, entry: Entry) -> Undone:
    if not await ban_store.restore(conn, int(entry.subject_id)):
        raise ChangedSince  # there is another ban of the same by now, or this one is over
    return Undone({}, entry.old, {"ban": [entry.subject_id]})


UNDOERS: Final[Undoers] = {
    "modes.change": Undoer(_modes, frozenset({"maintenance"})),
    "filter.add": Undoer(_added_filter),
    "filter.change": Undoer(_changed_filter),
    "filter.delete": Undoer(_deleted_filter),
    "address.block": Undoer(_address),
    "address.lift": Undoer(_address),
    "ban.add": Undoer(_added_ban),
    "ban.lift": Undoer(_lifted_ban),
}
