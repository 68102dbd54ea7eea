"""Pictures are decoded a few at a time, and nobody waits for one requester's many."""

from __future__ import annotations

import asyncio
import threading

import pytest

from horde_server.blobs.decoding import BoundedRoom, Decoders, FairTurns, PixelRoom, TooManyPictures

LIMIT_S = 10.0


class Crowd:
    """Requesters at the places of some turns; each stays until told to go."""

    def __init__(self, turns: FairTurns) -> None:
        self.turns = turns
        self.order: list[str] = []
        self._go = asyncio.Event()

    async def visit(self, requester: str) -> None:
        async with self.turns.turn(requester):
            self.order.append(requester)
            await self._go.wait()

    async def send(self, *requesters: str) -> list[asyncio.Task[None]]:
        """They come in this order; those who find a place have it, the others wait."""
        tasks = [asyncio.create_task(self.visit(requester)) for requester in requesters]
        for _ in range(3):
            await asyncio.sleep(0)
        return tasks

    async def end(self, tasks: list[asyncio.Task[None]]) -> None:
        self._go.set()
        async with asyncio.timeout(LIMIT_S):
            await asyncio.gather(*tasks)


async def test_requesters_take_turns_however_many_pictures_one_has() -> None:
    crowd = Crowd(FairTurns(1))
    tasks = await crowd.send(*["flood"] * 6, "stranger", "stranger", "another")
    await crowd.end(tasks)
    assert crowd.order[:6] == ["flood", "flood", "stranger", "another", "flood", "stranger"]
    assert len(crowd.order) == 9


async def test_there_are_as_many_at_a_time_as_places() -> None:
    crowd = Crowd(FairTurns(2))
    tasks = await crowd.send(*"abcd")
    assert crowd.order == ["a", "b"]
    await crowd.end(tasks)
    assert crowd.order == ["a", "b", "c", "d"]


async def test_one_requester_may_have_so_many_waiting_and_all_together_so_many() -> None:
    crowd = Crowd(FairTurns(1, most_waiting=5, most_waiting_each=3))
    tasks = await crowd.send("flood", "flood", "flood", "flood", "one", "two")
    with pytest.raises(TooManyPictures) as mine:
        await crowd.visit("flood")
    with pytest.raises(TooManyPictures):
        await crowd.visit("three")
    assert (mine.value.status, mine.value.headers) == (503, {"Retry-After": "3"})
    await crowd.end(tasks)
    await crowd.visit("flood")


async def test_who_goes_away_while_waiting_takes_no_place() -> None:
    crowd = Crowd(FairTurns(1, most_waiting_each=2))
    tasks = await crowd.send("a", "gone", "gone", "b")
    for task in tasks[1:3]:
        task.cancel()
    more = await crowd.send("gone")
    assert not more[0].done(), "those who went count no more"
    await crowd.end([tasks[0], tasks[3], *more])
    assert crowd.order == ["a", "b", "gone"]


async def test_who_goes_away_as_he_is_called_hands_the_place_on() -> None:
    turns = FairTurns(1)
    async with turns.turn("a"):
        called, next_one = [asyncio.create_task(Crowd(turns).visit(name)) for name in ("called", "next")]
        await asyncio.sleep(0)
    called.cancel()
    await asyncio.gather(called, return_exceptions=True)
    await asyncio.sleep(0)
    next_one.cancel()
    await asyncio.gather(next_one, return_exceptions=True)
    async with asyncio.timeout(LIMIT_S), turns.turn("b"):
        pass


async def test_waiting_has_an_end() -> None:
    turns = FairTurns(1, most_wait_s=0.01)
    async with turns.turn("a"):
        with pytest.raises(TooManyPictures):
            async with turns.turn("b"):
                raise AssertionError("there is no place")
    async with turns.turn("b"):
        pass


def test_so_many_pixels_are_held_at_a_time_and_a_larger_picture_has_the_room_alone() -> None:
    room = BoundedRoom(100)
    entered, go = threading.Event(), threading.Event()

    def hold(pixels: int) -> None:
        with room.held(pixels):
            entered.set()
            go.wait(LIMIT_S)

    with room.held(60), room.held(40):
        waiting = threading.Thread(target=hold, args=(1000,))
        waiting.start()
        assert not entered.wait(0.05)
    assert entered.wait(LIMIT_S)
    go.set()
    waiting.join(LIMIT_S)
    with room.held(100):
        pass


async def test_work_is_done_in_threads_of_its_own_and_its_failure_is_raised() -> None:
    def work(room: PixelRoom) -> str:
        with room.held(10):
            return threading.current_thread().name

    def fail(_: PixelRoom) -> None:
        raise ValueError("no")

    decoders = Decoders()
    assert (await decoders.run("a", work)).startswith("decode")
    with pytest.raises(ValueError, match="no"):
        await decoders.run("a", fail)
    assert await decoders.run("a", work)
