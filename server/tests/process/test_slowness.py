"""Nobody holds a connection by doing nothing, and whoever is merely slow is served."""

from __future__ import annotations

import asyncio
import logging
from typing import cast

import pytest
from small_server import Serving, StartServing

HEAD = b"POST /read HTTP/1.1\r\nContent-Length: 200000\r\n\r\n"


async def test_a_connection_on_which_nothing_comes_is_closed(start_serving: StartServing) -> None:
    serving = await start_serving()
    client = await serving.connect()
    await serving.until(lambda: len(serving.connections) == 1, "it is accepted")
    await serving.pass_s(14)
    assert len(serving.connections) == 1
    await serving.pass_s(2)
    assert await client.is_closed()


async def test_line_breaks_are_no_request(start_serving: StartServing) -> None:
    serving = await start_serving(keep_alive_s=15)
    client = await serving.connect(b"\r\n")
    await serving.until(lambda: len(serving.connections) == 1, "it is accepted")
    for _ in range(16):
        await client.send(b"\r\n")
        await serving.pass_s(1)
    assert await client.is_closed()


async def test_headers_that_trickle_are_told_so_and_cut(start_serving: StartServing) -> None:
    serving = await start_serving()
    client = await serving.connect(b"GET / HTTP/1.1\r\n")
    await serving.until(lambda: any(one._is_in_head for one in serving.protocols), "it has begun")
    for _ in range(16):
        await client.send(b"X-A: 1\r\n")
        await serving.pass_s(1)
    status, message = await client.refusal()
    assert (status, "15 seconds" in message) == (408, True)


async def test_headers_that_take_their_time_are_read(start_serving: StartServing) -> None:
    serving = await start_serving()
    client = await serving.connect()
    await serving.until(lambda: len(serving.connections) == 1, "it is accepted")
    await serving.pass_s(10)
    for piece in (b"GET / HTTP/1.1\r\n", b"A: 1\r\n", b"\r\n"):
        await client.send(piece)
        await serving.pass_s(5)
    assert (await client.answer())[0] == 200


async def arrived(serving: Serving, size: int) -> None:
    await serving.until(lambda: sum(one._body_bytes for one in serving.protocols) >= size, f"{size} arrived")


async def test_a_body_at_the_pace_of_a_bad_uplink_arrives(start_serving: StartServing) -> None:
    """10 kB/s is what phones send at the edge of a cell: twenty seconds for a small picture."""
    serving = await start_serving()
    client = await serving.connect(HEAD)
    for second in range(20):
        await client.send(b"x" * 10_000)
        await arrived(serving, 10_000 * (second + 1) if second < 19 else 0)
        await serving.pass_s(1)
    assert (await client.answer())[2] == b'{"size": 200000}'


@pytest.mark.parametrize(("good_seconds", "cut_after_s"), [(0, 16), (8, 31)])
async def test_a_body_that_trickles_is_told_so_and_cut(
    start_serving: StartServing, good_seconds: int, cut_after_s: int
) -> None:
    """Also after a good beginning: what counts is the pace of now."""
    serving = await start_serving()
    client = await serving.connect(HEAD)
    sent = 0
    for second in range(cut_after_s):
        piece = b"x" * (20_000 if second < good_seconds else 10)
        await client.send(piece)
        sent += len(piece)
        await arrived(serving, sent)
        await serving.pass_s(1)
    status, message = await client.refusal()
    assert status == 408
    assert "1000 bytes a second" in message
    assert serving.app.seen == ["/read", "gone"]


async def test_a_trickling_body_whose_answer_is_there_already_only_ends(start_serving: StartServing) -> None:
    serving = await start_serving()
    client = await serving.connect(b"POST /unread HTTP/1.1\r\nContent-Length: 1000\r\n\r\n")
    assert (await client.answer())[0] == 200
    await serving.pass_s(17)
    assert await client.is_closed()


async def test_an_idle_connection_is_closed_after_a_minute_and_not_before(start_serving: StartServing) -> None:
    serving = await start_serving()
    client = await serving.connect()
    for _ in range(3):
        await client.send(b"GET / HTTP/1.1\r\n\r\n")
        assert (await client.answer())[0] == 200
        await serving.pass_s(58)
    await serving.pass_s(3)
    assert await client.is_closed()


async def test_a_request_that_takes_minutes_to_answer_is_waited_for(start_serving: StartServing) -> None:
    serving = await start_serving()
    client = await serving.connect(b"GET /wait HTTP/1.1\r\n\r\n")
    await serving.until(lambda: serving.app.seen, "it arrived")
    await serving.pass_s(300)
    serving.app.may_go.set()
    assert (await client.answer())[0] == 200


async def test_who_takes_none_of_the_answer_loses_it(start_serving: StartServing) -> None:
    serving = await start_serving()
    client = await serving.connect()
    cast("asyncio.Transport", client.writer.transport).pause_reading()
    await client.send(b"GET /long HTTP/1.1\r\n\r\n")
    await serving.until(lambda: any(one.transport.get_write_buffer_size() for one in serving.protocols), "sent")
    await serving.pass_s(18)
    await serving.until(lambda: len(serving.connections) == 0, "it is closed")


async def test_who_takes_the_answer_slowly_gets_all_of_it(start_serving: StartServing) -> None:
    serving = await start_serving()
    client = await serving.connect(b"GET /long HTTP/1.1\r\n\r\n")
    head = await client.reader.readuntil(b"\r\n\r\n")
    assert b"200" in head
    taken = 0
    while taken < serving.app.long_bytes:
        taken += len(await asyncio.wait_for(client.reader.read(1_000_000), 10))
        await serving.pass_s(2)
    assert taken == serving.app.long_bytes


async def test_a_server_that_was_held_up_itself_blames_nobody(start_serving: StartServing) -> None:
    """Seconds in which it did not look do not count: nothing was read in them either."""
    serving = await start_serving()
    client = await serving.connect(b"GET /x HTTP/1.1\r\n")
    await serving.until(lambda: any(one._is_in_head for one in serving.protocols), "it has begun")
    serving.clock.now += 60
    serving.connections.look()
    await client.send(b"\r\n")
    assert (await client.answer())[0] == 200


async def test_a_body_held_back_does_not_hold_up_the_stop(
    start_serving: StartServing, caplog: pytest.LogCaptureFixture
) -> None:
    """The stop took 10.7 s and left a trace in the log."""
    serving = await start_serving()
    client = await serving.connect(HEAD, b"x" * 1000)
    idle = await serving.connect(b"GET /x HTTP/1.1\r\n\r\n")
    await idle.answer()
    await arrived(serving, 1000)
    with caplog.at_level(logging.WARNING):
        serving.stop.set()
        assert await idle.is_closed()
        await serving.pass_s(6)
        status, message = await client.refusal()
        assert (status, "stopping" in message) == (503, True)
        await serving.pass_s(1)
        await asyncio.wait_for(serving.task, 10)
    assert "Traceback" not in caplog.text
    assert serving.app.seen[-1] == "gone"


async def test_a_request_cut_off_by_the_end_of_a_stop_leaves_no_trace(
    start_serving: StartServing, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("horde_server.process.serving.DRAIN_S", 0.2)
    serving = await start_serving()
    await serving.connect(b"GET /wait HTTP/1.1\r\n\r\n")
    await serving.until(lambda: serving.app.seen, "it arrived")
    serving.stop.set()
    await asyncio.wait_for(serving.task, 10)
    assert "Traceback" not in caplog.text
