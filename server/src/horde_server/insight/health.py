"""Whether this node can serve: its database answers, and its disks have room."""

from __future__ import annotations

import asyncio

from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from horde_server.database.pool import Pool
from horde_server.insight import store
from horde_server.insight.disk_room import floor_of, local_places, what_is_full
from horde_server.settings import Settings

_LOOK_LIMIT_S = 2.0  # at the disks: one of another machine may hang


class Health:
    """What keeps a node from serving. The disks are looked at by one thread at a time."""

    def __init__(self, pool: Pool, settings: Settings) -> None:
        self._pool = pool
        self._places = local_places(settings)
        self._floor = floor_of(settings)
        self._looking: asyncio.Task[str | None] | None = None

    async def complaint(self) -> str | None:
        """A sentence on what is wrong; None when all is well."""
        if not await self._database_answers():
            return "The database does not answer."
        return await self._disks_lack()

    async def _database_answers(self) -> bool:
        """Whether a query goes through; not longer than the watch needs to know that none does."""
        try:
            async with self._pool.connection(timeout=2.0) as conn:
                await store.ask_anything(conn)
        except (OperationalError, PoolTimeout):
            return False
        return True

    async def _disks_lack(self) -> str | None:
        looking = self._looking
        if looking is None or looking.done():
            looking = asyncio.create_task(asyncio.to_thread(what_is_full, self._places, self._floor))
            self._looking = looking
        done, _ = await asyncio.wait((looking,), timeout=_LOOK_LIMIT_S)
        return looking.result() if done else "The disks of the data folder do not answer."
