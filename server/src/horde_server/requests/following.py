"""All that happens to a request, as it happens: the one source of streams and events, for every face.

Woken by the one signal (`waiting.py`): while nothing happens the database is asked nothing. What the live queue does
not hold, the results, is read when it says that there are more of them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.dispatch.entry import AnyEntry as Entry
from horde_server.dispatch.ids import JobId, RequestId
from horde_server.dispatch.states import RequestPhase
from horde_server.dispatch.store import Generation
from horde_server.errors import HordeError, RequestNotFound
from horde_server.http.networks import household
from horde_server.requests.pace import QUIET_S, Pace
from horde_server.requests.places import Places
from horde_server.requests.progress import Progress, progress
from horde_server.requests.waiting import Receive, Waiting, Watch
from horde_server.streams.happenings import Delta, Preview, Restarted, Step, Text
from horde_server.streams.listening import Listener
from horde_server.streams.relay import Relay

__all__ = [
    "ClientGone", "Delivered", "Delta", "End", "Following", "Happening", "Preview", "Quiet", "Restarted", "State",
    "Step", "StreamPlaces", "Text", "TooManyStreams", "Wants",
]  # fmt: skip

MOST_STREAMS: Final = 10_000
"""In one process."""


@dataclass(frozen=True, slots=True)
class Wants:
    """What whoever follows would hear besides states and results: what workers tell while they work."""

    text: bool = False
    steps: bool = False
    previews: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """How far the request is: first of all, and at each change."""

    progress: Progress


@dataclass(frozen=True, slots=True)
class Delivered:
    """A result, which is the truth, whatever was told of it before."""

    slot: int
    generation: Generation


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nothing has happened for a while."""


@dataclass(frozen=True, slots=True)
class End:
    """The last that is told. `is_gone`: the request is there no more. `is_stopping`: this node stops, it goes on."""

    done: bool
    faulted: bool
    is_gone: bool = False
    is_stopping: bool = False


Happening: TypeAlias = State | Text | Delta | Step | Preview | Restarted | Delivered | Quiet | End


class ClientGone(Exception):
    """Whoever followed has gone: nobody is told anything more."""


class TooManyStreams(HordeError):
    """So many answers are held open for your network already: end some of them first, or ask with Prefer: wait."""

    status, rc = 429, "TooManyStreams"

    def __init__(self) -> None:
        super().__init__()
        self.headers["Retry-After"] = "5"


class StreamPlaces:
    """How many streams may be open, of one client and in all."""

    def __init__(self, of_household: int) -> None:
        self.of_clients = Places(of_household)  # which streams share with waits
        self._all = 0

    def __len__(self) -> int:
        return self._all

    @contextmanager
    def place(self, address: str) -> Iterator[None]:
        """A place for one stream. Raises `TooManyStreams`."""
        with self.of_clients.one(household(address)) as has_place:
            if not has_place or self._all >= MOST_STREAMS:
                raise TooManyStreams
            self._all += 1
            try:
                yield
            finally:
                self._all -= 1


class Following:
    """Tells what happens to requests, of whichever kind."""

    def __init__(self, waiting: Waiting, relay: Relay) -> None:
        self._waiting = waiting
        self._relay = relay
        self._dispatchers: list[Dispatcher[Any]] = []

    def open(self, dispatcher: Dispatcher[Any]) -> None:
        """Let requests of a kind be followed."""
        self._dispatchers.append(dispatcher)

    async def find(self, request_id: RequestId) -> tuple[Dispatcher[Any], Entry]:
        """A request and where it is served. Raises `RequestNotFound`."""
        for dispatcher in self._dispatchers:
            if (known := dispatcher.queue.entries.get(request_id)) is not None:
                return dispatcher, known
        for dispatcher in self._dispatchers:
            if (found := await dispatcher.find(request_id)) is not None:
                return dispatcher, found
        raise RequestNotFound

    async def follow(
        self, request_id: RequestId, receive: Receive, *, wants: Wants = Wants(), quiet_s: float = QUIET_S
    ) -> AsyncGenerator[Happening, None]:
        """What happens to a request, from its present state to its end.

        `receive`: of the client's connection, with its request read. Raises `RequestNotFound` before anything is told,
        and `ClientGone`. Whoever stops early closes the iterator (`contextlib.aclosing`).
        """
        dispatcher, entry = await self.find(request_id)
        kind, jobs = dispatcher.kind.name, entry.state.jobs
        with (
            self._waiting.watch((request_id,), receive) as watch,
            self._relay.listening(
                request_id, kind, jobs, text=wants.text, steps=wants.steps, previews=wants.previews
            ) as listener,
        ):
            async for happening in _Follower(dispatcher, entry, watch, listener, self._relay, quiet_s).run():
                yield happening


class _Follower:
    """One stream of one request."""

    def __init__(
        self,
        dispatcher: Dispatcher[Any],
        entry: Entry,
        watch: Watch,
        listener: Listener,
        relay: Relay,
        quiet_s: float,
    ) -> None:
        self._dispatcher = dispatcher
        self._entry = entry
        self._watch = watch
        self._listener = listener
        self._relay = relay
        self._pace = Pace(quiet_s)
        self._told_jobs: set[JobId] = set()

    async def run(self) -> AsyncGenerator[Happening, None]:
        """Until its end."""
        while True:
            if self._watch.is_over:
                raise ClientGone
            entry = self._current()
            if (state := self._state(entry)) is not None:
                yield state
                self._pace.told()
            for told in self._listener.take():
                yield told
                self._pace.told()
            if entry.state.finished > len(self._told_jobs):
                async for happening in self._results():
                    yield happening
                    self._pace.told()
            if entry is not self._current():
                continue
            if (end := self._end(entry)) is not None:
                yield end
                return
            if self._pace.is_quiet:
                yield Quiet()
                self._pace.told()
            await self._watch.come(self._pace.next_look_s)

    def _current(self) -> Entry:
        """The request as the live queue knows it; as it was last, where it is no more there."""
        self._entry = self._dispatcher.queue.entries.get(self._entry.id, self._entry)
        return self._entry

    def _state(self, entry: Entry) -> State | None:
        """How far it is, if that is another than was told, and was not told just now."""
        is_last = entry.state.is_done
        if not self._pace.is_due(is_last=is_last):
            return None
        now = progress(entry, self._dispatcher.queue)
        return State(now) if self._pace.may_tell(now, is_last=is_last) else None

    async def _results(self) -> AsyncGenerator[Happening, None]:
        """What was delivered since the last look."""
        found = await self._dispatcher.status(self._entry.id)
        for made in found[1] if found is not None else ():
            if made.id in self._told_jobs:
                continue
            self._told_jobs.add(made.id)
            slot = await self._relay.slot_of_result(self._listener.request, made.id)
            if self._listener.text and self._dispatcher.kind.name == "text":
                for told in self._listener.take():  # what came while the database was asked
                    yield told
                if (rest := self._relay.rest_of(self._listener, slot, made)) is not None:
                    yield rest
            yield Delivered(slot, made)

    def _end(self, entry: Entry) -> End | None:
        state, is_known = entry.state, entry.id in self._dispatcher.queue.entries
        if not is_known and state.state == RequestPhase.OPEN and state.finished < state.jobs:
            return End(done=False, faulted=False, is_gone=True)  # it expired
        if self._listener.is_broken and not state.is_done:
            return End(done=False, faulted=True)
        if state.is_done:
            return End(done=True, faulted=state.state == RequestPhase.FAULTED)
        return End(done=False, faulted=False, is_stopping=True) if self._watch.is_stopping else None
