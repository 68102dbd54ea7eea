"""How far many requests are, of any kinds, and when any of them is over."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from horde_server.dispatch.ids import RequestId
from horde_server.requests.progress import Progress
from horde_server.requests.things import Things
from horde_server.requests.waiting import Patience, Waiting


class Checks:
    """Looks at many at once: mostly from memory, else by one query."""

    def __init__(self, things: Things, waiting: Waiting) -> None:
        self._things = things
        self._waiting = waiting

    async def look(self, ids: Collection[str], patience: Patience) -> dict[str, Progress | None]:
        """How far each is, by the ids as they were given; None: there is no such.

        Waits until one of them is over. Is one already, or not there, that is news: who has heard of it asks no more
        for it, and who has not would miss it.
        """
        named = {text: request_id for text in ids if (request_id := _request_id(text)) is not None}
        wanted = frozenset(named.values())
        found = await self._things.find(wanted)
        if patience and len(named) == len(ids) and len(found) == len(wanted):
            things = list(found.values())
            await self._waiting.until(lambda: any(thing.is_over for thing in things), wanted, patience)
            found = await self._things.find(wanted)
        things_by_text = {text: found.get(named[text]) if text in named else None for text in ids}
        return {text: thing.progress() if thing else None for text, thing in things_by_text.items()}


def _request_id(text: str) -> RequestId | None:
    try:
        return RequestId(UUID(text))
    except ValueError:
        return None
