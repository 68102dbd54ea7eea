"""Pieces on their way, over real HTTP: at the horde's pace, whatever gets lost, and never at the job's cost."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from played_horde import PlayedHorde

from horde_worker.backends.events import Delta, Piece, Progress
from horde_worker.horde_api import HordeApi
from horde_worker.steady_clock import Deadline
from horde_worker.stream_wish import StreamWish
from horde_worker.streams.job_stream import JobStream, OpenStreams
from horde_worker.streams.outbox import DeltaOutbox, Outbox, TextOutbox
from horde_worker.streams.sender import MOST_FAILURES
from horde_worker.text_format import UNFORMATTED

WISH = StreamWish(interval_s=0.05, max_bytes=64)
STORY = "Es war einmal ein König, der hatte drei Töchter und ein großes Schloß. 🐈 " * 4


@pytest_asyncio.fixture
async def api(horde: PlayedHorde, session: aiohttp.ClientSession) -> AsyncIterator[HordeApi]:
    """The worker's way to the played horde; at the end, nothing was sent that no horde takes."""
    made = HordeApi(session, horde.url, "the key")
    yield made
    await made.aclose()
    assert horde.desk.violations == []


def a_stream(api: HordeApi, *outboxes: Outbox, wish: StreamWish = WISH, deadline: Deadline | None = None) -> JobStream:
    """For jobs j0, j1 …"""
    ids = [f"j{place}" for place in range(len(outboxes))]
    return JobStream(api, ids, outboxes, wish, deadline or Deadline(150, 10), OpenStreams())


def a_text(stops: tuple[str, ...] = ()) -> TextOutbox:
    return TextOutbox(stops, UNFORMATTED, WISH.max_bytes)


async def test_a_text_arrives_whole_by_one_connection(horde: PlayedHorde, api: HordeApi) -> None:
    """In calls that are no larger than the horde wants, each beginning where the last one ended."""
    async with a_stream(api, a_text()) as stream:
        for place, word in enumerate(STORY.split(" ")):
            stream.tell(Piece(0, word + " "))
            stream.tell(Progress(0, place + 1, 100))
        await horde.until(lambda: horde.desk.texts.get("j0") == (STORY + " ").encode())
    calls = horde.desk.calls["j0"]
    assert all(len(call["text"].encode()) <= WISH.max_bytes for call in calls)
    assert [call["seq"] for call in calls] == list(range(1, len(calls) + 1))
    assert calls[-1]["tokens"] == len(STORY.split(" "))
    assert len(horde.connections) == 1


async def test_what_came_between_two_calls_is_one_piece(horde: PlayedHorde, api: HordeApi) -> None:
    """The first goes out at once; the others wait for the interval, and merge."""
    async with a_stream(api, a_text()) as stream:
        stream.tell(Piece(0, "a"))
        await horde.until(lambda: horde.desk.texts.get("j0") == b"a")
        for _ in range(20):
            stream.tell(Piece(0, "b"))
        await horde.until(lambda: horde.desk.texts["j0"] == b"a" + b"b" * 20)
    assert [call.get("text") for call in horde.desk.calls["j0"]] == ["a", "b" * 20]


async def test_a_lost_piece_is_sent_again(horde: PlayedHorde, api: HordeApi) -> None:
    """The horde forgot all of it, as another node has none: it says from where on."""
    async with a_stream(api, a_text()) as stream:
        stream.tell(Piece(0, "Once "))
        await horde.until(lambda: horde.desk.texts.get("j0") == b"Once ")
        horde.desk.texts.clear()
        stream.tell(Piece(0, "upon"))
        await horde.until(lambda: horde.desk.texts.get("j0") == b"Once upon")
    assert [call["at"] for call in horde.desk.calls["j0"]] == [0, 5, 0]


async def test_an_answer_that_got_lost_doubles_a_piece_and_no_harm_is_done(horde: PlayedHorde, api: HordeApi) -> None:
    """The horde has it already: the overlap is the same."""
    horde.desk.texts["j0"] = b"Once"
    horde.desk.script = [(503, {"message": "just a moment"}, {})]
    async with a_stream(api, a_text()) as stream:
        stream.tell(Piece(0, "Once upon"))
        await horde.until(lambda: horde.desk.texts["j0"] == b"Once upon")


async def test_nothing_more_is_told_of_a_text_that_the_horde_has_otherwise(horde: PlayedHorde, api: HordeApi) -> None:
    """Signs of life go on."""
    horde.desk.texts["j0"] = b"Twice"
    async with a_stream(api, a_text()) as stream:
        stream.tell(Piece(0, "Once"))
        await horde.until(lambda: len(horde.desk.calls.get("j0", ())) >= 1)
        stream.tell(Piece(0, " upon a time"))
        await horde.until(lambda: len(horde.desk.calls["j0"]) >= 2)
    assert ["text" in call for call in horde.desk.calls["j0"]] == [True, False]
    assert horde.desk.texts["j0"] == b"Twice"


async def test_a_busy_horde_is_left_alone_for_as_long_as_it_says(horde: PlayedHorde, api: HordeApi) -> None:
    """And then gets all at once."""
    horde.desk.script = [(429, {"message": "too fast"}, {"Retry-After": "1"})]
    async with a_stream(api, a_text()) as stream:
        stream.tell(Piece(0, "a"))
        await horde.until(lambda: len(horde.desk.calls.get("j0", ())) == 1)
        for _ in range(30):
            stream.tell(Piece(0, "b"))
        await horde.until(lambda: horde.desk.texts.get("j0") == b"a" + b"b" * 30)
    assert len(horde.desk.calls["j0"]) == 2


async def test_after_some_failures_in_a_row_no_more_is_sent(horde: PlayedHorde, api: HordeApi) -> None:
    horde.desk.script = [(500, {"message": "oh"}, {})] * 50
    async with a_stream(api, a_text()) as stream:
        stream.tell(Piece(0, "a"))
        await horde.until(lambda: len(horde.desk.calls.get("j0", ())) == MOST_FAILURES)
        [task] = stream._tasks
        await task
    assert len(horde.desk.calls["j0"]) == MOST_FAILURES


async def test_a_horde_without_such_a_route_is_asked_once(horde: PlayedHorde, api: HordeApi) -> None:
    horde.desk.script = [(404, {"message": "Not found."}, {})]
    async with a_stream(api, a_text()) as stream:
        stream.tell(Piece(0, "a"))
        [task] = stream._tasks
        await task
    assert len(horde.desk.calls["j0"]) == 1


async def test_a_horde_that_keeps_nothing_is_not_told_for_ever(horde: PlayedHorde, api: HordeApi) -> None:
    """It has had enough of this text; signs of life go on."""
    horde.desk.script = [(200, {"next": 0, "wanted": True, "interval_ms": 50}, {})] * 50
    async with a_stream(api, a_text()) as stream:
        stream.tell(Piece(0, "a"))
        await horde.until(lambda: any("text" not in call for call in horde.desk.calls.get("j0", ())))
    assert sum("text" in call for call in horde.desk.calls["j0"]) == 3


async def test_nothing_leaves_the_worker_while_nobody_looks_on(horde: PlayedHorde, api: HordeApi) -> None:
    """Who comes later is told from the beginning."""
    is_wanted = False
    horde.desk.wants = lambda _job: is_wanted
    wish = StreamWish(is_wanted=False, interval_s=0.05)
    async with a_stream(api, a_text(), wish=wish) as stream:
        stream.tell(Piece(0, "Once"))
        await horde.until(lambda: horde.desk.calls.get("j0"))
        assert all("text" not in call for call in horde.desk.calls["j0"])
        is_wanted = True
        stream.tell(Piece(0, " upon"))
        await horde.until(lambda: horde.desk.texts.get("j0") == b"Once upon")


async def test_nobody_waits_any_more_only_when_nobody_waits_for_any(horde: PlayedHorde, api: HordeApi) -> None:
    """Each text of a hand-out is a job of its own."""
    horde.desk.cancels = lambda job_id: job_id == "j0"
    async with a_stream(api, a_text(), a_text()) as stream:
        for place in (0, 1):
            stream.tell(Piece(place, "a"))
        await horde.until(lambda: {"j0", "j1"} <= horde.desk.calls.keys())
        assert not stream.called_off.done()
        horde.desk.cancels = lambda _job_id: True
        stream.tell(Piece(1, "b"))
        await stream.called_off
        assert (stream.so_far(0), stream.so_far(1)) == ("a", "ab")


async def test_what_the_horde_takes_puts_off_the_end_of_the_job(horde: PlayedHorde, api: HordeApi) -> None:
    """As docs/api/streams.md says: by half its time from now, up to four times its time in all."""
    deadline = Deadline(8.0, 1.0)
    before = deadline.at = deadline.at - 6.0  # it is nearly over
    async with a_stream(api, a_text(), deadline=deadline) as stream:
        stream.tell(Piece(0, "a"))
        await horde.until(lambda: horde.desk.texts.get("j0") == b"a")
        stream.tell(Piece(0, "b"))
        await horde.until(lambda: horde.desk.texts.get("j0") == b"ab")
    assert before < deadline.at <= deadline._latest


async def test_large_deltas_arrive_as_several_that_come_to_the_same(horde: PlayedHorde, api: HordeApi) -> None:
    """Each call within the horde's limits."""
    arguments = '{"city": "' + "Köln" * 400 + '"}'
    call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": arguments}}
    said = "ünïcödé " * 300
    async with a_stream(api, DeltaOutbox(512)) as stream:
        stream.tell(Delta(0, {"role": "assistant", "content": said}))
        stream.tell(Delta(0, {"tool_calls": [call]}))

        def arrived() -> bool:
            deltas = horde.desk.deltas.get("j0", [])
            calls = [one["tool_calls"][0] for one in deltas if "tool_calls" in one]
            return "".join(one["function"]["arguments"] for one in calls) == arguments

        await horde.until(arrived)
    deltas = horde.desk.deltas["j0"]
    assert "".join(one.get("content", "") for one in deltas) == said
    assert deltas[0] == {"role": "assistant"}
    [first, *rest] = [one["tool_calls"][0] for one in deltas if "tool_calls" in one]
    assert (first["id"], first["function"]["name"]) == ("call_1", "weather")
    assert all(one.keys() == {"index", "function"} and "name" not in one["function"] for one in rest)


async def test_a_call_in_a_delta_that_is_none_is_left_out(horde: PlayedHorde, api: HordeApi) -> None:
    """Whatever a server writes, the job goes on."""
    async with a_stream(api, DeltaOutbox(512)) as stream:
        stream.tell(Delta(0, {"content": "x" * 600, "tool_calls": ["call", None, 7]}))
        stream.tell(Delta(0, {"content": "end"}))
        await horde.until(lambda: {"content": "end"} in horde.desk.deltas.get("j0", []))
    assert "".join(one.get("content", "") for one in horde.desk.deltas["j0"]) == "x" * 600 + "end"


async def test_deltas_that_got_lost_are_sent_again(horde: PlayedHorde, api: HordeApi) -> None:
    async with a_stream(api, DeltaOutbox(16 * 1024)) as stream:
        for number in range(100):
            stream.tell(Delta(0, {"content": str(number)}))
        await horde.until(lambda: len(horde.desk.deltas.get("j0", ())) == 100)
        horde.desk.deltas["j0"] = horde.desk.deltas["j0"][:7]
        stream.tell(Delta(0, {"content": "100"}))
        await horde.until(lambda: len(horde.desk.deltas["j0"]) == 101)
    assert [one["content"] for one in horde.desk.deltas["j0"]] == [str(number) for number in range(101)]


async def test_the_rest_of_an_answer_is_sent_before_its_result(horde: PlayedHorde, api: HordeApi) -> None:
    """Without a pause, though the horde wants long ones: no result says how an answer came about."""
    wish = StreamWish(interval_s=10.0)
    horde.desk.interval_ms = 10_000
    async with a_stream(api, DeltaOutbox(16 * 1024), wish=wish) as stream:
        stream.tell(Delta(0, {"content": "0"}))
        await horde.until(lambda: horde.desk.deltas.get("j0"))
        for number in range(1, 150):
            stream.tell(Delta(0, {"content": str(number)}))
        await stream.flush(0)
        assert [one["content"] for one in horde.desk.deltas["j0"]] == [str(number) for number in range(150)]


@pytest.mark.parametrize("status", [429, 503])
async def test_a_horde_that_is_busy_is_not_hurried(horde: PlayedHorde, api: HordeApi, status: int) -> None:
    """The result is not kept waiting either."""
    horde.desk.script = [(200, {"next": 0, "next_delta": 0, "wanted": True}, {})]
    horde.desk.script += [(status, {"message": "later"}, {"Retry-After": "60"})] * 50
    async with a_stream(api, DeltaOutbox(16 * 1024)) as stream:
        stream.tell(Delta(0, {"content": "0"}))
        await horde.until(lambda: horde.desk.calls.get("j0"))
        await stream.flush(0)
        assert len(horde.desk.calls["j0"]) <= 3
