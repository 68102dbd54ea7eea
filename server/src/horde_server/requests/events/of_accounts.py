"""The events of an account: the state of each of its requests, as it changes (events.md §3)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Final

import msgspec

from horde_server.dispatch.ids import RequestId
from horde_server.http.event_stream import KEEP_ALIVE, event
from horde_server.requests.pace import LEAST_BETWEEN_STATES_S, QUIET_S, key_of
from horde_server.requests.things import Thing, Things
from horde_server.requests.waiting import Receive, Waiting

MOST_FOLLOWED: Final = 200
"""Of each kind the latest: nobody reads the states of more at a time."""
LOOK_EVERY_S: Final = 5.0
"""Places in line change without news; what a change tells is told at once."""
_encode: Final = msgspec.json.Encoder().encode


class AccountEvents:
    """Follows all requests of an account in memory alone."""

    def __init__(self, things: Things, waiting: Waiting) -> None:
        self._things = things
        self._waiting = waiting

    async def tell(self, account_id: int, receive: Receive) -> AsyncGenerator[bytes, None]:
        """What goes on now, and each change from here on; until the client goes or the node stops."""
        clock = asyncio.get_running_loop().time
        told: dict[RequestId, tuple[int, Any]] = {
            thing.id: (_version(thing), None) for thing in self._of(account_id) if thing.is_over
        }
        said_s, all_at_s = clock(), -LOOK_EVERY_S
        with self._waiting.watch((account_id,), receive) as watch:
            while not watch.is_over:
                now_s, things = clock(), self._of(account_id)
                told = {thing.id: told[thing.id] for thing in things if thing.id in told}
                is_look = now_s - all_at_s >= LOOK_EVERY_S
                all_at_s = now_s if is_look else all_at_s
                for thing in things:
                    known = told.get(thing.id)
                    if known is not None and known[0] == _version(thing) and (not is_look or thing.is_over):
                        continue
                    progress = thing.progress()
                    key = (_version(thing), key_of(progress))
                    if known is None or known[1] != key[1]:
                        yield event("state", _encode({"request": str(thing.id), **msgspec.structs.asdict(progress)}))
                        said_s = clock()
                    told[thing.id] = key
                if watch.is_stopping:
                    return
                if clock() - said_s >= QUIET_S:
                    yield KEEP_ALIVE
                    said_s = clock()
                await asyncio.sleep(LEAST_BETWEEN_STATES_S)  # changes of half a second are told together
                await watch.come(LOOK_EVERY_S - LEAST_BETWEEN_STATES_S)

    def _of(self, account_id: int) -> list[Thing]:
        return self._things.of_account(account_id, MOST_FOLLOWED)


def _version(thing: Thing) -> int:
    """Grows with each change of its rows."""
    return sum(entry.state.version for entry in thing.present())
