"""Bans of workers: kept in the database, mirrored in memory by every node, so that a pop costs no query.

A worker is banned by its owner, by its name in whatever case or width, or by the network it pops from. Who was banned
and comes back with another worker meets the same ban. Asking for work is not what a ban is about: see time-outs.
"""

from __future__ import annotations

import asyncio
import html
import math
import unicodedata
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from ipaddress import ip_network
from typing import Any

import structlog
from psycopg.errors import ForeignKeyViolation, UniqueViolation

from horde_server.audit.trail import Actor, record, subject
from horde_server.database.pool import Connection, Pool
from horde_server.errors import BadRequest, HordeError, UserNotFound
from horde_server.http.networks import NetworkTable, parse_address
from horde_server.moderation.bans import store
from horde_server.moderation.bans.store import Ban, Banned

log = structlog.get_logger(__name__)

MOST_BANS = store.MOST_MIRRORED
_MOST_COMPARED = 300  # some letters are many in that form


class WorkerBanned(HordeError):
    """A moderator has banned this worker, its owner or its address: please contact a moderator."""

    status, rc = 403, "WorkerBanned"


class BanNotFound(HordeError):
    """There is no such ban in force."""

    status, rc = 404, "BanNotFound"


def compared_name(name: str) -> str:
    """The form in which names are compared: without case, and without widths and other looks of the same letters.

    Also a name as it was sent with one as it is stored and shown, where its markup is escaped.
    """
    return unicodedata.normalize("NFKC", html.unescape(name).strip()).casefold()[:_MOST_COMPARED]


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
        self._refuse_by("account", self._accounts.get(account_id))
        if self._names:
            self._refuse_by("worker name", self._names.get(compared_name(name)))
        if self._table.latest_end(address) is not None:  # O(different lengths of prefixes), and as nearly never
            for ban in self._around(address):
                self._refuse_by("address", ban)

    def holds(self, account_id: int, name: str) -> bool:
        """Whether a worker is banned by its owner or its name."""
        try:
            self.refuse(account_id, name, "")
        except WorkerBanned:
            return True
        return False

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
        self._ends = {ban.id: self._clock() + ban.left_s for ban in self._in_force.values() if ban.left_s is not None}
        self._accounts = {ban.account_id: ban for ban in self._in_force.values()}
        self._names = {ban.worker_name: ban for ban in self._in_force.values() if ban.worker_name is not None}
        self._networks = {ban.network: ban for ban in self._in_force.values() if ban.network is not None}
        self._table = NetworkTable((network, math.inf) for network in self._networks)

    def _around(self, address: str) -> Iterator[Ban]:
        """Bans of networks that hold an address, the narrowest first."""
        found = parse_address(address)
        if found is None:
            return
        for length in range(found.max_prefixlen, -1, -1):
            ban = self._networks.get(ip_network((found, length), strict=False))
            if ban is not None:
                yield ban

    def _refuse_by(self, what: str, ban: Ban | None) -> None:
        """Raise `WorkerBanned` by a ban that is not over."""
        if ban is None or self._ends.get(ban.id, math.inf) <= self._clock():
            return
        until = ban.ends_at.isoformat(timespec="seconds") if ban.ends_at else None
        words = f"This {what} is banned from serving {f'until {until}' if until else 'for good'}"
        words += f": {ban.reason}" if ban.reason else ": please contact a moderator."
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
