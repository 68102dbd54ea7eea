"""Streams of servers, pieces of texts, and several of them at a time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_worker.backends.events import BackendFailure, Piece
from horde_worker.backends.text import TextEvent, TextResult
from horde_worker.backends.text_servers.room import Room
from horde_worker.backends.text_servers.side_by_side import side_by_side
from horde_worker.backends.text_servers.streams import number_at, objects_of, text_at, value_at
from horde_worker.backends.text_servers.thoughts import WithoutThoughts
from horde_worker.stop_sequences import GrowingText

LIMIT_S = 20.0


async def lines_of(*lines: str) -> AsyncGenerator[str, None]:
    for line in lines:
        yield line


async def read(*lines: str) -> list[dict[str, object]]:
    return [found async for found in objects_of(lines_of(*lines), "the server")]


async def test_events_lines_and_whole_answers_are_read_alike() -> None:
    """Comments, names and empty lines are nothing; what follows the end is not read."""
    lines = ['data: {"a": 1}', "", ": ping", "event: message", 'data:{"a": 2}', '{"a": 3}', "data: [DONE]", "data: {"]
    assert await read(*lines) == [{"a": 1}, {"a": 2}, {"a": 3}]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("data: {", "what is no JSON"),
        ("data: 7", "what is no object"),
        ("data: " + "[" * 100_000, "what is no JSON"),
        ('data: {"error": {"message": "out of\\nmemory"}}', "broke off: out of memory"),
        ('{"error": "model \\"x\\" not found"}', 'broke off: model "x" not found'),
        ('data: {"error": {"code": 7}}', "broke off: it does not say why"),
        ('data: {"error": "' + "x" * 10_000 + '"}', "broke off: x{300}$"),
    ],
)
async def test_garbage_in_a_stream_is_a_failure(line: str, reason: str) -> None:
    """With a reason of one short line."""
    with pytest.raises(BackendFailure, match=reason):
        await read('data: {"a": 1}', line)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner)))
def test_whatever_lies_at_a_path_is_of_the_kind_asked_for(value: object) -> None:
    """Or nothing."""
    answer = json.loads(json.dumps({"at": [value]}))
    assert isinstance(text_at(answer, "at", 0), str)
    number = number_at(answer, "at", 0)
    assert number is None or (type(number) is int and number >= 0)
    assert value_at(answer, "at", 1) is value_at(answer, 0) is value_at(answer, "at", "x") is None


@given(st.text("ab<>", max_size=30), st.lists(st.text("ab<>", max_size=3), max_size=3), st.data())
def test_a_growing_text_ends_with_the_first_stop_however_it_is_cut(
    whole: str, stops: list[str], data: st.DataObject
) -> None:
    """Cut into any pieces, it is what it would be in one."""
    ends = [whole.find(stop) + len(stop) for stop in stops if stop and stop in whole]
    text, kept, rest = GrowingText(stops), "", whole
    while rest:
        length = data.draw(st.integers(1, len(rest)))
        kept += text.add(rest[:length])
        rest = rest[length:]
    assert kept == text.text == (whole[: min(ends)] if ends else whole)
    assert text.is_stopped == bool(ends)


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ("<think>a cat</think>\n\nMeow.", "Meow."),
        ("\n<think>\n</think>Meow.", "Meow."),
        ("Meow <think>a</think>.", "Meow <think>a</think>."),
        ("<thin air", "<thin air"),
        ("<think>never ends", ""),
        ("", ""),
        (" Meow.", " Meow."),
    ],
)
@pytest.mark.parametrize("length", [1, 3, 100])
def test_thoughts_before_an_answer_are_left_out(answer: str, kept: str, length: int) -> None:
    """However they are cut into pieces."""
    answer_only = WithoutThoughts()
    pieces = [answer_only.add(answer[place : place + length]) for place in range(0, len(answer), length)]
    assert "".join(pieces) + answer_only.end() == kept


class Desk:
    """Writers who each wait for a word before their result."""

    def __init__(self, count: int) -> None:
        self.may_end = [asyncio.Event() for _ in range(count)]
        self.begun: list[int] = []
        self.closed: list[int] = []
        self.failing: dict[int, Exception] = {}

    async def write(self, place: int) -> AsyncGenerator[TextEvent, None]:
        self.begun.append(place)
        try:
            yield Piece(place, f"text {place}")
            await self.may_end[place].wait()
            if place in self.failing:
                raise self.failing[place]
            yield TextResult(f"text {place}", place, 1)
        finally:
            self.closed.append(place)

    def writers(self) -> Sequence[Callable[[], AsyncGenerator[TextEvent, None]]]:
        return [partial(self.write, place) for place in range(len(self.may_end))]


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not is_so():
            await asyncio.sleep(0)


async def test_results_come_in_order_though_texts_end_as_they_like() -> None:
    """Pieces do not wait."""
    desk, found = Desk(3), []

    async def make() -> None:
        async for event in side_by_side(desk.writers()):
            found.append(event)  # noqa: PERF401 - looked at while it grows

    making = asyncio.create_task(make())
    await until(lambda: len(found) == 3)
    desk.may_end[1].set()
    await until(lambda: desk.closed == [1])
    assert not any(isinstance(event, TextResult) for event in found)
    desk.may_end[0].set()
    desk.may_end[2].set()
    async with asyncio.timeout(LIMIT_S):
        await making
    assert [event.seed for event in found if isinstance(event, TextResult)] == [0, 1, 2]


async def test_a_failure_waits_for_its_turn_and_ends_the_others() -> None:
    """The text before it is there; nobody writes on."""
    desk, found = Desk(3), []
    desk.failing[1] = BackendFailure("no paper")
    desk.may_end[1].set()

    async def make() -> None:
        async for event in side_by_side(desk.writers()):
            found.append(event)  # noqa: PERF401 - looked at while it grows

    making = asyncio.create_task(make())
    await until(lambda: desk.closed == [1])
    assert not making.done()
    desk.may_end[0].set()
    with pytest.raises(BackendFailure, match="no paper"):
        await making
    assert [event.seed for event in found if isinstance(event, TextResult)] == [0]
    assert sorted(desk.closed) == [0, 1, 2]


async def test_when_it_is_closed_all_writers_end() -> None:
    """Those who have begun, before it says that it is closed."""
    desk = Desk(4)
    async with aclosing(side_by_side(desk.writers())) as events:
        await anext(events)
        await until(lambda: desk.begun == [0, 1, 2, 3])
    assert sorted(desk.closed) == [0, 1, 2, 3]


async def test_a_room_lets_in_as_many_as_fit() -> None:
    """The next when one leaves, however it leaves; more when it grows."""
    size, inside, most = 2, 0, 0
    room = Room(lambda: size)
    may_leave = asyncio.Event()

    async def visit(fails: bool) -> None:
        nonlocal inside, most
        async with room:
            inside += 1
            most = max(most, inside)
            try:
                await may_leave.wait()
                if fails:
                    raise BackendFailure("no paper")
            finally:
                inside -= 1

    visits = [asyncio.create_task(visit(place % 2 == 0)) for place in range(7)]
    await until(lambda: inside == 2)
    visits[0].cancel()
    visits[5].cancel()  # while it waits outside
    await until(lambda: visits[0].done() and inside == 2)
    size = 3
    may_leave.set()
    async with asyncio.timeout(LIMIT_S):
        await asyncio.gather(*visits, return_exceptions=True)
    assert most <= 3
    assert room.inside == inside == 0
