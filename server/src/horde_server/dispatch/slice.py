"""The heart, as one of a node's slices: the queues and dispatchers of all kinds, and what keeps them in step."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping
from typing import Any

from horde_server.core import Core
from horde_server.database.pool import Connection
from horde_server.dispatch import store
from horde_server.dispatch.announcements import Announcements
from horde_server.dispatch.bulk_cancel import BulkCancel
from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.dispatch.kind import Kind, OrderT
from horde_server.dispatch.kind_store import store_kinds
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.dispatch.mirror import Mirror, Removing
from horde_server.periodic import every
from horde_server.slice import Gauge, Heard, Slice
from horde_server.webhooks.announcing import Announcer


class Dispatch(Slice):
    """Open requests in memory, of all kinds that were opened."""

    def __init__(self, core: Core, removing: Removing) -> None:
        """`removing`: what else happens in the transaction that removes requests."""
        self._core = core
        self.kinds: dict[str, Kind[Any]] = {}
        self.queues: dict[str, LiveQueue] = {}  # by the name of the kind
        self.dispatchers: dict[str, Dispatcher[Any]] = {}  # likewise
        self.announcements = Announcements(Announcer(core.tasks))
        self.mirror = Mirror(core.pool, self.dispatchers, core.publish, removing, self.announcements)

        self.bulk_cancel = BulkCancel(core.pool, self.queues, self.mirror, self.announcements)

    def open(self, kind: Kind[OrderT], *, matched_targeting: bool = False) -> Dispatcher[OrderT]:
        """The dispatcher of a kind, with a live queue of its own. `matched_targeting`: see `LiveQueue`."""
        core = self._core
        self.kinds[kind.name] = kind
        queue = self.queues[kind.name] = LiveQueue(core.clock, matched_targeting=matched_targeting)
        dispatcher = Dispatcher(
            kind, core.pool, queue, core.publish, self.announcements, lifetime_s=core.settings.request_lifetime_s
        )
        self.dispatchers[kind.name] = dispatcher
        return dispatcher

    def notices(self) -> Mapping[str, Heard]:
        """Requests that another node changed."""
        return {"request": self.mirror.refresh}

    async def load(self) -> None:
        """What statements know of the kinds; all open requests."""
        async with self._core.pool.connection() as conn:
            await store_kinds(conn, [kind.row for kind in self.kinds.values()])
        await self.mirror.load()

    async def reload(self) -> None:
        """Compared with the truth."""
        await self.mirror.reconcile()

    async def wipe(self, conn: Connection, account_id: int) -> None:
        """Its requests: prompts, pictures, addresses."""
        await store.expire_all_of(conn, account_id)

    async def resumed(self) -> None:
        """Times in memory are void."""
        await self.mirror.resumed()

    def work(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """Return what is overdue, and forget what expired."""
        return {"sweep": every(self._core.settings.sweep_interval_s, self._sweep)}

    async def _sweep(self) -> None:
        if dropped := await self.mirror.sweep():
            await self._core.workers_changed(dropped)

    def gauges(self) -> Iterable[Gauge]:
        """How much waits."""
        return [
            Gauge(
                "openhorde_waiting_jobs",
                "Jobs that wait for a worker",
                lambda: sum(queue.waiting_jobs for queue in self.queues.values()),
            ),
            Gauge(
                "openhorde_mirrored_requests",
                "Requests in the live queues of this node",
                lambda: sum(len(queue.entries) for queue in self.queues.values()),
            ),
        ]
