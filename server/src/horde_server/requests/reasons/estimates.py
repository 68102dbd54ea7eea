"""When a request will be done: what is told of it, and what became of that."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from horde_server.database.pool import Pool
from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.dispatch.entry import AnyEntry as Entry
from horde_server.dispatch.entry import Promise
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.dispatch.states import FAULTED, RequestPhase
from horde_server.requests.reasons import outcome_store
from horde_server.requests.reasons.outcomes import LEAST_WAIT_S, Accuracy, Outcomes, outcome_of

LEAST_APART_S: Final = 0.05
"""Of requests that come faster than this only some are foretold and counted: a busy horde need not count all."""


class Eta(NamedTuple):
    """Seconds from now by which half, and nine of ten, such requests are done; infinite where so many never are."""

    p50_s: float
    p90_s: float


class Estimates:
    """Estimates of all kinds, and how they turned out."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._outcomes = Outcomes()

    def attend(self, dispatcher: Dispatcher[Any]) -> None:
        """Foretell the requests that this dispatcher takes, and see what becomes of that."""
        kind, queue = dispatcher.kind.name, dispatcher.queue
        last_s = -LEAST_APART_S

        def taken(entry: Entry) -> None:
            nonlocal last_s
            now = queue.now()
            if 0 <= now - last_s < LEAST_APART_S:
                return
            wait_s = queue.wait_s(entry)
            if wait_s is not None:
                last_s = now
                entry.promise = Promise(now, wait_s, *self._eta(kind, wait_s))

        def ended(entry: Entry) -> None:
            promise, state = entry.promise, entry.state
            if (
                promise is None or state.state == RequestPhase.CANCELLED
            ):  # who gives up says nothing of how long it takes
                return
            is_served = state.is_done and state.state != FAULTED
            real_s = max(queue.now() - promise.made_at_s, 0.0) if is_served else None
            self._outcomes.note(outcome_of(kind, promise.wait_s, promise.p50_s, promise.p90_s, real_s))

        dispatcher.promise = taken
        queue.when_promises_end(ended)

    def eta(self, kind: str, queue: LiveQueue, entry: Entry) -> Eta | None:
        """From now; None: it is done, or nobody serves it."""
        wait_s = queue.wait_s(entry)
        return None if wait_s is None else self._eta(kind, wait_s)

    def accuracy(self, kind: str) -> Accuracy:
        """Of the last days."""
        return self._outcomes.accuracy(kind)

    async def load(self) -> None:
        """What all nodes counted."""
        async with self._pool.connection() as conn:
            self._outcomes.replace(await outcome_store.find(conn))

    async def save(self) -> None:
        """Store what this node counted, and take over what the others did."""
        unsaved = self._outcomes.take_unsaved()
        try:
            async with self._pool.connection() as conn, conn.transaction():
                if unsaved:
                    await outcome_store.add(conn, unsaved)
                await outcome_store.forget(conn)
                stored = await outcome_store.find(conn)
        except BaseException:
            self._outcomes.give_back(unsaved)
            raise
        self._outcomes.replace(stored)

    def _eta(self, kind: str, wait_s: float) -> Eta:
        middle, late = self._outcomes.factors(kind, wait_s)
        plain = max(wait_s, LEAST_WAIT_S)
        return Eta(plain * middle, plain * late)
