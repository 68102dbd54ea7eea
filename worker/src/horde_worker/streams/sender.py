"""The pieces of one job on their way to the horde: one call at a time, at the horde's pace.

Nothing here matters to the job: what gets lost stands in the result, and a horde that takes no pieces gets none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import structlog

from horde_sdk.generation_pieces import GenerationPiecesRequest, GenerationPiecesResponse
from horde_worker.backends.events import Watched
from horde_worker.horde_api import Refused, Unreachable
from horde_worker.steady_clock import steady_s
from horde_worker.stream_wish import StreamWish
from horde_worker.streams.outbox import Outbox
from horde_worker.streams.wish import interval_s

log = structlog.get_logger(__name__)

HEARTBEAT_S: Final = 10.0
"""A call without news, so that the horde knows that the job is worked on."""
POST_LIMIT_S: Final = 10.0
FLUSH_LIMIT_S: Final = 3.0
MOST_FAILURES: Final = 5
"""In a row; no more is sent then."""
MOST_CALLS: Final = 999_999
_BUSY: Final = 429
_OF_A_TEXT: Final = frozenset({"text", "deltas"})

Post: TypeAlias = Callable[[GenerationPiecesRequest], Awaitable[GenerationPiecesResponse]]


class PiecesOf(GenerationPiecesRequest):
    """The SDK's pieces, with the id as the horde gave it, whatever it looks like."""

    id_: str  # type: ignore[assignment]  # of a UUID


@dataclass(frozen=True, slots=True)
class Ears:
    """Who hears what the horde says: that it took something, and that nobody waits for the job any more."""

    taken: Callable[[], None]
    called_off: Callable[[], None]


class Sender:
    """Tells of one job, until `end` is called or nothing more is to be sent."""

    def __init__(
        self,
        post: Post,
        job_id: str,
        outbox: Outbox,
        wish: StreamWish,
        ears: Ears,
        *,
        least_interval_s: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """`least_interval_s`: all jobs of a worker together are not to call too often."""
        self._post = post
        self._job_id = job_id
        self._outbox = outbox
        self._ears = ears
        self._interval_s = wish.interval_s
        self._least_interval_s = least_interval_s
        self._is_wanted = wish.is_wanted
        self._news = asyncio.Event()
        self._in_hurry, self._is_empty = asyncio.Event(), asyncio.Event()
        self._calls = 0
        self._failures = 0
        self._not_before = 0.0
        self._last_at = steady_s()
        self._is_over = False
        self._posting = False
        self._task: asyncio.Task[None] | None = None
        self.has_told = False
        """Whether the horde may know some of a text."""

    @property
    def so_far(self) -> str:
        """As much of the text as is settled."""
        return self._outbox.so_far()

    def tell(self, event: Watched) -> None:
        """Take what the backend tells; it is sent when its time has come."""
        if self._outbox.add(event):
            self._is_empty.clear()
            self._news.set()

    def started(self) -> asyncio.Task[None]:
        """The task that sends from now on: its owner is the caller."""
        self._task = asyncio.create_task(self._run())
        return self._task

    async def flush(self) -> None:
        """Send what is left of an answer without a pause, as far as that works within a moment."""
        if self._task is None or self._task.done() or not (self._is_wanted and self._outbox.has_rest):
            return
        self._in_hurry.set()
        self._news.set()
        emptied = asyncio.ensure_future(self._is_empty.wait())
        await asyncio.wait((emptied, self._task), timeout=FLUSH_LIMIT_S, return_when=asyncio.FIRST_COMPLETED)
        emptied.cancel()

    def end(self) -> None:
        """Send no more: the horde has the result, or there is none. What is under way may arrive."""
        self._is_over = True
        if self._task is not None and not self._posting:
            self._task.cancel()

    async def _run(self) -> None:
        try:
            while not self._is_over and self._failures < MOST_FAILURES and self._calls < MOST_CALLS:
                await self._until_due()
                self._posting = True
                try:
                    await self._send()
                finally:
                    self._posting = False
        except Exception as error:  # noqa: BLE001 - whatever is wrong here, the job goes on
            log.warning("worker.pieces_failed", job=self._job_id, kind=type(error).__name__)

    async def _until_due(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(max(self._last_at + HEARTBEAT_S - steady_s(), 0)):
                await self._news.wait()
        if (pause_s := self._not_before - steady_s()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._in_hurry.wait()

    async def _send(self) -> None:
        self._news.clear()
        self._last_at = steady_s()
        self._not_before = self._last_at + max(self._interval_s, self._least_interval_s())
        fields = await self._outbox.fields() if self._is_wanted and not self._outbox.is_full else {}
        self._calls += 1
        self.has_told = self.has_told or not fields.keys().isdisjoint(_OF_A_TEXT)
        try:
            async with asyncio.timeout(POST_LIMIT_S):
                answer = await self._post(_request(self._job_id, self._calls, fields))
        except Refused as refusal:
            self._refused(refusal)
        except (Unreachable, TimeoutError):
            self._give_up_hurry()
            self._failures += 1
            if self._failures >= MOST_FAILURES:
                log.info("worker.pieces_given_up", job=self._job_id, failures=self._failures)
            self._news.set()
        else:
            self._taken(answer)
        if not self._outbox.has_rest:
            self._is_empty.set()

    def _taken(self, answer: GenerationPiecesResponse) -> None:
        self._failures = 0
        self._interval_s = interval_s(answer.interval_ms, self._interval_s)
        was_wanted, self._is_wanted = self._is_wanted, answer.wanted
        has_more = self._outbox.taken(answer)
        if self._is_wanted and (has_more or not was_wanted):
            self._news.set()
        self._ears.taken()
        if answer.cancelled:
            self._ears.called_off()

    def _give_up_hurry(self) -> None:
        self._in_hurry.clear()
        self._is_empty.set()

    def _refused(self, refusal: Refused) -> None:
        """Go back where something got lost, wait where that is asked for; else the horde wants none of it."""
        if refusal.rc == "PieceGap":
            self._failures += 1  # a horde that is never content
            self._outbox.go_back(refusal.next, refusal.next_delta)
            self._news.set()
        elif refusal.rc == "PieceMismatch":
            self._outbox.is_full = True  # what it has differs: signs of life are all that is left to send
        elif refusal.status == _BUSY:
            self._give_up_hurry()
            self._not_before = max(self._not_before, steady_s() + (refusal.retry_after_s or self._interval_s))
            self._news.set()
        else:
            self._failures = MOST_FAILURES
            log.info("worker.pieces_refused", job=self._job_id, status=refusal.status, rc=refusal.rc)


def _request(job_id: str, number: int, fields: Mapping[str, Any]) -> GenerationPiecesRequest:
    # Not checked once more: it was made here, some times a second.
    names = {"id_", "seq", *fields}
    return PiecesOf.model_construct(_fields_set=names, id_=job_id, seq=number, **fields)
