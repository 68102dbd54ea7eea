"""What a node remembers of the jobs that it handed out (workers.md §6.3)."""

from __future__ import annotations

import asyncio
from typing import cast
from uuid import UUID, uuid4

import pytest
from builders import an_entry, an_offer

from horde_server.database.pool import Pool
from horde_server.dispatch import job_store
from horde_server.dispatch.announcements import Announcements
from horde_server.dispatch.dispatcher import HELD_JOBS_PER_THREAD, Dispatcher
from horde_server.dispatch.held_jobs import HeldJob, HeldJobs
from horde_server.dispatch.ids import JobId, RequestId
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.dispatch.states import JobPhase
from horde_server.requests.image.kind import ImageKind
from horde_server.requests.image.order import ImageOrder

WORKER = UUID(int=7)
NOBODY_TOLD = cast("Announcements", None)  # a hand-out is the end of nothing


def a_job(worker_id: UUID = WORKER) -> HeldJob[ImageOrder]:
    return HeldJob(
        id=JobId(uuid4()),
        request_id=RequestId(uuid4()),
        worker_id=worker_id,
        owner_id=1,
        requester_id=2,
        model="m",
        state=JobPhase.PROCESSING,
        started_s=0.0,
        price_hundredths=100,
        order=ImageOrder(prompt="x"),
        reward_percent=100,
        backend_validated=False,
    )


def test_jobs_are_counted_until_they_are_taken_or_overdue() -> None:
    jobs: HeldJobs[ImageOrder] = HeldJobs()
    first, second, anothers = a_job(), a_job(), a_job(uuid4())
    for job, deadline_s in ((first, 10.0), (second, 20.0), (anothers, 20.0)):
        jobs.add(job, deadline_s)
    assert jobs.held_by(WORKER, 0.0) == 2
    assert jobs.take(second.id) is second
    assert jobs.take(second.id) is None
    assert jobs.held_by(WORKER, 0.0) == 1
    assert jobs.held_by(WORKER, 11.0) == 0
    assert jobs.take(first.id) is None, "an overdue job is looked up: the database knows whose it is now"
    assert jobs.held_by(anothers.worker_id, 11.0) == 1


def test_what_was_put_off_is_looked_up() -> None:
    """After a stop of the horde the times in memory are wrong."""
    jobs: HeldJobs[ImageOrder] = HeldJobs()
    jobs.add(job := a_job(), 10.0)
    jobs.forget()
    assert (jobs.held_by(WORKER, 0.0), jobs.take(job.id)) == (0, None)


async def test_a_worker_that_holds_too_many_jobs_gets_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """§6.3: greed starves nobody, and a broken worker does not swallow the queue."""
    queue = LiveQueue(lambda: 0.0)
    dispatcher = Dispatcher(ImageKind(), _no_pool(), queue, lambda topic, ids: None, NOBODY_TOLD, lifetime_s=60)
    entry = an_entry(jobs=1000)
    queue.add(entry)

    async def claimed(conn: object, *, job_ids: list[UUID], **_: object) -> object:
        state = entry.state
        return state._replace(waiting=state.waiting - len(job_ids), version=state.version + 1)

    monkeypatch.setattr(job_store, "claim", claimed)
    view = queue.view(an_offer(worker_id=WORKER, max_pixels=10**9))
    handed: list[JobId] = []
    while hand_out := await dispatcher.hand_out(view, 20, threads=2, reward_percent=100):
        handed += hand_out.job_ids
    assert len(handed) == 2 * HELD_JOBS_PER_THREAD
    dispatcher.held_jobs.take(handed[0])
    one_more = await dispatcher.hand_out(view, 20, threads=2, reward_percent=100)
    assert one_more is not None and len(one_more.job_ids) == 1


async def test_pops_at_the_same_moment_hold_no_more_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for pops whose claims are all under way at once."""
    queue = LiveQueue(lambda: 0.0)
    dispatcher = Dispatcher(ImageKind(), _no_pool(), queue, lambda topic, ids: None, NOBODY_TOLD, lifetime_s=60)
    entry = an_entry(jobs=1000)
    queue.add(entry)

    async def claimed(conn: object, *, job_ids: list[UUID], **_: object) -> object:
        await asyncio.sleep(0)  # all others look before this one is decided
        state = entry.state
        return state._replace(waiting=state.waiting - len(job_ids), version=state.version + 1)

    monkeypatch.setattr(job_store, "claim", claimed)
    view = queue.view(an_offer(worker_id=WORKER, max_pixels=10**9))
    hand_outs = await asyncio.gather(*(dispatcher.hand_out(view, 20, threads=1, reward_percent=100) for _ in range(20)))
    assert sum(len(each.job_ids) for each in hand_outs if each) == HELD_JOBS_PER_THREAD
    assert dispatcher.held_jobs.held_by(WORKER, 0.0) == HELD_JOBS_PER_THREAD


def _no_pool() -> Pool:
    return cast("Pool", _NoPool())


class _NoPool:
    def connection(self) -> _NoPool:
        return self

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, *_: object) -> None:
        return None
