"""The jobs of which a process knows that they are streamed, and those that it knows to be settled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from horde_server.database.pool import Pool
from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.dispatch.ids import JobId, RequestId
from horde_server.dispatch.states import JobPhase
from horde_server.dispatch.submission import InvalidJobID
from horde_server.errors import WrongCredentials
from horde_server.identity.caller import Caller
from horde_server.streams import store
from horde_server.streams.streamed_job import StreamedJob

MOST_JOBS: Final = 20_000
"""Streamed at a time by one process; the rest are served without."""
MOST_ENDED: Final = 20_000


class KnownJobs:
    """Belongs to the event loop."""

    def __init__(self, pool: Pool, dispatchers: Mapping[str, Dispatcher[Any]]) -> None:
        self._pool = pool
        self._dispatchers = dispatchers
        self.by_id: dict[JobId, StreamedJob] = {}
        self._of_requests: dict[RequestId, dict[JobId, StreamedJob]] = {}
        self._ended: dict[JobId, int] = {}  # with the account of the worker's owner

    @property
    def has_room(self) -> bool:
        """Whether one more may be streamed."""
        return len(self.by_id) < MOST_JOBS

    def add(self, job: StreamedJob) -> None:
        """One more is streamed."""
        self.by_id[job.id] = job
        self._of_requests.setdefault(job.request_id, {})[job.id] = job

    def of_request(self, request_id: RequestId) -> list[StreamedJob]:
        """Those of a request, in the order in which they came up."""
        return list(self._of_requests.get(request_id, {}).values())

    def held(self, job_id: JobId) -> StreamedJob | None:
        """A job that this node handed out."""
        for kind, dispatcher in self._dispatchers.items():
            if (held := dispatcher.held_jobs.get(job_id)) is not None:
                deadline_s = dispatcher.held_jobs.deadline_s(held)
                return StreamedJob(
                    id=job_id,
                    request_id=held.request_id,
                    worker_id=held.worker_id,
                    owner_id=held.owner_id,
                    kind=kind,
                    order=held.order,
                    started_s=held.started_s,
                    lease_s=deadline_s - held.started_s,
                    deadline_s=deadline_s,
                    resumes=bool(held.resume_text),
                    heard_s=0.0,
                )
        return None

    async def find(self, text: str, caller: Caller) -> StreamedJob | None:
        """The job of a piece; None where it is settled. Raises `InvalidJobID`, and `WrongCredentials`."""
        try:
            job_id = JobId(UUID(text))
        except ValueError:
            raise InvalidJobID(f"Processing Job with ID {text[:64]} does not exist") from None
        job = self.by_id.get(job_id)
        if job is not None and job.owner_id < 0:
            await self._complete(job)
        owner_id = job.owner_id if job is not None else self._ended.get(job_id)
        if owner_id is None and (job := self.held(job_id)) is not None:
            owner_id = job.owner_id
        if owner_id is None:
            async with self._pool.connection() as conn:
                found = await store.find_job(conn, job_id)
            if found is None:
                raise InvalidJobID(f"Processing Job with ID {job_id} does not exist")
            owner_id = found.owner_id
            if found.state == JobPhase.PROCESSING:
                job = self._found(found)
        if owner_id != caller.user.id:
            raise WrongCredentials("Wrong credentials: this job belongs to another account's worker.")
        if job is not None and job_id not in self.by_id and self.has_room:
            self.add(job)
        if job is None:
            self._note_end(job_id, owner_id)
        return job

    async def _complete(self, job: StreamedJob) -> None:
        """Of a job that was only forwarded until now pieces come to this node."""
        async with self._pool.connection() as conn:
            found = await store.find_job(conn, job.id)
        if found is not None:
            job.owner_id, job.started_s, job.lease_s = found.owner_id, found.started_s, found.lease_s
            job.deadline_s, job.resumes = found.deadline_s, found.resumes

    def _found(self, row: store.FoundJob) -> StreamedJob:
        return StreamedJob(
            id=row.id,
            request_id=row.request_id,
            worker_id=row.worker_id,
            owner_id=row.owner_id,
            kind=row.kind,
            order=self._dispatchers[row.kind].kind.decode(row.request_order),
            started_s=row.started_s,
            lease_s=row.lease_s,
            deadline_s=row.deadline_s,
            resumes=row.resumes,
        )

    def ended(self, job_id: JobId) -> StreamedJob | None:
        """A job was settled: forget it; what was known of it."""
        job = self.by_id.pop(job_id, None)
        if job is not None:
            self._note_end(job_id, job.owner_id)
            jobs = self._of_requests[job.request_id]
            del jobs[job_id]
            if not jobs:
                del self._of_requests[job.request_id]
        return job

    def has_ended(self, job_id: JobId) -> bool:
        """Whether it is remembered to be settled."""
        return job_id in self._ended

    def _note_end(self, job_id: JobId, owner_id: int) -> None:
        if len(self._ended) >= MOST_ENDED:
            del self._ended[next(iter(self._ended))]
        self._ended[job_id] = owner_id
