"""The messages in force, mirrored in memory by every node: a pop looks here, and asks the database nothing.

Messages never change, so that keeping up means to compare ids and to read those that are new.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from horde_server.database.pool import Pool
from horde_server.workers.messages import store
from horde_server.workers.messages.store import Message

MOST_MIRRORED: Final = 10_000
MOST_TOLD: Final = 20
"""With one pop: the newest."""
NOTHING: Final[tuple[msgspec.Raw, ...]] = ()


class _Told(NamedTuple):
    created_at: datetime
    expires_s: float
    body: msgspec.Raw


class MessageMirror:
    """What workers are told. Belongs to the event loop."""

    def __init__(self, pool: Pool, clock: Callable[[], float]) -> None:
        self._pool = pool
        self._clock = clock
        self._reading = asyncio.Lock()  # what was read earlier must not replace what was read later
        self._known: dict[UUID, Message] = {}
        self._to_all: list[_Told] = []
        self._to_kind: dict[str, list[_Told]] = {}
        self._to_worker: dict[UUID, list[_Told]] = {}

    def told(self, worker_id: UUID, kind: str) -> Sequence[msgspec.Raw]:
        """What this worker of this kind is told with a pop: to it, to its kind and to all, the newest first.

        Costs nothing where there are no messages.
        """
        if not self._known:
            return NOTHING
        found = [*self._to_all, *self._to_kind.get(kind, ()), *self._to_worker.get(worker_id, ())]
        found.sort(key=lambda told: told.created_at, reverse=True)
        return list(self._in_force(found))[:MOST_TOLD]

    def addressed_to(self, worker_id: UUID) -> list[msgspec.Raw]:
        """What is told to this worker by name."""
        return list(self._in_force(self._to_worker.get(worker_id, ())))[:MOST_TOLD]

    def __len__(self) -> int:
        return len(self._known)

    async def reload(self) -> None:
        """Take over what the database says."""
        async with self._reading:
            async with self._pool.connection() as conn:
                ids = await store.active_ids(conn, most=MOST_MIRRORED)
                if ids == list(self._known):
                    return
                fresh = await store.find(conn, [each for each in ids if each not in self._known])
            known = {**self._known, **{message.id: message for message in fresh}}
            self._known = {each: known[each] for each in ids if each in known}
            self._sort()

    def _sort(self) -> None:
        to_all: list[_Told] = []
        to_kind: defaultdict[str, list[_Told]] = defaultdict(list)
        to_worker: defaultdict[UUID, list[_Told]] = defaultdict(list)
        for message in self._known.values():
            told = _Told(message.created_at, message.expires_at.timestamp(), _body(message))
            if message.audience == "all":
                to_all.append(told)
            elif message.kind is not None:
                to_kind[message.kind].append(told)
            for worker_id in message.worker_ids:
                to_worker[worker_id].append(told)
        self._to_all, self._to_kind, self._to_worker = to_all, dict(to_kind), dict(to_worker)

    def _in_force(self, found: Sequence[_Told]) -> Iterator[msgspec.Raw]:
        now = self._clock()
        return (told.body for told in found if told.expires_s > now)


def wire_date(moment: datetime) -> str:
    """A date as the API writes it: RFC 822, in UTC."""
    return format_datetime(moment.astimezone(UTC).replace(tzinfo=None))


def _body(message: Message) -> msgspec.Raw:
    told = {
        "id": str(message.id),
        "message": message.message,
        "origin": message.origin,
        "expiry": wire_date(message.expires_at),
    }
    return msgspec.Raw(msgspec.json.encode(told))
