"""Bans of workers: kept in the database, mirrored in memory by every node, so that a pop costs no query.

A worker is banned by its owner, by its name in whatever case or width, or by the network it pops from. Who was banned
and comes back with another worker meets the same ban. Asking for work is not what a ban is about: see time-outs.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable, Collection, Iterable
from datetime import UTC, datetime
from typing import Any

import structlog
from psycopg.errors import ForeignKeyViolation, UniqueViolation

from horde_server.audit.trail import Actor, record, subject
from horde_server.database.pool import Connection, Pool
from horde_server.errors import BadRequest, HordeError, UserNotFound
from horde_server.http.networks import Network, NetworkTable
from horde_server.moderation.bans import store
from horde_server.moderation.bans.store import Ban, Banned

log = structlog.get_logger(__name__)

MOST_BANS = store.MOST_MIRRORED
_FOR_GOOD = float("inf")
_MOST_COMPARED = 300  # some letters are many in that form


class WorkerBanned(HordeError):
    """A moderator has banned this worker, its owner or its address: please contact a moderator."""

    status, rc = 403, "WorkerBanned"


class BanNotFound(HordeError):
    """There is no such ban in force."""

    status, rc = 404, "BanNotFound"


def compared_name(name: str) -> str:
    """The form in which names are compared: without case, and without widths and other looks of the same letters."""
    return unicodedata.normalize("NFKC", name).casefold()[:_MOST_COMPARED]


class Bans:
    """All bans. `refuse` is for every pop: a glance at memory."""

    def __init__(
        self, pool: Pool, announce: Callable[[str, Collection[str]], Awaitable[None]], clock: Callable[[], float]
    ) -> None:
        """`announce`: lets all nodes take over what was changed; `clock` is monotonic."""
        self._pool = pool
        self._announce = announce
        self._clock = clock
        self._reading = asyncio.Lock()  # what was read earlier must not replace what was read later
        self._in_force: dict[int, Ban] = {}
        self._index()

    def refuse(self, account_id: int, name: str, address: str) -> None:
        """Raise `WorkerBanned` where the owner, the name or the address is banned (workers.md §2.14)."""
        if not self._in_force:  # as nearly always
            return
        now = self._clock()
        if self._accounts.get(account_id, 0.0) > now:
            self._tell("account", lambda ban: ban.account_id == account_id)
        if self._names and self._names.get(compared_name(name), 0.0) > now:
            self._tell("worker name", lambda ban: ban.worker_name == compared_name(name))
        end = self._networks.latest_end(address) if self._networks else None
        if end is not None and end > now:
            self._tell("address", lambda ban: ban.network is not None and _holds(ban.network, address))

    async def add(
        self, conn: Connection, banned: Banned, *, reason: str | None, seconds: int | None, actor: Actor
    ) -> Ban:
        """Ban somebody from serving, within the caller's transaction, who then calls `changed`."""
        if len(self._in_force) >= MOST_BANS:
            raise BadRequest(f"There are {MOST_BANS} bans: lift some, or ban a wider network.")
        return await add(conn, banned, reason=reason, seconds=seconds, actor=actor)

    async def add_now(self, banned: Banned, *, reason: str | None, seconds: int | None, actor: Actor) -> Ban:
        """Ban somebody from serving; all nodes know at once."""
        async with self._pool.connection() as conn, conn.transaction():
            made = await self.add(conn, banned, reason=reason, seconds=seconds, actor=actor)
        await self.changed([made])
        return made

    async def lift(self, ban_id: int, actor: Actor) -> None:
        """End a ban. Raises `BanNotFound`."""
        async with self._pool.connection() as conn, conn.transaction():
            ban = await lift(conn, ban_id, actor)
        await self.changed([ban])

    async def listed(self, *, before: int | None, is_past_too: bool, limit: int) -> list[Ban]:
        """The newest bans."""
        async with self._pool.connection() as conn:
            return await store.listed(conn, before=before, is_past_too=is_past_too, limit=limit)

    async def changed(self, bans: Iterable[Ban]) -> None:
        """These were changed and committed: take that over, here and on the other nodes."""
        if ids := [str(ban.id) for ban in bans]:
            await self._announce("ban", ids)

    async def reload(self, _: object = None) -> None:
        """Take over what the database says."""
        async with self._reading:
            async with self._pool.connection() as conn:
                rows = await store.in_force(conn)
            self._in_force = {ban.id: ban for ban in rows}
            self._index()

    def _index(self) -> None:
        now = self._clock()
        self._accounts: dict[int, float] = {}
        self._names: dict[str, float] = {}
        self._networks = NetworkTable()
        for ban in self._in_force.values():
            end = _FOR_GOOD if ban.left_s is None else now + ban.left_s
            if ban.account_id is not None:
                self._accounts[ban.account_id] = end
            elif ban.worker_name is not None:
                self._names[ban.worker_name] = end
            elif ban.network is not None:
                self._networks.put(ban.network, end)

    def _tell(self, what: str, is_met: Callable[[Ban], bool]) -> None:
        met = [ban for ban in self._in_force.values() if is_met(ban)]
        longest = max(met, key=lambda ban: ban.ends_at or datetime.max.replace(tzinfo=UTC))
        until = longest.ends_at.isoformat(timespec="seconds") if longest.ends_at else None
        words = f"This {what} is banned from serving {f'until {until}' if until else 'for good'}"
        words += f": {longest.reason}" if longest.reason else ": please contact a moderator."
        raise WorkerBanned(words, **({"banned_until": until} if until else {}))


async def add(conn: Connection, banned: Banned, *, reason: str | None, seconds: int | None, actor: Actor) -> Ban:
    """Ban somebody from serving, within the caller's transaction. A ban of the same that is in force is replaced.

    `seconds`: None, for good. Raises `UserNotFound`.
    """
    before = await store.lock_same(conn, banned)
    if before is not None:
        await store.lift(conn, before.id)
    try:
        number = await store.add(conn, banned, reason=reason, seconds=seconds, made_by=actor.account_id)
    except ForeignKeyViolation:
        raise UserNotFound from None
    except UniqueViolation:
        raise BadRequest("Somebody else bans the same at this moment: look at the list of bans.") from None
    (made,) = await store.find(conn, [number])
    old = before.values() if before else {}
    await record(conn, actor, "ban.add", subject("ban", number), old=old, new=made.values(), concerns=banned.account_id)
    return made


async def lift(conn: Connection, ban_id: int, actor: Actor) -> Ban:
    """End a ban, within the caller's transaction. Raises `BanNotFound`."""
    ban = await store.lock(conn, ban_id)
    if ban is None or not ban.is_in_force:
        raise BanNotFound
    await store.lift(conn, ban_id)
    await record(conn, actor, "ban.lift", subject("ban", ban_id), old=ban.values(), concerns=ban.account_id)
    return ban


def ban_body(ban: Ban) -> dict[str, Any]:
    """A ban as moderators see it; what is empty is left out."""
    body = {
        "id": ban.id,
        "account": ban.account_id,
        "worker_name": ban.worker_name,
        "ipaddr": str(ban.network) if ban.network is not None else None,
        "reason": ban.reason,
        "by": ban.made_by,
        "created": ban.created_at.isoformat(),
        "ends": ban.ends_at.isoformat() if ban.ends_at else None,
        "lifted": ban.lifted_at.isoformat() if ban.lifted_at else None,
        "is_in_force": ban.is_in_force,
    }
    return {name: value for name, value in body.items() if value is not None}


def _holds(network: Network, address: str) -> bool:
    return NetworkTable([(network, 1.0)]).latest_end(address) is not None
