"""Time-outs of addresses: kept in the database, mirrored in memory by every node, so that asking costs no query.

A change is told by notice and counts on every node within a moment; a lost notice heals when the node reconciles.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable

import structlog

from horde_server.audit.trail import Actor, record, subject
from horde_server.database.pool import Pool
from horde_server.errors import HordeError
from horde_server.http.networks import (
    Network,
    NetworkSet,
    NetworkTable,
    account_network,
    household_of,
    parse_network,
)
from horde_server.identity.directory import Account
from horde_server.moderation.addresses import store
from horde_server.moderation.addresses.store import Numbered, Timeout

log = structlog.get_logger(__name__)

STRIKE_MEMORY_S = 24 * 3600
SERVICE_STRIKE_MEMORY_S = 3600
SERVICE_LONGEST_S = 300
"""Services send other people's prompts: their addresses are let off lightly."""
TOLD_UP_TO_S = 4 * 24 * 3600


class TimeoutIP(HordeError):
    """Your address may not use this horde: please contact a moderator."""

    status, rc = 403, "TimeoutIP"


class Forbidden(HordeError):
    """Your address is in time-out: send a Client-Agent that names your program to follow your requests."""

    status, rc = 403, "Forbidden"


class AddressTimeouts:
    """All time-outs. `refuse` and `refuse_nameless` are for hot paths: a glance at memory."""

    def __init__(
        self,
        pool: Pool,
        publish: Callable[[str, Iterable[str]], None],
        clock: Callable[[], float],
        services: Iterable[Network] = (),
    ) -> None:
        """`clock` is monotonic; addresses in `services` are let off lightly."""
        self._pool = pool
        self._publish = publish
        self._clock = clock
        self._services = NetworkSet(services)
        self._table = NetworkTable()
        self._reading = asyncio.Lock()  # what was read earlier must not replace what was read later

    @property
    def holds_any(self) -> bool:
        """Whether any address is in time-out."""
        return bool(self._table)

    def left_s(self, address: str) -> float:
        """Seconds that the address stays in time-out; 0: it is in none."""
        return self._left_s(self._table.latest_end(address))

    def refuse(self, address: str, account: Account | None = None) -> None:
        """Raise `TimeoutIP` for an address in time-out (requests.md §3.13, workers.md §2.9).

        Also for whoever asks with an `account` that was struck.
        """
        if not self._table:  # as nearly always
            return
        if left_s := math.ceil(self.left_s(address)):
            raise _refusal("address", left_s)
        if account is not None and (left_s := math.ceil(self._left_s(self._table.end_of(account_network(account.id))))):
            raise _refusal("account", left_s)

    def refuse_nameless(self, address: str) -> None:
        """Raise `Forbidden` when a program without a name follows requests from there (requests.md §9.9)."""
        if self.left_s(address):
            raise Forbidden

    async def strike(self, address: str) -> None:
        """A prompt from this address was refused: keep it out, for longer each time."""
        network = parse_network(address)
        if network is None:  # no address, such as a socket's path
            return
        left_s = await self._strike(household_of(network), is_service=address in self._services)
        log.warning("moderation.address_struck", left_s=round(left_s))

    async def strike_account(self, account: Account) -> None:
        """A prompt of this account was refused: it may not ask, for longer each time. Its workers go on serving."""
        left_s = await self._strike(account_network(account.id), is_service=account.service)
        log.warning("moderation.account_struck", account=account.id, left_s=round(left_s))

    async def set(self, network: Network, seconds: int, actor: Actor) -> None:
        """A moderator's time-out, from now on."""
        async with self._pool.connection() as conn, conn.transaction():
            left_s = await store.lock(conn, network)
            number = await store.set_timeout(conn, network, seconds)
            await record(
                conn,
                actor,
                "address.block",
                subject("address", number),
                old={"left_s": left_s},
                new={"left_s": seconds},
            )
        await self._changed([network])

    async def lift(self, network: Network, actor: Actor) -> None:
        """End a time-out and forget its strikes."""
        async with self._pool.connection() as conn, conn.transaction():
            lifted = await store.lift(conn, network, household_of(network))
            for each in lifted:
                of = subject("address", each.number)
                await record(conn, actor, "address.lift", of, old={"left_s": each.left_s}, new={"left_s": 0})
        await self._changed([each.network for each in lifted])

    async def listed(self, *, after: int, limit: int) -> list[Numbered]:
        """All time-outs, single addresses and accounts too, by their numbers."""
        async with self._pool.connection() as conn:
            return await store.listed(conn, after=after, limit=limit)

    async def blocks(self) -> list[Timeout]:
        """Blocks in time-out."""
        async with self._pool.connection() as conn:
            return await store.blocks(conn)

    async def around(self, network: Network) -> list[Timeout]:
        """The time-outs that hold for a network."""
        async with self._pool.connection() as conn:
            return await store.around(conn, network)

    async def forget_old(self) -> None:
        """Remove from the database what counts no more."""
        async with self._pool.connection() as conn:
            await store.forget_old(conn, memory_s=STRIKE_MEMORY_S)

    async def reload(self, names: Iterable[str] | None = None) -> None:
        """Take over what the database says: of all, or of the named networks."""
        async with self._reading, self._pool.connection() as conn:
            if names is None:
                found = await store.current(conn)
                now = self._clock()
                self._table = NetworkTable((each.network, now + each.left_s) for each in found)
                return
            changed = [network for name in names if (network := parse_network(name)) is not None]
            found = await store.current_of(conn, changed)
            for network in changed:
                self._table.discard(network)
            now = self._clock()
            for each in found:
                self._table.put(each.network, now + each.left_s)

    def _left_s(self, end: float | None) -> float:
        return max(end - self._clock(), 0.0) if end is not None else 0.0

    async def _strike(self, network: Network, *, is_service: bool) -> float:
        async with self._pool.connection() as conn:
            struck = await store.strike(
                conn,
                network,
                memory_s=SERVICE_STRIKE_MEMORY_S if is_service else STRIKE_MEMORY_S,
                longest_s=SERVICE_LONGEST_S if is_service else None,
            )
        await self._changed([struck.network])
        return struck.left_s

    async def _changed(self, networks: Iterable[Network]) -> None:
        names = [str(network) for network in networks]
        await self.reload(names)
        self._publish("address", names)


def _refusal(whose: str, left_s: int) -> TimeoutIP:
    if left_s > TOLD_UP_TO_S:
        return TimeoutIP(f"Your {whose} may not use this horde: please contact a moderator.")
    refusal = TimeoutIP(
        f"Your {whose} is in time-out for {left_s} more seconds, for prompts that were refused or by a moderator's "
        "decision: please wait."
    )
    refusal.headers["Retry-After"] = str(left_s)
    return refusal
