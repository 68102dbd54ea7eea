"""What somebody asked for, by its id, whatever its kind: a request, or an interrogation with its forms."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

from horde_server.database.pool import Pool
from horde_server.dispatch import store
from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.dispatch.entry import AnyEntry as Entry
from horde_server.dispatch.entry import entry_key
from horde_server.dispatch.ids import RequestId
from horde_server.requests.progress import Progress, progress

NameOf: TypeAlias = Callable[[Entry], RequestId]
"""By which id its requester knows what a request belongs to."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing that was asked for. It is looked at in memory alone."""

    id: RequestId
    dispatcher: Dispatcher[Any]
    entries: tuple[Entry, ...]  # one; of an interrogation one for each form, in their order

    @property
    def account_id(self) -> int:
        """Whose it is."""
        return self.entries[0].account_id

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it: done, faulted or gone."""
        known = self.dispatcher.queue.entries
        return all(entry.id not in known or entry.state.is_done for entry in self.present())

    def present(self) -> list[Entry]:
        """Its requests as the live queue knows them; as they were last, where they are no more there."""
        known = self.dispatcher.queue.entries
        return [known.get(entry.id, entry) for entry in self.entries]

    def progress(self) -> Progress:
        """How far it is: what its forms have, what they cost and how long they take together."""
        queue = self.dispatcher.queue
        told = [progress(entry, queue) for entry in self.present()]
        return told[0] if len(told) == 1 else _together(told)


class Things:
    """Finds things of all kinds."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._places: dict[str, tuple[Dispatcher[Any], NameOf | None]] = {}

    def open(self, dispatcher: Dispatcher[Any], name_of: NameOf | None = None) -> None:
        """Let those of a kind be found. `name_of`: where requests are known by the id of what they belong to."""
        self._places[dispatcher.kind.name] = (dispatcher, name_of)

    async def find(self, ids: Collection[RequestId]) -> dict[RequestId, Thing]:
        """Those that there are of these. What is not in memory is looked up by one query."""
        found = {known.id: known for each in ids if (known := self._remembered(each)) is not None}
        if missing := [each for each in ids if each not in found]:
            async with self._pool.connection() as conn:
                rows = await store.fetch_asked(conn, missing)
            places = [(self._places[row.kind], row) for row in rows if row.kind in self._places]
            for thing in _grouped((*place, place[0].mirror(row)) for place, row in places):
                if thing.id in missing:  # and not by the id of a form, which nobody is told
                    found[thing.id] = thing
        return found

    def of_account(self, account_id: int, most: int) -> list[Thing]:
        """The latest of an account that are in memory, of each kind so many: open ones, and those lately done.

        O(those it tells of); of a kind with forms O(all that the account has there), as each is told with all of them.
        """
        found: list[Thing] = []
        for dispatcher, name_of in self._places.values():
            latest = dispatcher.queue.latest_of(account_id)
            entries = latest if name_of is not None else islice(latest, most)
            found += _grouped(((dispatcher, name_of, entry) for entry in entries), most)
        return found

    def _remembered(self, request_id: RequestId) -> Thing | None:
        for dispatcher, name_of in self._places.values():
            if name_of is None and (entry := dispatcher.queue.entries.get(request_id)) is not None:
                return Thing(request_id, dispatcher, (entry,))
        return None


def _grouped(entries: Iterable[tuple[Dispatcher[Any], NameOf | None, Entry]], most: int | None = None) -> list[Thing]:
    """What these belong to, the first so many, each with all that are of it."""
    together: dict[RequestId, tuple[Dispatcher[Any], list[Entry]]] = {}
    for dispatcher, name_of, entry in entries:
        known_by = entry.id if name_of is None else name_of(entry)
        if most is None or known_by in together or len(together) < most:
            together.setdefault(known_by, (dispatcher, []))[1].append(entry)
    return [
        Thing(known_by, dispatcher, tuple(sorted(parts, key=entry_key)))
        for known_by, (dispatcher, parts) in together.items()
    ]


def _together(parts: list[Progress]) -> Progress:
    return Progress(
        finished=sum(each.finished for each in parts),
        processing=sum(each.processing for each in parts),
        restarted=sum(each.restarted for each in parts),
        waiting=sum(each.waiting for each in parts),
        done=all(each.done for each in parts),
        faulted=all(each.faulted for each in parts),
        wait_time=max(each.wait_time for each in parts),
        queue_position=max(each.queue_position for each in parts),
        kudos=sum(each.kudos for each in parts),
        is_possible=all(each.is_possible for each in parts),
    )
