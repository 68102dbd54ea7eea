"""Cancelling many requests at once, in batches, so that nobody waits long for a row (moderation.md §10)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import structlog

from horde_server.audit.trail import Actor, Subject, record, subject
from horde_server.database.pool import Connection, Pool
from horde_server.dispatch import bulk_cancel_store as store
from horde_server.dispatch.announcements import Announcements
from horde_server.dispatch.bulk_cancel_store import Amount, Chosen
from horde_server.dispatch.entry import RequestState
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.dispatch.mirror import Mirror

log = structlog.get_logger(__name__)

BATCH = 500
MOST_BATCHES = 200
"""Of one call: a hundred thousand requests. Who has more to cancel calls again."""
_TRIES = 20
_WAIT_S = 0.05

InTransaction = Callable[[Connection, list[RequestState]], Awaitable[None]]
"""What else happens in the transaction that cancels these."""


class BulkCancel:
    """Takes back what waits of many requests; jobs in workers' hands go on, are taken, paid and charged."""

    def __init__(
        self, pool: Pool, queues: Mapping[str, LiveQueue], mirror: Mirror, announcements: Announcements
    ) -> None:
        self._pool = pool
        self._queues = queues
        self._mirror = mirror
        self._announcements = announcements

    def naming(self, model: str, chosen: Chosen) -> Chosen:
        """Of these, the requests that name a model, or are a form of this name, by what memory says of them."""
        named = [
            entry.id
            for queue in self._queues.values()
            for entry in queue.entries.values()
            if model in entry.requirement.models
        ]
        return chosen._replace(ids=named)

    async def count(self, chosen: Chosen) -> Amount:
        """How much would be cancelled."""
        async with self._pool.connection() as conn:
            return await store.count(conn, chosen)

    async def cancel(self, chosen: Chosen, actor: Actor) -> Amount:
        """Cancel them; how much it was. All nodes hear of it."""
        amount = Amount(0, 0)
        async with self._pool.connection() as conn:
            async for states in cancelled(conn, chosen, actor, self._announcements.changed):
                for state in states:
                    self._mirror.changed(state)
                amount = amount.plus(states)
        log.info("dispatch.bulk_cancelled", requests=amount.requests)
        return amount


async def cancelled(
    conn: Connection, chosen: Chosen, actor: Actor, also: InTransaction | None = None
) -> AsyncIterator[list[RequestState]]:
    """Cancel requests in batches, each in a transaction of its own; the states after each, once it is committed.

    The first transaction records how much was found. Rows that somebody changes right now are tried again for a second.
    """
    found = await store.count(conn, chosen)
    tries = _TRIES
    is_recorded = False
    for _ in range(MOST_BATCHES):
        async with conn.transaction():
            states = await store.cancel_some(conn, chosen, BATCH)
            if states and not is_recorded:
                told = {"requests": found.requests, "jobs": found.jobs, "by_address": chosen.network is not None}
                await record(conn, actor, "requests.cancel", _of(chosen), old=told, concerns=chosen.account_id)
                is_recorded = True
            if states and also is not None:
                await also(conn, states)
        if states:
            yield states
            await asyncio.sleep(0)  # others are served between two batches
        elif tries == 0 or (await store.count(conn, chosen)).requests == 0:
            return
        else:
            tries -= 1
            await asyncio.sleep(_WAIT_S)


def _of(chosen: Chosen) -> Subject:
    return subject("account", chosen.account_id) if chosen.account_id is not None else subject("horde", "requests")
