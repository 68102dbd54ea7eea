"""When keys were last used: noted in memory, written once a minute by the node that saw them."""

from __future__ import annotations

from horde_server.database.pool import Pool
from horde_server.identity import key_store

WRITTEN_EVERY_S = 60.0


class KeyUses:
    """The keys that were used since they were last written. A use costs one look into a set."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._used: set[int] = set()

    def note(self, key_id: int) -> None:
        """A key was used; everybody's (0) is not noted."""
        if key_id:
            self._used.add(key_id)

    async def write(self) -> None:
        """Write what was noted. What cannot be written is noted anew."""
        used, self._used = self._used, set()
        if not used:
            return
        try:
            async with self._pool.connection() as conn:
                await key_store.note_uses(conn, used)
        except BaseException:
            self._used |= used
            raise
