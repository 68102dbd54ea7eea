"""Another node, whose clock runs ahead: what will be due later is due for it now."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from horde_server.blobs.choice import BlobStores, Purpose
from horde_server.blobs.store import BlobStore
from horde_server.database.pool import Pool
from horde_server.requests.image.sharing.service import Share, SharedImages
from horde_server.requests.pictures.retention import BlobRetention, Deletion
from horde_server.tasks.queue import TaskLimits, TaskQueue


class Later:
    """What a node does whose clock runs ahead of the others'."""

    lifetime_s = 7200

    def __init__(self, pool: Pool, stores: BlobStores) -> None:
        self.pool = pool
        self.stores = stores
        tasks = TaskQueue(pool, TaskLimits())
        self.retention = BlobRetention(pool, stores, tasks, lifetime_s=self.lifetime_s, link_s=1800)
        self.shared_images = SharedImages(pool, stores, tasks, self.retention)

    @property
    def shared(self) -> BlobStore:
        """Where shared images are kept."""
        assert self.stores.shared is not None
        return self.stores.shared

    async def delete(self, *keys: str) -> None:
        """The durable task, for results."""
        await self.retention._delete(Deletion(Purpose.RESULTS, list(keys)))

    async def share(self, job_id: UUID) -> None:
        """The durable task."""
        await self.shared_images._copy(Share(job_id))


LaterBy = Callable[[float], Later]
"""Such a node, so many seconds ahead."""
