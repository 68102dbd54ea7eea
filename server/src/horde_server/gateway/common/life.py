"""The life of a dialect's call: one order given, followed until it is served, and cancelled when nobody wants it more
(gateway.md §1.6)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack, aclosing, suppress
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from starlette.requests import ClientDisconnect

from horde_server.dispatch.ids import RequestId
from horde_server.dispatch.store import Generation
from horde_server.errors import RequestNotFound
from horde_server.gateway.common.errors import (
    DialectError,
    Expired,
    Faulted,
    NoWorker,
    RequestGone,
    Restarting,
    TimedOut,
)
from horde_server.gateway.common.once import Calls, Once
from horde_server.identity.caller import Caller
from horde_server.identity.rate_limits import RateLimits
from horde_server.requests.asked import Asked
from horde_server.requests.desk import RequestDesk, RequestOrder
from horde_server.requests.embedding.order import EmbeddingOrder
from horde_server.requests.face import raise_limits
from horde_server.requests.following import (
    ClientGone,
    Delivered,
    End,
    Following,
    Happening,
    Quiet,
    State,
    StreamPlaces,
    Wants,
)
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.progress import Progress
from horde_server.requests.text.order import TextOrder
from horde_server.requests.waiting import Receive
from horde_server.settings import Settings

OrderT = TypeVar("OrderT", bound=RequestOrder)

TEXTS: Final = Wants(text=True)
NOTHING: Final = Wants()


@dataclass(frozen=True, slots=True)
class Served:
    """A request that has come to its end: what was delivered, in the order of the results."""

    progress: Progress
    generations: list[Generation]
    waited_s: float


class Life:
    """Takes the calls of all dialects to the desks."""

    def __init__(
        self,
        settings: Settings,
        texts: RequestDesk[TextOrder],
        images: RequestDesk[ImageOrder],
        embeddings: RequestDesk[EmbeddingOrder],
        following: Following,
        places: StreamPlaces,
        limits: RateLimits | None,
        calls: Calls,
    ) -> None:
        self.settings = settings
        self._calls = calls
        self._texts = texts
        self._images = images
        self._embeddings = embeddings
        self.following = following
        self._places = places
        self._limits = limits

    async def ask_text(
        self, caller: Caller, asked: Asked[TextOrder], receive: Receive, once: Once | None = None
    ) -> Running[TextOrder]:
        """Ask for texts. `receive`: of the connection, whose body was read; `once`: of a call that may be sent again.

        Raises what the desk raises, and for such a call what `Calls.request_of` raises.
        """
        return await self._ask(self._texts, caller, asked, receive, once)

    async def ask_image(
        self, caller: Caller, asked: Asked[ImageOrder], receive: Receive, once: Once | None = None
    ) -> Running[ImageOrder]:
        """The same for images."""
        return await self._ask(self._images, caller, asked, receive, once)

    def place(self, address: str) -> AbstractContextManager[None]:
        """A place among the streams, for who follows a request that another call has asked for."""
        return self._places.place(address)

    async def ask_embedding(
        self, caller: Caller, asked: Asked[EmbeddingOrder], receive: Receive, once: Once | None = None
    ) -> Running[EmbeddingOrder]:
        """The same for texts as vectors."""
        return await self._ask(self._embeddings, caller, asked, receive, once)

    async def cancel_text(self, request_id: RequestId) -> None:
        """Take back what still waits of a request for texts, whichever call asked for it. Raises `RequestNotFound`."""
        await self._texts.cancel(request_id)

    async def _ask(
        self,
        desk: RequestDesk[OrderT],
        caller: Caller,
        asked: Asked[OrderT],
        receive: Receive,
        once: Once | None,
    ) -> Running[OrderT]:
        raise_limits(self._limits, caller)

        async def submit() -> RequestId:
            return (await desk.submit(asked, caller)).id

        with ExitStack() as stack:
            stack.enter_context(self._places.place(caller.address))
            request_id = await (
                submit() if once is None else self._calls.request_of(once, submit, desk.look, desk.cancel)
            )
            running = Running(self, desk, caller, request_id, receive, stack.pop_all())
            running.outlives_client = once is not None
            return running


class _NobodyReads(ClientGone, ClientDisconnect):
    """The client of a dialect has gone: whoever lets it through has nothing to answer, and nothing has gone wrong."""


class Running(Generic[OrderT]):
    """A call that waits for its request. Whoever has one ends it by `results`, or by `leave` however a stream ends."""

    def __init__(
        self,
        life: Life,
        desk: RequestDesk[OrderT],
        caller: Caller,
        request_id: RequestId,
        receive: Receive,
        place: ExitStack,
    ) -> None:
        self.id = request_id
        self.caller = caller
        self._life = life
        self._settings = life.settings
        self._desk = desk
        self._receive = receive
        self._place = place
        self._clock = asyncio.get_running_loop().time
        self._began_s = self._clock()
        self._hopeless_since_s: float | None = None
        self._is_over = False
        self.outlives_client = False
        """Whether it runs on when the client has gone, as that may send its call again."""

    @property
    def waited_s(self) -> float:
        """Since it was asked for."""
        return self._clock() - self._began_s

    async def happenings(self, wants: Wants = TEXTS) -> AsyncGenerator[Happening, None]:
        """What happens until its end, for a stream; the longest wait counts from the last that was told of a result.

        `Quiet` comes after each silence of `sse_keepalive_s`. Raises `NoWorker`, `TimedOut`, `Faulted`, `RequestGone`,
        `Restarting`; and `ClientGone`, after which nobody is told anything.
        """
        told_s = last_s = self._clock()
        delivered = 0
        async with aclosing(self._followed(wants)) as followed:
            async for happening in followed:
                now = self._clock()
                self._look(happening, now)
                if not isinstance(happening, (State, Quiet)):
                    last_s = now
                elif now - last_s > self._settings.gateway_max_wait_s:
                    raise self._given_up(TimedOut())
                if isinstance(happening, Quiet) and now - told_s < self._settings.sse_keepalive_s:
                    continue
                told_s = now
                if isinstance(happening, Delivered):
                    delivered += 1
                elif isinstance(happening, End):
                    self._end(happening, delivered)
                yield happening

    async def results(self) -> Served:
        """All results, once they are there. Raises what `happenings` raises, and `ClientDisconnect` for a client that
        has gone; what is no use any more is cancelled."""
        found: dict[int, Generation] = {}
        progress: Progress | None = None
        try:
            async with aclosing(self._followed(NOTHING)) as followed:
                async for happening in followed:
                    self._look(happening, self._clock())
                    match happening:
                        case State():
                            progress = happening.progress
                        case Delivered(slot, generation):
                            found[slot] = generation
                        case End() if not found or happening.is_stopping:
                            self._end(happening, len(found))
                        case End():
                            self._is_over = happening.done
                    if not isinstance(happening, End) and self.waited_s > self._settings.gateway_max_wait_s:
                        raise self._given_up(TimedOut())
            assert progress is not None  # nothing is told before a state
            return Served(progress, [found[slot] for slot in sorted(found)], self.waited_s)
        except ClientGone:
            raise ClientDisconnect from None
        finally:
            await self.leave()

    async def delivered(self) -> Served:
        """What is there by now, by one query. Raises `RequestGone`."""
        try:
            _, progress, generations = await self._desk.delivered(self.id)
        except RequestNotFound:
            raise RequestGone from None
        return Served(progress, generations, self.waited_s)

    async def leave(self) -> None:
        """Whoever asked is served or has gone: what still waits is cancelled. Any number of times."""
        self._place.close()
        if self._is_over or self.outlives_client:
            return
        self._is_over = True
        with suppress(RequestNotFound):  # nothing is left of it
            await self._desk.cancel(self.id)

    async def _followed(self, wants: Wants) -> AsyncGenerator[Happening, None]:
        quiet_s = self._settings.sse_keepalive_s
        if self._settings.gateway_hopeless_s > 0:
            quiet_s = min(quiet_s, max(self._settings.gateway_hopeless_s / 2, 0.1))
        try:
            follow = self._life.following.follow(self.id, self._receive, wants=wants, quiet_s=quiet_s)
            async with aclosing(follow) as followed:
                async for happening in followed:
                    yield happening
        except RequestNotFound:
            raise Expired from None
        except ClientGone:
            raise _NobodyReads from None

    def _look(self, happening: Happening, now: float) -> None:
        """Whether somebody could serve it; raises `NoWorker` once that has not been so for long enough."""
        if isinstance(happening, State):
            if happening.progress.is_possible or happening.progress.done:
                self._hopeless_since_s = None
            elif self._hopeless_since_s is None:
                self._hopeless_since_s = now
        elif isinstance(happening, Delivered):
            self._hopeless_since_s = None
        most_s = self._settings.gateway_hopeless_s
        if self._hopeless_since_s is not None and 0 <= most_s <= now - self._hopeless_since_s:
            raise self._given_up(NoWorker(self._desk.obstacles(self.id)))

    def _given_up(self, why: DialectError) -> DialectError:
        """A refusal that the client hears: it will not come back for what there may be later."""
        self.outlives_client = False
        return why

    def _end(self, end: End, delivered: int) -> None:
        """Take note of the end. Raises where nobody wished for it: with nothing delivered it was cancelled."""
        if end.is_stopping:
            raise Restarting
        self._is_over = end.done
        if end.faulted:
            raise self._given_up(Faulted())
        if end.is_gone:
            raise Expired
        if not end.done or not delivered:
            raise RequestGone


async def leave_all(running: Iterable[Running[Any]]) -> None:
    """Leave each, those too that come after one which could not be left; what failed is raised then."""
    async with AsyncExitStack() as stack:
        for each in running:
            stack.push_async_callback(each.leave)


__all__ = ["NOTHING", "TEXTS", "ClientGone", "Life", "Running", "Served", "leave_all"]
