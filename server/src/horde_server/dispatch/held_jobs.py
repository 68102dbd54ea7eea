"""The jobs that workers hold now, as this node handed them out: settling one needs no question first.

A memory, never the truth: whether a job still is its worker's is decided by the guard of the statement that settles it,
and a job that is not here (handed out by another node, or before a restart) is looked up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic
from uuid import UUID

from horde_server.dispatch.ids import JobId, RequestId
from horde_server.dispatch.kind import OrderT
from horde_server.dispatch.states import JobPhase

MOST_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldJob(Generic[OrderT]):
    """A job with what settling it needs to know of its request and its worker."""

    id: JobId
    request_id: RequestId
    worker_id: UUID
    owner_id: int
    requester_id: int
    model: str
    state: JobPhase
    started_s: float  # since the epoch
    price_hundredths: int
    order: OrderT
    reward_percent: int  # by the worker's software
    backend_validated: bool  # by the worker's software (workers.md §10.4)
    webhook: str | None = None  # the request's, webhooks/hook.py
    key_id: int | None = None  # by which key the request was asked for
    key_job_hundredths: int | None = None  # what the job charges at most, where that key has a budget
    resume_text: str = ""  # what was shown of its result before, by a worker that was lost


class HeldJobs(Generic[OrderT]):
    """Jobs by their ids, with their deadlines by worker: the oldest are forgotten first."""

    def __init__(self) -> None:
        self._jobs: dict[JobId, HeldJob[OrderT]] = {}
        self._deadlines_s: dict[UUID, dict[JobId, float]] = {}  # by worker and job; since the epoch
        self._claiming: dict[UUID, int] = {}  # jobs that claims under way reach for, by worker

    def add(self, job: HeldJob[OrderT], deadline_s: float) -> None:
        """Remember a job that has just been handed out; the oldest goes when there are too many."""
        if len(self._jobs) >= MOST_REMEMBERED:
            self.take(next(iter(self._jobs)))
        self._jobs[job.id] = job
        self._deadlines_s.setdefault(job.worker_id, {})[job.id] = deadline_s

    def get(self, job_id: JobId) -> HeldJob[OrderT] | None:
        """The job, if this node handed it out and nobody settles it yet."""
        return self._jobs.get(job_id)

    def deadline_s(self, job: HeldJob[OrderT]) -> float:
        """Until when it is its worker's, in seconds since the epoch."""
        return self._deadlines_s[job.worker_id][job.id]

    def prolong(self, job_id: JobId, deadline_s: float) -> None:
        """It is its worker's for longer: that gives signs of life."""
        if (job := self._jobs.get(job_id)) is not None:
            self._deadlines_s[job.worker_id][job_id] = deadline_s

    def take(self, job_id: JobId) -> HeldJob[OrderT] | None:
        """The job, which somebody is about to settle: from now on the database alone knows."""
        job = self._jobs.pop(job_id, None)
        if job is not None:
            held = self._deadlines_s[job.worker_id]
            del held[job_id]
            if not held:
                del self._deadlines_s[job.worker_id]
        return job

    def forget(self) -> None:
        """Have all looked up from now on: their times were changed."""
        self._jobs.clear()
        self._deadlines_s.clear()

    def begin_claim(self, worker_id: UUID, jobs: int) -> None:
        """A worker is about to get so many: pops of its at the same moment count them."""
        self._claiming[worker_id] = self._claiming.get(worker_id, 0) + jobs

    def end_claim(self, worker_id: UUID, jobs: int) -> None:
        """The claim has been decided."""
        if left := self._claiming[worker_id] - jobs:
            self._claiming[worker_id] = left
        else:
            del self._claiming[worker_id]

    def held_by(self, worker_id: UUID, now_s: float) -> int:
        """How many jobs a worker has or is getting of this node, that it neither delivered nor let lie.

        O(those it let lie).
        """
        held = self._deadlines_s.get(worker_id)
        while held and held[oldest := next(iter(held))] < now_s:
            self.take(oldest)
        return (len(held) if held else 0) + self._claiming.get(worker_id, 0)
