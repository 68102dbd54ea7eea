"""Requests under way, for callers that look, wait or cancel at moments of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self

from horde_sdk.ai_horde_api.fields import GenerationID
from horde_sdk.ai_horde_api.request_events import MOST_BREAKS, FollowedRequest, RequestEvent
from horde_sdk.ai_horde_api.request_runs import Accepted, LookT, RequestRun, StatusT
from horde_sdk.exceptions import HordeConnectionError
from horde_sdk.generic_api.apimodels import RequestErrorResponse
from horde_sdk.generic_api.steps import Pause, Steps
from horde_sdk.generic_api.termination import cleaned_up_on_termination, waiting_tasks

if TYPE_CHECKING:
    import asyncio

    from horde_sdk.ai_horde_api.manual_clients import AIHordeAPIAsyncClientSession, AIHordeAPIClientSession


def pause(seconds: float) -> Steps[None]:
    """Wait."""
    yield Pause(seconds)


class _RequestUnderWay(Generic[LookT, StatusT]):
    """What both faces know of the request."""

    def __init__(self, run: RequestRun[LookT, StatusT]) -> None:
        self._run = run
        self._status: StatusT | None = None

    @property
    def id_(self) -> GenerationID:
        """The request's id; keep it to look for the request later, from another process too."""
        return self._run.id_

    @property
    def accepted(self) -> Accepted:
        """The horde's first answer, with its price and its warnings."""
        if self._run.accepted is None:
            raise RuntimeError("the request is sent when its `with` block is entered")
        return self._run.accepted

    @property
    def last_look(self) -> LookT | None:
        """What the horde said last about the request."""
        return self._run.last_look

    @property
    def is_finished(self) -> bool:
        """Whether the last look said that nothing more will come."""
        return self._run.is_finished


class OpenRequest(_RequestUnderWay[LookT, StatusT]):
    """A request that is sent on entering the `with` block, and cancelled on leaving it if nobody fetched its results.

    Example:
        ```python
        with client.open_image_request(request) as opened:
            for look in opened.updates():
                print(f"{look.wait_time} s to go")
            status = opened.result()
        ```
    """

    def __init__(self, run: RequestRun[LookT, StatusT], open_session: Callable[[], AIHordeAPIClientSession]) -> None:
        """Prepare; nothing is sent. Made by the simple client's `open_…_request`."""
        super().__init__(run)
        self._session = open_session()
        self._at_its_end = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(cleaned_up_on_termination())
            stack.enter_context(self._session)
            self._session.carry_out(self._run.begin)
            self._at_its_end = stack.pop_all()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        self._at_its_end.__exit__(exc_type, exc_val, exc_tb)

    def refresh(self) -> LookT:
        """Look at once.

        Raises:
            AIHordeRequestError: The server answered with an error.
            HordeConnectionError: The horde could not be reached.
        """
        return self._session.carry_out(self._run.look_now)

    def updates(self) -> Iterator[LookT]:
        """Yield one look after another until the request is over, the last one included.

        Raises:
            AIHordeRequestError: The server answered with an error.
            AIHordeGenerationTimedOutError: It took too long and was cancelled; what was finished is attached.
            HordeConnectionError: The horde could not be reached.
        """
        while not self._run.is_finished:
            yield self._session.carry_out(self._run.next_look)

    def events(self, *, previews: bool = False) -> Iterator[RequestEvent]:
        """Yield what happens to the request, as it happens, until its end; a horde that tells nothing is polled.

        Args:
            previews: Whether to be shown pictures as they come to be, where worker and horde do that.

        Raises:
            AIHordeRequestError: The server answered a poll with an error, or gave up on the request.
            AIHordeGenerationTimedOutError: It took too long and was cancelled; what was finished is attached.
            HordeConnectionError: The horde could not be reached.
        """
        followed = FollowedRequest(self._run)
        while not followed.is_over and followed.breaks < MOST_BREAKS:
            exchange = self._session.exchange_for_events(
                followed.path, {"previews": "1"} if previews else {}, followed.reader.last_id
            )
            try:
                with self._session.stream(exchange) as answer:
                    if not answer.is_of_events:
                        break
                    for piece in answer.pieces:
                        yield from followed.feed(piece)
                        self._session.carry_out(self._run.give_up_when_late)
            except HordeConnectionError:
                pass
            if not followed.is_over:
                followed.note_break()
                self._session.carry_out(self._run.give_up_when_late)
                self._session.carry_out(lambda _: pause(followed.pause_s))
        if followed.is_over:
            return
        for look in self.updates():
            yield from followed.looked(look)
        yield from followed.fetched(self.result())

    def result(self) -> StatusT:
        """Wait for the results and return them.

        Raises:
            AIHordeRequestError: The server answered with an error.
            AIHordeGenerationTimedOutError: It took too long and was cancelled; what was finished is attached.
            HordeConnectionError: The horde could not be reached.
        """
        for _ in self.updates():
            pass
        if self._status is None:
            self._status = self._session.carry_out(self._run.finish)
        return self._status

    def cancel(self) -> StatusT | RequestErrorResponse:
        """Cancel the request on the horde and return what was finished."""
        return self._session.carry_out(lambda ask: self._run.cancel(ask, self.id_))


class AsyncOpenRequest(_RequestUnderWay[LookT, StatusT]):
    """A request sent on entering the `async with` block, and cancelled on leaving it if nobody fetched its results.

    Example:
        ```python
        async with client.open_image_request(request) as opened:
            async for look in opened.updates():
                print(f"{look.wait_time} s to go")
            status = await opened.result()
        ```
    """

    def __init__(self, run: RequestRun[LookT, StatusT], session: AIHordeAPIAsyncClientSession) -> None:
        """Prepare; nothing is sent. Made by the simple client's `open_…_request`."""
        super().__init__(run)
        self._session = session
        self._task: asyncio.Task[object] | None = None

    async def __aenter__(self) -> Self:
        self._task = waiting_tasks.enter()
        try:
            await self._session.carry_out(self._run.begin)
        except BaseException:
            await self._let_go()
            raise
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: object
    ) -> None:
        await self._let_go()

    async def refresh(self) -> LookT:
        """Look at once.

        Raises:
            AIHordeRequestError: The server answered with an error.
            HordeConnectionError: The horde could not be reached.
        """
        return await self._session.carry_out(self._run.look_now)

    async def updates(self) -> AsyncIterator[LookT]:
        """Yield one look after another until the request is over, the last one included.

        Raises:
            AIHordeRequestError: The server answered with an error.
            AIHordeGenerationTimedOutError: It took too long and was cancelled; what was finished is attached.
            HordeConnectionError: The horde could not be reached.
        """
        while not self._run.is_finished:
            yield await self._session.carry_out(self._run.next_look)

    async def events(self, *, previews: bool = False) -> AsyncIterator[RequestEvent]:
        """Yield what happens to the request, as it happens, until its end; a horde that tells nothing is polled.

        Args:
            previews: Whether to be shown pictures as they come to be, where worker and horde do that.

        Raises:
            AIHordeRequestError: The server answered a poll with an error, or gave up on the request.
            AIHordeGenerationTimedOutError: It took too long and was cancelled; what was finished is attached.
            HordeConnectionError: The horde could not be reached.
        """
        followed = FollowedRequest(self._run)
        while not followed.is_over and followed.breaks < MOST_BREAKS:
            exchange = self._session.exchange_for_events(
                followed.path, {"previews": "1"} if previews else {}, followed.reader.last_id
            )
            try:
                async with self._session.stream(exchange) as answer:
                    if not answer.is_of_events:
                        break
                    async for piece in answer.pieces:
                        for event in followed.feed(piece):
                            yield event
                        await self._session.carry_out(self._run.give_up_when_late)
            except HordeConnectionError:
                pass
            if not followed.is_over:
                followed.note_break()
                await self._session.carry_out(self._run.give_up_when_late)
                await self._session.carry_out(lambda _: pause(followed.pause_s))
        if followed.is_over:
            return
        async for look in self.updates():
            for event in followed.looked(look):
                yield event
        for event in followed.fetched(await self.result()):
            yield event

    async def result(self) -> StatusT:
        """Wait for the results and return them.

        Raises:
            AIHordeRequestError: The server answered with an error.
            AIHordeGenerationTimedOutError: It took too long and was cancelled; what was finished is attached.
            HordeConnectionError: The horde could not be reached.
        """
        async for _ in self.updates():
            pass
        if self._status is None:
            self._status = await self._session.carry_out(self._run.finish)
        return self._status

    async def cancel(self) -> StatusT | RequestErrorResponse:
        """Cancel the request on the horde and return what was finished."""
        return await self._session.carry_out(lambda ask: self._run.cancel(ask, self.id_))

    async def _let_go(self) -> None:
        try:
            if self._run.accepted is not None:
                await self._session.cancel_unfetched([self._run.accepted])
        finally:
            waiting_tasks.leave(self._task)
