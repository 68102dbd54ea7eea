"""Who waits is woken by what concerns it, once, in order; and stops waiting with its time or its connection."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from builders import a_requirement, an_entry, an_offer

from horde_server.dispatch.entry import AnyEntry as Entry
from horde_server.dispatch.entry import WorkerView
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.dispatch.refusal import Offer
from horde_server.requests import waiting as waiting_module
from horde_server.requests.waiting import Patience, Pop, Waiting

LONG_S = 60.0


class Client:
    """A client's connection, which may go."""

    def __init__(self) -> None:
        self._gone = asyncio.Event()

    async def receive(self) -> Mapping[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    def go(self) -> None:
        self._gone.set()


@dataclass
class Desk:
    """A live queue that is listened to, and workers who take one job at a time of it without a database."""

    queue: LiveQueue = field(default_factory=lambda: LiveQueue(time.time))
    waiting: Waiting = field(default_factory=Waiting)
    handed_back: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.waiting.open(self.queue, lambda entry: (entry.id, entry.account_id))

    def change(self, entry: Entry, **state: Any) -> None:
        self.queue.update(entry.state._replace(version=entry.state.version + 1, **state))

    def pop_of(self, view: WorkerView, *, threads: int = 1, may_wait: bool = True) -> Pop[Entry]:
        async def take() -> Entry | None:
            entry = next(self.queue.candidates(view), None)
            if entry is not None:
                self.change(entry, waiting=entry.state.waiting - 1, processing=entry.state.processing + 1)
            return entry

        async def hand_back(entry: Entry) -> None:
            self.change(entry, waiting=entry.state.waiting + 1, processing=entry.state.processing - 1)
            self.handed_back.append(entry)

        return Pop(
            queue=self.queue,
            view=view,
            threads=threads,
            take=take,
            hand_back=hand_back,
            may_wait=lambda: may_wait,
        )

    def waits_for_work(
        self, offer: Offer, *, client: Client | None = None, wait_s: float = LONG_S, **pop: Any
    ) -> asyncio.Task[Entry | None]:
        view = self.queue.view(offer)
        receive = (client or Client()).receive
        work = self.waiting.for_work(self.pop_of(view, **pop), Patience(wait_s, receive))
        return asyncio.create_task(work)

    def waits_until_done(
        self, entry: Entry, *, client: Client | None = None, wait_s: float = LONG_S, topic: UUID | int | None = None
    ) -> asyncio.Task[None]:
        topics = (entry.id if topic is None else topic,)
        receive = (client or Client()).receive
        return asyncio.create_task(self.waiting.until(lambda: entry.state.is_done, topics, Patience(wait_s, receive)))


@pytest.fixture
async def desk(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(waiting_module, "LOOK_EVERY_S", LONG_S)  # woken by news, or not at all
    made = Desk()
    yield made
    made.waiting.stop()
    await settled()
    assert len(made.waiting) == 0


async def settled() -> None:
    """Let everybody who was woken run."""
    for _ in range(10):
        await asyncio.sleep(0)


class TestForARequest:
    async def test_the_end_of_it_wakes_those_who_wait_for_it(self, desk: Desk) -> None:
        mine, other = an_entry(), an_entry()
        for entry in (mine, other):
            desk.queue.add(entry)
        waits, others = [desk.waits_until_done(mine) for _ in range(3)], desk.waits_until_done(other)
        await settled()
        desk.change(mine, waiting=0, processing=1)
        await settled()
        assert not any(wait.done() for wait in waits)
        desk.change(mine, processing=0, finished=1)
        await settled()
        assert all(wait.done() for wait in waits)
        assert not others.done()

    async def test_a_fault_or_a_removal_is_news(self, desk: Desk) -> None:
        faulted, removed = an_entry(), an_entry()
        for entry in (faulted, removed):
            desk.queue.add(entry)
        by_fault = desk.waits_until_done(faulted)
        by_removal = desk.waits_until_done(removed)
        await settled()
        desk.change(faulted, state="faulted", waiting=0)
        desk.queue.remove(removed.id)
        await settled()
        assert by_fault.done()
        assert by_removal.done()

    async def test_what_is_so_already_is_not_waited_for(self, desk: Desk) -> None:
        entry = an_entry()
        desk.queue.add(entry)
        desk.change(entry, waiting=0, finished=1)
        await desk.waits_until_done(entry)

    async def test_nobody_waits_longer_than_it_asked_for(self, desk: Desk) -> None:
        entry = an_entry()
        desk.queue.add(entry)
        await desk.waits_until_done(entry, wait_s=0.01)
        assert not entry.state.is_done

    async def test_who_has_gone_waits_no_more(self, desk: Desk) -> None:
        entry, client = an_entry(), Client()
        desk.queue.add(entry)
        wait = desk.waits_until_done(entry, client=client)
        await settled()
        assert len(desk.waiting) == 1
        client.go()
        await settled()
        assert wait.done()
        assert len(desk.waiting) == 0

    async def test_a_cancelled_wait_leaves_nothing_behind(self, desk: Desk) -> None:
        entry = an_entry()
        desk.queue.add(entry)
        wait = desk.waits_until_done(entry)
        await settled()
        wait.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await wait
        assert len(desk.waiting) == 0
        assert len(asyncio.all_tasks()) == 1  # this one

    async def test_an_account_has_news_of_all_its_requests(self, desk: Desk) -> None:
        first, second = an_entry(account_id=5), an_entry(account_id=5)
        for entry in (first, second):
            desk.queue.add(entry)
        wait = desk.waits_until_done(second, topic=5)
        await settled()
        desk.change(first, waiting=0, finished=1)
        await settled()
        assert not wait.done()  # it was news, but not what was waited for
        desk.change(second, waiting=0, finished=1)
        await settled()
        assert wait.done()

    async def test_beyond_the_most_everybody_is_answered_at_once(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(waiting_module, "MOST_WAITS", 1)
        entry = an_entry()
        desk.queue.add(entry)
        first, second = desk.waits_until_done(entry), desk.waits_until_done(entry)
        await settled()
        assert second.done()
        assert not first.done()

    async def test_a_stop_answers_all(self, desk: Desk) -> None:
        entry = an_entry()
        desk.queue.add(entry)
        wait, pop = desk.waits_until_done(entry), desk.waits_for_work(an_offer(models=frozenset({"other"})))
        await settled()
        desk.waiting.stop()
        await settled()
        assert wait.done()
        assert pop.done()
        assert pop.result() is None


class TestForWork:
    async def test_what_waits_is_taken_at_once(self, desk: Desk) -> None:
        entry = an_entry()
        desk.queue.add(entry)
        assert await desk.waits_for_work(an_offer()) is entry

    async def test_a_new_request_wakes_the_longest_parked_that_fits(self, desk: Desk) -> None:
        unfit = desk.waits_for_work(an_offer(models=frozenset({"other"})))
        first, second = desk.waits_for_work(an_offer()), desk.waits_for_work(an_offer())
        await settled()
        entry = an_entry()
        desk.queue.add(entry)
        await settled()
        assert first.done()
        assert first.result() is entry
        assert not second.done()
        assert not unfit.done()

    async def test_as_many_wake_as_there_are_jobs(self, desk: Desk) -> None:
        pops = [desk.waits_for_work(an_offer()) for _ in range(4)]
        await settled()
        desk.queue.add(an_entry(jobs=3))
        await settled()
        assert [pop.done() for pop in pops] == [True, True, True, False]

    async def test_a_request_for_one_of_several_models_is_for_whoever_waits_longest(self, desk: Desk) -> None:
        first = desk.waits_for_work(an_offer(models=frozenset({"b"})))
        second = desk.waits_for_work(an_offer(models=frozenset({"a"})))
        both = desk.waits_for_work(an_offer(models=frozenset({"a", "b"})))
        await settled()
        desk.queue.add(an_entry(a_requirement(models=frozenset({"a", "b"})), jobs=2))
        await settled()
        assert [pop.done() for pop in (first, second, both)] == [True, True, False]

    async def test_a_request_for_any_model_is_for_all(self, desk: Desk) -> None:
        pop = desk.waits_for_work(an_offer(models=frozenset({"whatever"})))
        await settled()
        desk.queue.add(an_entry(a_requirement(models=frozenset())))
        await settled()
        assert pop.done()

    async def test_who_may_not_serve_this_requester_sleeps_on(self, desk: Desk) -> None:
        listed = desk.waits_for_work(an_offer(blacklist=("harbour",)))
        in_maintenance = desk.waits_for_work(an_offer(maintenance=True))
        fitting = desk.waits_for_work(an_offer())
        await settled()
        desk.queue.add(an_entry())
        await settled()
        assert [pop.done() for pop in (listed, in_maintenance, fitting)] == [False, False, True]

    async def test_in_maintenance_the_owners_own_requests_are_served(self, desk: Desk) -> None:
        pop = desk.waits_for_work(an_offer(maintenance=True, owner_id=7))
        await settled()
        desk.queue.add(an_entry(account_id=7))
        await settled()
        assert pop.done()

    async def test_a_job_that_comes_back_wakes_another(self, desk: Desk) -> None:
        entry = an_entry()
        desk.queue.add(entry)
        assert await desk.waits_for_work(an_offer()) is entry
        pop = desk.waits_for_work(an_offer())
        await settled()
        assert not pop.done()
        desk.change(entry, waiting=1, processing=0, restarted=1)
        await settled()
        assert pop.done()

    async def test_a_change_of_the_worker_lets_it_look_again(self, desk: Desk) -> None:
        desk.queue.add(entry := an_entry(a_requirement(models=frozenset({"new"}))))
        offer = an_offer()
        pop = desk.waits_for_work(offer)
        await settled()
        assert not pop.done()
        desk.queue.view(offer._replace(models=frozenset({"new"}), plain_models=frozenset({"new"})))
        await settled()
        assert pop.result() is entry

    async def test_a_deleted_worker_waits_no_more(self, desk: Desk) -> None:
        offer = an_offer()
        pop = desk.waits_for_work(offer)
        await settled()
        desk.queue.drop_worker(offer.worker_id)
        await settled()
        assert pop.done()
        assert pop.result() is None

    async def test_as_many_pops_of_a_worker_wait_as_it_has_threads(self, desk: Desk) -> None:
        offer = an_offer(worker_id=uuid4())
        pops = [desk.waits_for_work(offer, threads=2) for _ in range(3)]
        await settled()
        assert [pop.done() for pop in pops] == [False, False, True]

    async def test_whom_waiting_brings_nothing_does_not_wait(self, desk: Desk) -> None:
        assert await desk.waits_for_work(an_offer(), may_wait=False) is None

    async def test_a_worker_that_went_gets_nothing(self, desk: Desk) -> None:
        client = Client()
        pop, next_pop = desk.waits_for_work(an_offer(), client=client), desk.waits_for_work(an_offer())
        await settled()
        client.go()
        await settled()
        assert pop.done()
        desk.queue.add(entry := an_entry())
        await settled()
        assert next_pop.result() is entry

    async def test_what_woke_a_worker_that_went_at_that_moment_wakes_the_next(self, desk: Desk) -> None:
        client = Client()
        pop, next_pop = desk.waits_for_work(an_offer(), client=client), desk.waits_for_work(an_offer())
        await settled()
        client.go()
        desk.queue.add(entry := an_entry())  # the first is woken before anybody has seen that it went
        for _ in range(3):
            await settled()
        assert pop.result() is None
        assert next_pop.result() is entry

    async def test_what_was_taken_for_a_worker_that_goes_meanwhile_is_handed_back(self, desk: Desk) -> None:
        client, view = Client(), desk.queue.view(an_offer())
        plain = desk.pop_of(view)

        async def take_slowly() -> Entry | None:
            taken = await plain.take()
            if taken is not None:
                client.go()
                await settled()
            return taken

        pop: Pop[Entry] = Pop(
            queue=desk.queue,
            view=view,
            threads=1,
            take=take_slowly,
            hand_back=plain.hand_back,
            may_wait=lambda: True,
        )
        work = desk.waiting.for_work(pop, Patience(LONG_S, client.receive))
        waits = asyncio.create_task(work)
        await settled()
        desk.queue.add(entry := an_entry())
        for _ in range(5):
            await settled()
        assert waits.result() is None
        assert desk.handed_back == [entry]
        assert entry.state.waiting == 1

    async def test_what_no_change_tells_is_seen_at_the_next_look(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(waiting_module, "LOOK_EVERY_S", 0.01)
        offer = an_offer()
        desk.queue.add(entry := an_entry())
        desk.queue.view(offer)
        desk.queue.view(an_offer())  # another could serve it
        desk.queue.note_fault(entry.id, offer.worker_id)
        pop = desk.waits_for_work(offer)
        await settled()
        assert not pop.done()
        entry.failed_workers.clear()
        assert await pop is entry
