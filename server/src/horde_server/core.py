"""What every slice of a node builds on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from horde_server.blobs.choice import BlobStores
from horde_server.database.notices import NoticeBoard
from horde_server.database.pool import Pool
from horde_server.http.client_address import ClientAddresses
from horde_server.settings import Settings
from horde_server.tasks.queue import TaskQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """Settings, connections, clocks and the ways to the other nodes. Made once a process, handed in everywhere."""

    settings: Settings
    clients: ClientAddresses
    pool: Pool
    tasks: TaskQueue
    blobs: BlobStores
    api_key_salt: bytes
    clock: Callable[[], float]  # seconds since the epoch
    monotonic: Callable[[], float]  # seconds
    publish: Callable[[str, Iterable[str]], None]  # after a commit, to the other nodes: topic, ids
    hear: Callable[[str, list[str]], Awaitable[None]]  # the same, to the slices of this node
    notices: NoticeBoard  # messages to the other nodes, that stand in no row

    async def announce(self, topic: str, ids: Collection[str]) -> None:
        """Rows were changed and committed: let the slices of this node and of the others take that over."""
        await self.hear(topic, list(ids))
        self.publish(topic, ids)

    async def workers_changed(self, ids: Collection[UUID]) -> None:
        """`announce` for rows of workers."""
        await self.announce("worker", [str(worker_id) for worker_id in ids])
