"""The one signal: somebody waits for a change of a request, a pop for work, an account for news (`Prefer: wait`).

Woken by the changes of this node's live queues, whoever made them: another node's come by notice and change the queue
too. A wait asks the database nothing and costs a future, and a look at the connection, so that it ends with it. What
was told while nobody looked is not lost: who is woken looks at the queue again, which is what counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeAlias, TypeVar
from uuid import UUID

from horde_server.dispatch.entry import AnyEntry as Entry
from horde_server.dispatch.entry import WorkerView
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.requests.parked_pops import ParkedPops
from horde_server.requests.places import Places

MAX_WAIT_S: Final = 55
"""No wait is longer: neither proxies nor clients take it for dead, and a worker checks in each minute."""
MOST_WAITS: Final = 20_000
"""In one process; from then on everybody is answered at once."""
LOOK_EVERY_S: Final = 5.0
"""Who waits looks by himself from time to time: what no change tells (a worker's last fault is long enough ago)."""

Topic: TypeAlias = UUID | int
"""What there may be news of: a request or an interrogation by its id, an account by its number."""
Receive: TypeAlias = Callable[[], Awaitable[Mapping[str, Any]]]
"""The next message of a client's connection: after its request only that it has gone."""


@dataclass(slots=True)
class Patience:
    """How long a client would have its answer held back, and whether it is still there."""

    wait_s: float
    receive: Receive
    household: str = ""  # whose wait it is; "": nobody's, of whom any number may wait
    is_refused: bool = False  # there was no place for it

    def __bool__(self) -> bool:
        return self.wait_s > 0


TakenT = TypeVar("TakenT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pop(Generic[TakenT]):
    """A worker's question for work, as often as it must be asked."""

    queue: LiveQueue
    view: WorkerView
    threads: int  # as many of its pops wait at most
    take: Callable[[], Awaitable[TakenT | None]]
    hand_back: Callable[[TakenT], Awaitable[None]]
    may_wait: Callable[[], bool]  # whether waiting can bring it anything: it has room for more, and no message waits


class _News:
    """Whether something happened that one waits for. Belongs to one waiter."""

    __slots__ = ("_come",)

    def __init__(self) -> None:
        self._come: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def has_come(self) -> bool:
        """Whether it happened."""
        return self._come.done()

    def tell(self) -> None:
        """It happened."""
        if not self.has_come:
            self._come.set_result(None)

    async def come(self, gone: asyncio.Task[None], until: float) -> None:
        """Wait for it, for the end of the connection, or until then, by the loop's clock; a few seconds at most."""
        loop = asyncio.get_running_loop()
        left_s = min(until - loop.time(), LOOK_EVERY_S)
        if left_s <= 0 or gone.done():
            return
        timer = loop.call_later(left_s, self.tell)  # `asyncio.wait` would take 2 KB more for each who waits
        gone.add_done_callback(self._tell_of)
        try:
            await self._come
        finally:
            timer.cancel()
            gone.remove_done_callback(self._tell_of)

    def _tell_of(self, _: asyncio.Task[None]) -> None:
        self.tell()


class Watch:
    """News of some topics, one after the other: what happens between two looks is not lost. Made by `Waiting.watch`."""

    __slots__ = ("_gone", "_news", "_waiting", "topics")

    def __init__(self, waiting: Waiting, topics: tuple[Topic, ...], gone: asyncio.Task[None]) -> None:
        self._waiting = waiting
        self._gone = gone
        self._news = _News()
        self.topics = topics

    @property
    def is_over(self) -> bool:
        """Whether the client has gone."""
        return self._gone.done()

    @property
    def is_stopping(self) -> bool:
        """Whether the node stops."""
        return self._waiting.is_stopping

    def tell(self) -> None:
        """There is news, of whatever kind: whoever watches looks again."""
        self._news.tell()

    async def come(self, most_s: float) -> None:
        """Wait for news, for the client's end, or so long; a few seconds at most. What was told before counts."""
        until = asyncio.get_running_loop().time() + most_s
        if not (self._news.has_come or self._gone.done() or self._waiting.is_stopping):
            await self._news.come(self._gone, until)
        if self._news.has_come:
            self._news = _News()


class Waiting:
    """All waits of a process. Belongs to the event loop."""

    def __init__(self, places: Places | None = None) -> None:
        """`places`: how many answers of one client wait at a time, pops aside; None: as many as there are."""
        self._places = places or Places(MOST_WAITS)
        self._waiters: dict[Topic, dict[_News | Watch, None]] = {}
        self._pops: dict[LiveQueue, ParkedPops] = {}
        self._waits = 0
        self.is_stopping = False

    def __len__(self) -> int:
        return self._waits

    def open(self, queue: LiveQueue, topics: Callable[[Entry], Iterable[Topic]]) -> None:
        """Hear of a live queue. `topics`: what a change of one of its requests is news of."""
        pops = self._pops[queue] = ParkedPops(queue)

        def changed(entry: Entry) -> None:
            if self._waiters:
                for topic in topics(entry):
                    self.tell(topic)

        def work_came(entry: Entry) -> None:
            changed(entry)  # it may be a new one, of which its account hears
            pops.work_came(entry)

        queue.listen(changed=changed, work_came=work_came, worker_changed=pops.worker_changed)

    def tell(self, topic: Topic) -> None:
        """There is news."""
        for news in self._waiters.get(topic, ()):
            news.tell()

    def stop(self) -> None:
        """The node stops: all that wait are answered as things are, and nobody waits any more."""
        self.is_stopping = True
        for waiters in self._waiters.values():
            for news in waiters:
                news.tell()
        for pops in self._pops.values():
            pops.wake_all()

    async def until(self, is_so: Callable[[], bool], topics: Iterable[Topic], patience: Patience) -> None:
        """Return once it is so, as told by news of the topics; or when the client has waited enough, or has gone."""
        if not patience or is_so():
            return
        wanted = tuple(topics)
        until = asyncio.get_running_loop().time() + patience.wait_s
        with self._place(patience) as has_place:
            if not has_place:
                return
            gone = asyncio.create_task(_connection_lost(patience.receive))
            try:
                while self._may_go_on(gone, until) and not is_so():
                    news = _News()
                    with self._listening(wanted, news):
                        await news.come(gone, until)
            finally:
                gone.cancel()

    @contextmanager
    def watch(self, topics: Iterable[Topic], receive: Receive) -> Iterator[Watch]:
        """Hear of all that happens to some topics, as long as the client is there. Places are limited by who asks."""
        wanted = tuple(topics)
        gone = asyncio.create_task(_connection_lost(receive))
        watch = Watch(self, wanted, gone)
        gone.add_done_callback(lambda _: watch.tell())
        self._waits += 1
        try:
            with self._listening(wanted, watch):
                yield watch
        finally:
            self._waits -= 1
            gone.cancel()

    async def for_work(self, pop: Pop[TakenT], patience: Patience) -> TakenT | None:
        """What a pop takes as soon as there is something; None after the time, or when the worker has gone.

        Who is woken and comes too late waits on. What was taken for a worker that has gone meanwhile is handed back.
        """
        taken = await pop.take()
        if taken is not None or not patience:
            return taken
        until = asyncio.get_running_loop().time() + patience.wait_s
        pops = self._pops[pop.queue]
        with self._place(patience) as has_place:
            if not has_place or pops.of_worker(pop.view.offer.worker_id) >= pop.threads:
                return None
            gone = asyncio.create_task(_connection_lost(patience.receive))
            try:
                while self._may_go_on(gone, until) and pop.may_wait() and pop.queue.knows(pop.view):
                    news = _News()
                    with pops.parked(pop.view, news):
                        await news.come(gone, until)
                    if gone.done():
                        pops.pass_on(pop.view)
                        return None
                    taken = await pop.take()
                    if taken is not None and gone.done():
                        await pop.hand_back(taken)
                        return None
                    if taken is not None:
                        return taken
                return None
            finally:
                gone.cancel()

    def _may_go_on(self, gone: asyncio.Task[None], until: float) -> bool:
        return not (self.is_stopping or gone.done()) and asyncio.get_running_loop().time() < until

    @contextmanager
    def _place(self, patience: Patience) -> Iterator[bool]:
        """A place among the waits, if there is one."""
        if self._waits >= MOST_WAITS:
            patience.is_refused = True
            yield False
            return
        with self._places.one(patience.household) as has_place:
            if not has_place:
                patience.is_refused = True
                yield False
                return
            self._waits += 1
            try:
                yield True
            finally:
                self._waits -= 1

    @contextmanager
    def _listening(self, topics: tuple[Topic, ...], news: _News | Watch) -> Iterator[None]:
        for topic in topics:
            self._waiters.setdefault(topic, {})[news] = None
        try:
            yield
        finally:
            for topic in topics:
                waiters = self._waiters[topic]
                waiters.pop(news, None)
                if not waiters:
                    del self._waiters[topic]


async def _connection_lost(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _has_no_news() -> Mapping[str, Any]:
    await asyncio.Event().wait()
    return {}


NO_PATIENCE: Final = Patience(0, _has_no_news)
"""Whoever wants an answer now."""
