"""Which model is meant by who names none (gateway-sdapi.md §3.1).

AUTOMATIC1111 has one that is chosen for everybody; here each caller has.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from horde_server.database.pool import Connection, Pool
from horde_server.gateway.sdapi import choice_store as store
from horde_server.gateway.sdapi.calls import Who, who_calls
from horde_server.identity.caller import Caller

_NAMELESS_KEPT_S: Final = 86_400.0
_MOST_NAMELESS: Final = 10_000


class Choices:
    """Of accounts in the database; of who has none, by household, in this process for a day."""

    def __init__(self, pool: Pool, clock: Callable[[], float]) -> None:
        self._pool = pool
        self._clock = clock
        self._nameless: OrderedDict[Who, tuple[float, str]] = OrderedDict()

    async def of(self, caller: Caller) -> str | None:
        """What a caller has chosen."""
        who = who_calls(caller)
        if not who[1]:
            async with self._pool.connection() as conn:
                return await store.chosen(conn, who[0])
        found = self._nameless.get(who)
        if found is None or self._clock() - found[0] > _NAMELESS_KEPT_S:
            return None
        return found[1]

    async def forget(self, conn: Connection, account_id: int) -> None:
        """An account is wiped, in the caller's transaction."""
        await store.forget(conn, account_id)

    async def choose(self, caller: Caller, checkpoint: str) -> None:
        """Let a caller have chosen a model."""
        who = who_calls(caller)
        if not who[1]:
            async with self._pool.connection() as conn, conn.transaction():
                await store.choose(conn, who[0], checkpoint)
                await store.forget_old(conn)
            return
        self._nameless.pop(who, None)
        self._nameless[who] = (self._clock(), checkpoint)
        while len(self._nameless) > _MOST_NAMELESS:
            self._nameless.popitem(last=False)
