"""Who listens to a request on this node, and what of it each was told.

Nothing is queued for a listener: it remembers how far it has read in what the jobs' own buffers hold anyway. So a slow
one takes no memory, and of steps and previews it gets the newest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from horde_server.dispatch.ids import JobId, RequestId
from horde_server.dispatch.resumption_store import Beginning
from horde_server.streams.happenings import Delta, Preview, Restarted, Step, Text, Told
from horde_server.streams.streamed_job import StreamedJob

MOST_TEXT_AT_ONCE_BYTES = 16 * 1024
"""A reader who takes nothing holds as much several times, besides what waits on its connection."""


@dataclass(slots=True, eq=False)
class Slot:
    """One result of a request, whichever workers had it in hand."""

    number: int
    before: bytes = b""  # what was told of it by jobs that are lost
    job: StreamedJob | None = None
    is_delivered: bool = False
    restarts: list[str] = field(default_factory=list)
    jobs: set[JobId] = field(default_factory=set)

    @property
    def have(self) -> int:
        """Bytes of its text that can be told."""
        return len(self.before) + (self.job.text.have if self.job is not None and not self.job.text.base else 0)

    def text_from(self, start: int) -> bytes:
        """What of its text comes after `start` bytes, not too much at once, and no half characters."""
        end = start + MOST_TEXT_AT_ONCE_BYTES
        if start < len(self.before):
            found = self.before[start:end]
        elif self.job is not None and not self.job.text.base:
            found = bytes(self.job.text.text[start - len(self.before) : end - len(self.before)])
        else:
            return b""
        return found if end >= self.have else _whole_characters(found)

    def shown(self) -> bytes:
        """All of it that can be told."""
        return self.before + (bytes(self.job.text.text) if self.job is not None and not self.job.text.base else b"")


def _whole_characters(cut: bytes) -> bytes:
    return cut.decode(errors="ignore").encode()


class ListenedRequest:
    """A request of which somebody on this node hears. Its slots have numbers, given in the order jobs come up."""

    def __init__(self, request_id: RequestId, kind: str, jobs: int) -> None:
        self.request_id = request_id
        self.kind = kind
        self.slots = [Slot(number) for number in range(jobs)]
        self.listeners: dict[Listener, None] = {}
        self.is_broken = False  # what was told cannot be gone on with
        self.has_lost = False
        self._by_job: dict[JobId, Slot] = {}

    def slot_of(self, job_id: JobId) -> Slot | None:
        """Where a job belongs, once it is known."""
        return self._by_job.get(job_id)

    def place(self, job_id: JobId, begun: Beginning | None = None) -> Slot | None:
        """Give a job its slot: that of the job it goes on with, else the first where nothing was told yet.

        None where there is none: then something was told that this job does not go on with.
        """
        slot = self._by_job.get(begun.job_id) if begun is not None else None
        if slot is None:
            slot = next((each for each in self.slots if not each.jobs), None) or next(
                (each for each in self.slots if not each.is_delivered and not each.have and not _deltas(each)), None
            )
        if slot is not None:
            if begun is not None:
                self.begin(slot, begun.text)
            slot.jobs.add(job_id)
            slot.job = None
            self._by_job[job_id] = slot
        return slot

    def begin(self, slot: Slot, text: str) -> None:
        """A slot begins with what is kept of a job that was lost: of no use to who was told more, or something else."""
        before = text.encode()
        told = slot.shown()[: max((listener.read(slot.number) for listener in self.listeners), default=0)]
        self.is_broken = self.is_broken or not before.startswith(told)
        slot.before, slot.job = before, None

    def unread_bytes(self) -> int:
        """How far the slowest listener is behind."""
        return max((listener.unread_bytes() for listener in self.listeners), default=0)


def _deltas(slot: Slot) -> int:
    return slot.job.deltas.have if slot.job is not None else 0


class Listener:
    """One reader of one request. `take` what has come whenever there is news."""

    def __init__(self, request: ListenedRequest, *, text: bool, steps: bool, previews: bool) -> None:
        self.request = request
        self.text, self.steps, self.previews = text, steps, previews
        size = len(request.slots)
        self._read = [0] * size  # bytes of text, by slot
        self._deltas: list[tuple[StreamedJob | None, int]] = [(None, 0)] * size
        self._steps: list[tuple[StreamedJob | None, int]] = [(None, -1)] * size
        self._previews: list[bytes] = [b""] * size
        self._restarts = [len(slot.restarts) for slot in request.slots]

    @property
    def is_broken(self) -> bool:
        """Whether what was told can never become whole: the end is a fault."""
        return self.request.is_broken

    def unread_bytes(self) -> int:
        """How far it is behind."""
        return sum(slot.have - self._read[slot.number] for slot in self.request.slots) if self.text else 0

    def read(self, slot: int) -> int:
        """Bytes of a slot's text that it was told."""
        return self._read[slot]

    def skip(self, slot: int, read_bytes: int) -> None:
        """It knows so much of a slot already, as it came back."""
        self._read[slot] = read_bytes

    def had_deltas(self, slot: int) -> bool:
        """Whether it was told deltas of a slot."""
        return self._deltas[slot][1] > 0

    def take(self) -> Iterator[Told]:
        """What has come since it last took."""
        for slot in self.request.slots:
            number = slot.number
            while self._restarts[number] < len(slot.restarts):
                self._restarts[number] += 1
                yield Restarted(number, slot.restarts[self._restarts[number] - 1])
            if slot.is_delivered:
                continue
            if self.text:
                yield from self._texts(slot)
            if (job := slot.job) is None:
                continue
            if self.steps and job.steps and self._steps[number] != (job, job.step):
                self._steps[number] = (job, job.step)
                yield Step(number, job.step, job.steps)
            if self.previews and job.preview and job.preview is not self._previews[number]:
                self._previews[number] = job.preview
                yield Preview(number, job.preview)

    def rest(self, slot: int, final: str) -> Text | None:
        """What of a result it was not told yet; None where that is nothing, or it was told something else."""
        encoded, read = final.encode(), self._read[slot]
        if read and encoded[:read] != self.request.slots[slot].shown()[:read]:
            return None
        rest = encoded[read:]
        self._read[slot] = len(encoded)
        return Text(slot, read, rest.decode()) if rest else None

    def agrees(self, slot: int, final: str) -> bool:
        """Whether a result begins with what was streamed of it."""
        shown = self.request.slots[slot].shown()
        return final.encode().startswith(shown)

    def _texts(self, slot: Slot) -> Iterator[Told]:
        number, job = slot.number, slot.job
        while new := slot.text_from(self._read[number]):
            at = self._read[number]
            self._read[number] += len(new)
            yield Text(number, at, new.decode())
        if job is not None and job.deltas.have and not job.deltas.base:
            known, told = self._deltas[number]
            told = told if known is job else 0
            while told < job.deltas.have:
                told += 1
                self._deltas[number] = (job, told)
                yield Delta(number, job.deltas.deltas[told - 1])
