"""What comes before a body is bounded before it is parsed, and refused in words (basics.md §8.1: with CORS too)."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest
from small_server import Serving, StartServing
from uvicorn.protocols.http import flow_control, httptools_impl

from horde_server.process.http_protocol import MOST_HEAD_BYTES, MOST_HEADERS, MOST_TARGET_BYTES

GET = b"GET /x HTTP/1.1\r\nHost: h\r\n"


async def status(serving: Serving, *sent: bytes) -> int:
    client = await serving.connect(*sent)
    found, _, _ = await client.answer()
    return found


@pytest.mark.parametrize("size", [MOST_HEAD_BYTES - 200, MOST_HEAD_BYTES + 1])
@pytest.mark.parametrize("piece_bytes", [1_000, 1_000_000])
async def test_headers_up_to_64_kib_are_read_and_longer_ones_refused(
    start_serving: StartServing, size: int, piece_bytes: int
) -> None:
    """The same whether they come in pieces or at once."""
    data = GET + b"X-Long: " + b"a" * size + b"\r\n\r\n"
    client = await (await start_serving()).connect(
        *(data[at : at + piece_bytes] for at in range(0, len(data), piece_bytes))
    )
    found, headers, _ = await client.answer()
    assert found == (200 if size < MOST_HEAD_BYTES else 431)
    assert ("access-control-allow-origin" in headers) is (found == 431)  # the small app has none itself


@pytest.mark.parametrize(
    "beginning", [GET + b"X-Bomb: ", b"\r\n", GET + b"X-Bomb", b"GET /", b"GET /x HTTP/1.1\r\nHost: ", b"GET /x?"]
)
async def test_a_head_that_never_ends_is_refused_before_it_has_grown(
    start_serving: StartServing, beginning: bytes
) -> None:
    """One connection with an endless header, or URL, froze everything."""
    serving = await start_serving()
    client = await serving.connect(beginning)

    async def flood() -> None:
        filler = b"\r\n" * 50_000 if beginning == b"\r\n" else b"a" * 100_000
        for _ in range(100):
            await client.send(filler)

    flooding = asyncio.create_task(flood())
    found, _ = await client.refusal()
    assert found in (414, 431, 400)
    flooding.cancel()
    await asyncio.gather(flooding, return_exceptions=True)
    assert await status(serving, GET + b"\r\n") == 200


@pytest.mark.parametrize(("count", "expected"), [(MOST_HEADERS, 200), (MOST_HEADERS + 1, 431)])
async def test_so_many_headers_are_read_and_no_more(start_serving: StartServing, count: int, expected: int) -> None:
    """3.6 million headers were taken."""
    headers = b"".join(b"x-%d: 1\r\n" % number for number in range(count))
    assert await status(await start_serving(), b"GET / HTTP/1.1\r\n" + headers + b"\r\n") == expected


@pytest.mark.parametrize(("size", "expected"), [(MOST_TARGET_BYTES, 200), (MOST_TARGET_BYTES + 1, 414)])
@pytest.mark.parametrize("piece_bytes", [1000, 100_000])
async def test_a_target_has_its_own_limit(
    start_serving: StartServing, size: int, expected: int, piece_bytes: int
) -> None:
    data = b"GET /" + b"a" * (size - 1) + b" HTTP/1.1\r\n\r\n"
    pieces = [data[at : at + piece_bytes] for at in range(0, len(data), piece_bytes)]
    assert await status(await start_serving(), *pieces) == expected


@pytest.mark.parametrize(
    "sent", [b"hello there\r\n\r\n", b"GET / HTTP/1.1\r\nA B: c\r\n\r\n", b"\x16\x03\x01\x02\x00\x01"]
)
async def test_what_is_no_request_is_told_so(start_serving: StartServing, sent: bytes) -> None:
    client = await (await start_serving()).connect(sent)
    found, message = await client.refusal()
    assert found == 400
    assert "HTTP/1.1" in message


CHUNKED = b"POST /read HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("beginning", [b"5;ext=", b"0\r\nX-Trailer: ", b"3\r\nabc\r\n0\r\nA: b\r\nX-Trailer: "])
async def test_what_surrounds_the_pieces_of_a_body_is_bounded_too(
    start_serving: StartServing, beginning: bytes
) -> None:
    """Trailers are put together as headers are; extensions of chunks are read by nobody."""
    serving = await start_serving()
    client = await serving.connect(CHUNKED + beginning)
    for _ in range(80):
        await client.send(b"a" * 1000)
    assert (await client.refusal())[0] == 431


async def test_trailers_are_no_headers(start_serving: StartServing) -> None:
    """Who asks is said before the body; what a proxy has not looked at is not believed."""
    serving = await start_serving()
    client = await serving.connect(CHUNKED + b"3;a=b\r\nabc\r\n0\r\napikey: stolen\r\n\r\n")
    assert (await client.answer())[2] == b'{"size": 3}'
    assert serving.app.headers == [[(b"transfer-encoding", b"chunked")]]


async def test_blanks_around_header_values_are_no_part_of_them(start_serving: StartServing) -> None:
    """RFC 9110 §5.5: every header, once and for all who read one."""
    serving = await start_serving()
    names = ["apikey", "Client-Agent", "X-Fields", "Proxied-For", "Proxy-Authorization", "Idempotency-Key", "X-Any"]
    lines = b"".join(b"%s: \t v a \t \r\n" % name.encode() for name in names)
    client = await serving.connect(b"POST /read HTTP/1.1\r\nContent-Length: 3 \t\r\nX-None:  \r\n" + lines + b"\r\nabc")
    assert (await client.answer())[2] == b'{"size": 3}'
    found = dict(serving.app.headers[0])
    assert found == {b"content-length": b"3", b"x-none": b"", **{name.lower().encode(): b"v a" for name in names}}


async def test_thousands_of_requests_sent_at_once_are_answered_in_turn_and_few_wait(
    start_serving: StartServing,
) -> None:
    """Each request that waits costs kilobytes: the rest of them stays unparsed."""
    serving = await start_serving()
    client = await serving.connect(b"GET /first HTTP/1.1\r\n\r\n")
    await client.answer()
    (protocol,) = serving.protocols
    most_waiting = 0
    started = protocol._start_asgi_task

    def watched(*given: Any) -> None:
        nonlocal most_waiting
        most_waiting = max(most_waiting, len(protocol.pipeline))
        started(*given)

    protocol._start_asgi_task = watched  # type: ignore[method-assign, assignment]
    requests = b"".join(b"GET /%d HTTP/1.1\r\n\r\n" % number for number in range(5000))
    sending = asyncio.create_task(client.send(requests))
    for _ in range(5000):
        assert (await client.answer())[0] == 200
    await sending
    assert serving.app.seen == ["/first", *(f"/{number}" for number in range(5000))]
    assert 0 < most_waiting < 150


async def test_requests_with_bodies_sent_at_once_are_answered_in_turn(start_serving: StartServing) -> None:
    serving = await start_serving()
    client = await serving.connect()
    post = b"POST /read HTTP/1.1\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000
    sending = asyncio.create_task(client.send((post + CHUNKED + b"3\r\nabc\r\n0\r\n\r\n") * 100))
    for _ in range(100):
        assert (await client.answer())[2] == b'{"size": 5000}'
        assert (await client.answer())[2] == b'{"size": 3}'
    await sending


async def test_a_bad_request_behind_a_good_one_is_refused_after_the_answer(start_serving: StartServing) -> None:
    serving = await start_serving()
    client = await serving.connect(b"GET /wait HTTP/1.1\r\n\r\n", b"nonsense\r\n\r\n")
    await serving.until(lambda: serving.app.seen, "the first arrived")
    serving.app.may_go.set()
    assert (await client.answer())[0] == 200
    assert (await client.refusal())[0] == 400


async def test_an_offer_of_another_protocol_is_ignored_and_its_body_is_a_body(start_serving: StartServing) -> None:
    """Java's client offers h2c with its first request, also a POST; read as a request its body would be a hole."""
    serving = await start_serving()
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    hidden = b"GET /hidden HTTP/1.1\r\n\r\n"
    head = b"POST /read HTTP/1.1\r\n" + upgrade + b"Content-Length: %d\r\n\r\n" % (2 * len(hidden))
    client = await serving.connect(head + hidden, hidden + b"GET /next HTTP/1.1\r\n\r\n")
    assert (await client.answer())[2] == b'{"size": %d}' % (2 * len(hidden))
    assert (await client.answer())[0] == 200
    await client.send(
        b"GET /ws HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nGET /last HTTP/1.1\r\n\r\n"
    )
    assert [(await client.answer())[0] for _ in range(2)] == [200, 200]
    assert serving.app.seen == ["/read", "/next", "/ws", "/last"]
    chunked = await serving.connect(b"POST /read HTTP/1.1\r\n" + upgrade + b"Transfer-Encoding: chunked\r\n\r\n")
    assert (await chunked.refusal())[0] == 400


def test_the_inner_parts_of_uvicorn_that_we_build_on_are_there() -> None:
    """A new version of uvicorn may lack one; then `process/http_protocol.py` must follow."""
    protocol = httptools_impl.HttpToolsProtocol
    cycle = inspect.signature(httptools_impl.RequestResponseCycle.__init__).parameters
    assert {"keep_alive", "on_response", "message_event", "flow"} <= set(cycle)
    for method in (
        "on_message_begin", "on_url", "on_header", "on_headers_complete", "on_body", "on_message_complete",
        "on_response_complete", "data_received", "connection_made", "connection_lost", "shutdown", "_start_asgi_task",
    ):  # fmt: skip
        assert callable(getattr(protocol, method)), method
    source = inspect.getsource(httptools_impl)
    for name in (
        "self.pipeline", "self.cycle", "self.flow", "self.url", "self.headers", "self.expect_100_continue",
        "self.response_complete", "self.response_started", "self.disconnected", "self.more_body",
    ):  # fmt: skip
        assert name in source, name
    assert {"pause_reading", "resume_reading"} <= set(vars(flow_control.FlowControl))
    assert len(httptools_impl.STATUS_LINE) > 400
