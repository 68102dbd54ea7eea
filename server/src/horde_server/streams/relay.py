"""Takes pieces and lets listeners know. Everything in memory: on the way of a piece no database is asked.

A job is looked up once, when its first piece comes to a node that did not hand it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import msgspec

from horde_server.database.pool import Pool
from horde_server.dispatch import resumption_store
from horde_server.dispatch.dispatcher import Dispatcher, HandOut
from horde_server.dispatch.ids import JobId, RequestId
from horde_server.dispatch.resumption_store import Beginning
from horde_server.dispatch.states import RequestPhase
from horde_server.dispatch.store import Generation
from horde_server.identity.caller import Caller
from horde_server.streams import store
from horde_server.streams.happenings import Text
from horde_server.streams.known_jobs import KnownJobs
from horde_server.streams.listening import ListenedRequest, Listener
from horde_server.streams.mismatches import Mismatches
from horde_server.streams.other_nodes import NoOtherNodes, OtherNodes
from horde_server.streams.pace import Pace
from horde_server.streams.piece import (
    MOST_TEXT_BYTES,
    Piece,
    PieceAnswer,
    PieceGap,
    PieceMismatch,
    PieceTooLarge,
    preview_of,
)
from horde_server.streams.received import ReceivedDeltas, ReceivedText
from horde_server.streams.stream_counts import StreamCounts
from horde_server.streams.streamed_job import StreamedJob
from horde_server.streams.terms import Terms, terms
from horde_server.streams.wish import NOTHING, Wish


class Relay:
    """All streams of a process. Belongs to the event loop."""

    def __init__(
        self,
        pool: Pool,
        dispatchers: Mapping[str, Dispatcher[Any]],
        wake: Callable[[UUID], None],
        clock: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        """`wake`: tells who waits for news of a request."""
        self._pool = pool
        self._dispatchers = dispatchers
        self.wake = wake
        self._clock = clock
        self.pace = Pace(monotonic)
        self.counts = StreamCounts()
        self.mismatches = Mismatches(clock)
        self.others: OtherNodes = NoOtherNodes()
        self._known = KnownJobs(pool, dispatchers)
        self.jobs = self._known.by_id
        self.listened: dict[RequestId, ListenedRequest] = {}
        self.unplaced: dict[JobId, StreamedJob] = {}  # jobs of which it must be looked up what they go on with
        self.look_up: Callable[[], None] = lambda: None  # there are such

    # ---------------------------------------------------------------- listeners

    @contextmanager
    def listening(
        self, request_id: RequestId, kind: str, jobs: int, *, text: bool, steps: bool, previews: bool
    ) -> Iterator[Listener]:
        """Hear of a request of so many jobs, for the time of a block; `wake` tells of news."""
        request = self.listened.get(request_id)
        if request is None:
            request = self.listened[request_id] = ListenedRequest(request_id, kind, jobs)
        if not request.listeners:
            self._listen_again(request)
        listener = Listener(request, text=text, steps=steps, previews=previews)
        request.listeners[listener] = None
        self.others.announce(request)
        try:
            yield listener
        finally:
            del request.listeners[listener]
            self.others.announce(request)

    def _listen_again(self, request: ListenedRequest) -> None:
        """Somebody is the first to listen here, or the first again: what came meanwhile was not kept for here."""
        for job in self._known.of_request(request.request_id):
            if job.text.base or job.deltas.base:  # it was forwarded: from now on it is needed whole
                job.text, job.deltas = ReceivedText(), ReceivedDeltas()
            if not job.is_here and job.heard_s:  # nobody let this node hear of it
                job.heard_s = self._clock()
            self._place(request, job)

    def is_listened_here(self, request_id: RequestId) -> bool:
        """Whether somebody on this node listens to a request."""
        request = self.listened.get(request_id)
        return request is not None and bool(request.listeners)

    def listened_anywhere(self) -> set[UUID]:
        """The requests to which somebody listens, as far as this node knows."""
        here = {request_id for request_id, request in self.listened.items() if request.listeners}
        return here | self.others.listened()

    def wish(self, request_id: RequestId) -> Wish:
        """What all who listen to a request want, here and on other nodes."""
        return _both(self.wish_here(request_id), self.others.listens(request_id))

    def wish_here(self, request_id: RequestId) -> Wish:
        """What those want who listen on this node."""
        request = self.listened.get(request_id)
        if request is None or not request.listeners:
            return NOTHING
        return Wish(
            any(each.text for each in request.listeners),
            any(each.steps for each in request.listeners),
            any(each.previews for each in request.listeners),
        )

    # ---------------------------------------------------------------- jobs

    def handed_out(
        self,
        hand_out: HandOut[Any],
        worker_id: UUID,
        *,
        streams: bool,
        may_preview: bool = False,
        is_batch: bool = False,
    ) -> Terms | None:
        """What a worker that can stream is told with its jobs; None for one that cannot, or whose word is not good.

        `may_preview`: it can make previews, and they may be shown; `is_batch`: the jobs are worked on together.
        """
        if not streams or self.mismatches.are_too_many(worker_id) or not self._known.has_room:
            return None
        lead = hand_out.job_ids[0]
        for job_id in hand_out.job_ids:
            if (job := self._known.held(job_id)) is None:
                return None
            job.may_preview = may_preview
            if is_batch:
                job.batch = hand_out.job_ids
            self._known.add(job)
        wish = self.wish(self.jobs[lead].request_id)
        kind = self.jobs[lead].kind
        return terms(
            wanted=wish.of(kind),
            previews=wish.previews and self.jobs[lead].may_preview,
            interval_ms=self.pace.interval_ms() if wish.of(kind) else self.pace.unheard_interval_ms(0),
        )

    def missing(self, job: StreamedJob, text_from: int, deltas_from: int) -> None:
        """The node that listens lacks what comes from here on: send it again, or have the worker do so."""
        if job.text.base > text_from or job.deltas.base > deltas_from:
            job.text, job.deltas = ReceivedText(text_from), ReceivedDeltas(deltas_from)
            return
        text = bytes(job.text.text[text_from - job.text.base :]).decode(errors="ignore")
        deltas = job.deltas.deltas[deltas_from - job.deltas.base :]
        self.others.forward(job, text_from, text, deltas_from, deltas)

    def ended(self, job_id: JobId) -> StreamedJob | None:
        """A job was settled here: forget it; what was known of it."""
        self.unplaced.pop(job_id, None)
        return self._known.ended(job_id)

    def is_cancelled(self, job: StreamedJob) -> bool:
        """Whether nobody wants its result any more: its request was cancelled, or is gone."""
        entry = self._dispatchers[job.kind].queue.entries.get(job.request_id)
        return entry is None or entry.state.state == RequestPhase.CANCELLED

    # ---------------------------------------------------------------- pieces

    async def take(self, job_text: str, piece: Piece, size_bytes: int, caller: Caller) -> PieceAnswer:
        """Take a piece. Raises the refusals of streams.md §3."""
        job = await self._known.find(job_text, caller)
        if job is None:
            return PieceAnswer(0, 0, wanted=False, cancelled=True, interval_ms=self.pace.interval_ms())
        self.pace.count(job.id, job.worker_id, size_bytes)
        encoded = piece.text.encode()
        if len(encoded) > MOST_TEXT_BYTES:
            raise PieceTooLarge(f"This piece has more than {MOST_TEXT_BYTES} bytes of text: send it in parts.")
        job.heard_s, job.is_here = self._clock(), True
        if self.is_cancelled(job):
            if not job.is_cancelled:
                await self._keep_share(job)
                job.is_cancelled = True
            return self._answer(job, wanted=False)
        here, there = self.wish_here(job.request_id), self.others.listens(job.request_id)
        wish = _both(here, there)
        wanted = wish.of(job.kind) and not job.is_lost and not self.mismatches.are_too_many(job.worker_id)
        self.counts.pieces += 1
        if wanted and (encoded or piece.deltas or piece.step is not None or piece.preview):
            self._take(job, piece, encoded, wish, is_here=bool(here), is_there=there is not None)
        elif wanted and there is not None:
            self.others.forward(job, job.text.have, "", job.deltas.have, [])
        return self._answer(job, wanted=wanted, previews=wish.previews and job.may_preview)

    async def _keep_share(self, job: StreamedJob) -> None:
        """How much was streamed before its request was cancelled: that is paid, wherever it is submitted."""
        if share := job.done_share:
            async with self._pool.connection() as conn:
                await store.keep_share(conn, job.id, share)

    def _answer(self, job: StreamedJob, *, wanted: bool, previews: bool = False) -> PieceAnswer:
        if wanted:
            request = self.listened.get(job.request_id)
            interval_ms = self.pace.interval_ms(request.unread_bytes() if request is not None else 0)
        else:
            interval_ms = self.pace.unheard_interval_ms(self._clock() - job.started_s)
        return PieceAnswer(job.text.have, job.deltas.have, wanted, job.is_cancelled, interval_ms, previews)

    def _take(
        self, job: StreamedJob, piece: Piece, encoded: bytes, wish: Wish, *, is_here: bool, is_there: bool
    ) -> None:
        """Put a piece where it belongs, and tell who listens, here or there on other nodes.

        Raises `PieceGap`, `PieceMismatch`, `PieceTooLarge`.
        """
        is_first = not (job.text.have or job.deltas.have or job.steps or job.preview)
        if is_first and not is_here:  # what came to another node, the listening one has
            job.text.base, job.deltas.base = piece.at, piece.deltas_at
        try:
            new = job.text.take(piece.at, encoded) if encoded else b""
            deltas: list[dict[str, Any]] = []
            if piece.deltas:
                size = len(msgspec.json.encode(piece.deltas))
                if size > MOST_TEXT_BYTES:
                    raise PieceTooLarge(f"The deltas of this piece have more than {MOST_TEXT_BYTES} bytes.")
                deltas = list(job.deltas.take(piece.deltas_at, piece.deltas, size))
        except PieceGap:
            self.counts.gaps += 1
            raise
        except PieceMismatch:
            self.counts.mismatches += 1
            raise
        if piece.tokens is not None:
            job.tokens = piece.tokens
        if is_first and job.started_s and (new or deltas):
            self.counts.first_piece(self._clock() - job.started_s)
        self.counts.bytes += len(encoded)
        shown = job if not piece.index else self._picture(job, piece.index)
        if shown is not None:
            self._show(shown, piece, wish)
        if is_here:
            self.news(job)
            if shown is not None and shown is not job:
                self.news(shown)
        if is_there:
            self.others.forward(job, job.text.have - len(new), new.decode(), job.deltas.have - len(deltas), deltas)
            if shown is not None and shown is not job:
                self.others.forward(shown, 0, "", 0, [])

    def _picture(self, job: StreamedJob, index: int) -> StreamedJob | None:
        """The job of another picture of the same batch, where this node handed it out."""
        return self.jobs.get(job.batch[index]) if index < len(job.batch) else None

    def _show(self, job: StreamedJob, piece: Piece, wish: Wish) -> None:
        """Steps and previews: the newest counts."""
        if piece.seq <= job.seq:
            return
        job.seq = piece.seq
        if piece.step is not None:
            job.step, job.steps = piece.step, max(piece.steps or 0, piece.step, 1)
        if piece.preview and wish.previews and job.may_preview:
            job.preview = preview_of(piece.preview)

    def forwarded(self, job_id: JobId, request_id: RequestId, worker_id: UUID, *, resumes: bool) -> StreamedJob | None:
        """A job of which another node forwards pieces, if somebody listens here; heard of just now."""
        request = self.listened.get(request_id)
        if request is None or not request.listeners or self._known.has_ended(job_id):
            return None
        job = self.jobs.get(job_id)
        if job is None:
            entry = self._dispatchers[request.kind].queue.entries.get(request_id)
            if entry is None or not self._known.has_room:
                return None
            now = self._clock()
            job = StreamedJob(
                id=job_id,
                request_id=request_id,
                worker_id=worker_id,
                owner_id=-1,  # whoever sends pieces of it here is looked up
                kind=request.kind,
                order=entry.order,
                started_s=now,
                lease_s=0,
                deadline_s=now,
                resumes=resumes,
            )
            self._known.add(job)
        job.heard_s, job.is_here = self._clock(), False
        return job

    def news(self, job: StreamedJob) -> None:
        """Something of a job came: place it where it is new, and tell who listens."""
        request = self.listened.get(job.request_id)
        if request is None:
            return
        slot = request.slot_of(job.id)
        if slot is None:
            self._place(request, job)
        elif slot.job is None and not job.is_lost:
            slot.job = job
        self.wake(job.request_id)

    def _place(self, request: ListenedRequest, job: StreamedJob) -> None:
        if job.is_lost or request.slot_of(job.id) is not None:
            return
        if job.resumes or request.has_lost:
            self.unplaced[job.id] = job
            self.look_up()
        elif (slot := request.place(job.id)) is not None:
            slot.job = job
        else:
            request.is_broken = True

    def placed(self, job: StreamedJob, request: ListenedRequest, begun: Beginning | None) -> None:
        """It is known what a job goes on with; None: it begins anew."""
        slot = request.slot_of(job.id) or request.place(job.id, begun)
        if slot is None:
            request.is_broken = True
        elif not job.is_lost:
            slot.job = job
        self.wake(request.request_id)

    async def slot_of_result(self, request: ListenedRequest, job_id: JobId) -> int:
        """The slot of a job that was delivered; nothing more is streamed of it.

        Where each has told something that this job does not go on with, its result is told in one that waits for one.
        """
        slot = request.slot_of(job_id)
        if slot is None and self._may_go_on(request):
            async with self._pool.connection() as conn:
                begun = await resumption_store.gone_on_with(conn, job_id)
            slot = request.slot_of(job_id) or request.place(job_id, begun)
        slot = slot or request.place(job_id)
        if slot is None:
            slot = next((each for each in request.slots if not each.is_delivered), request.slots[0])
        slot.is_delivered = True
        return slot.number

    def _may_go_on(self, request: ListenedRequest) -> bool:
        """Whether a job of it may go on with what another began."""
        dispatcher = self._dispatchers[request.kind]
        entry = dispatcher.queue.entries.get(request.request_id)
        was_lost = request.has_lost or (entry is not None and entry.state.restarted > 0)
        return was_lost and (entry is None or dispatcher.kind.may_resume(entry.order))

    def rest_of(self, listener: Listener, slot: int, made: Generation) -> Text | None:
        """What of a result a listener was not told; a worker whose result is not what it streamed is remembered."""
        if listener.had_deltas(slot):
            return None
        streamed = listener.request.slots[slot].job
        if streamed is not None and streamed.id == made.id and not listener.agrees(slot, made.result):
            self.mismatches.note_job(made.id, made.worker_id)
        return listener.rest(slot, made.result)

    def forget(self) -> None:
        """Forget requests to which nobody listens and that are done, and jobs of requests that are gone."""
        for request_id, request in list(self.listened.items()):
            queue = self._dispatchers[request.kind].queue
            entry = queue.entries.get(request_id)
            if not request.listeners and (entry is None or entry.state.is_done):
                del self.listened[request_id]
        for job in list(self.jobs.values()):
            entry = self._dispatchers[job.kind].queue.entries.get(job.request_id)
            if entry is None or entry.state.is_done:
                self.ended(job.id)
        self.pace.forget()


def _both(here: Wish, there: Wish | None) -> Wish:
    if there is None:
        return here
    return Wish(here.text or there.text, here.steps or there.steps, here.previews or there.previews)
