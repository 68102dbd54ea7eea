"""A body that comes again is read and judged once, and never by what has changed since."""

from __future__ import annotations

from typing import Any

import pydantic
import pytest
from starlette.requests import Request

from horde_server.errors import InvalidPayload, UnreadableBody
from horde_server.http import repeated_bodies
from horde_server.http.incoming_body import LargeRequest
from horde_server.http.repeated_bodies import RepeatedBodies

JSON = "application/json"


class Offer(pydantic.BaseModel):
    """A body of these tests."""

    name: str


Offers = RepeatedBodies[Offer, object]


def request(raw: bytes, media_type: str = JSON, kind: type[Request] = Request) -> Request:
    """One that has arrived, in two pieces."""
    pieces = [raw[:3], raw[3:]]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    return kind({"type": "http", "method": "POST", "headers": [(b"content-type", media_type.encode())]}, receive)


async def judged(offers: Offers, raw: bytes, circumstances: object = 1, kind: type[Request] = Request) -> object:
    """What is made of a body: something new each time that it is made."""
    sent = await offers.read(request(raw, kind=kind))
    assert sent.content == Offer(name="one")
    return sent.derived(circumstances, object)


@pytest.fixture
def offers() -> Offers:
    return RepeatedBodies(Offer)


async def test_what_was_made_of_an_equal_body_is_used_again(offers: Offers) -> None:
    first = await judged(offers, b'{"name": "one"}')
    assert await judged(offers, b'{"name": "one"}') is first
    assert await judged(offers, b'{"name":"one"}') is not first, "its bytes differ"


async def test_it_is_made_anew_in_other_circumstances(offers: Offers) -> None:
    raw = b'{"name": "one"}'
    first = await judged(offers, raw, "before")
    second = await judged(offers, raw, "after")
    assert second is not first
    assert await judged(offers, raw, "after") is second


async def test_what_is_refused_is_refused_again(offers: Offers) -> None:
    for _ in range(2):
        with pytest.raises(InvalidPayload):
            await offers.read(request(b'{"name": 1}'))
        sent = await offers.read(request(b'{"name": "one"}'))
        with pytest.raises(ZeroDivisionError):
            sent.derived(1, lambda: 1 / 0)


async def test_a_known_body_must_still_be_said_to_be_json(offers: Offers) -> None:
    raw = b'{"name": "one"}'
    await judged(offers, raw)
    with pytest.raises(UnreadableBody):
        await offers.read(request(raw, "text/plain"))


async def test_nothing_is_kept_of_who_showed_no_key(offers: Offers) -> None:
    raw = b'{"name": "one"}'
    assert (await offers.read(request(raw))).content is not (await offers.read(request(raw))).content


async def test_a_large_body_is_read_and_not_kept(offers: Offers) -> None:
    raw = b'{"name": "one"}'
    first = await judged(offers, raw, kind=LargeRequest)
    assert await judged(offers, raw, kind=LargeRequest) is not first


async def test_what_is_kept_is_bounded(offers: Offers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too long a body is not kept; when all are too much, all are forgotten."""
    short, long = b'{"name": "one"}', b'{"name": "one"}' + b" " * 100
    monkeypatch.setattr(repeated_bodies, "MOST_BODY_BYTES", len(long) - 1)
    monkeypatch.setattr(repeated_bodies, "MOST_KEPT_BYTES", 2 * len(short))
    assert await judged(offers, long) is not await judged(offers, long)
    first = await judged(offers, short)
    await judged(offers, short.replace(b": ", b" :"))
    assert await judged(offers, short) is first
    await judged(offers, short.replace(b": ", b":\t"))
    assert await judged(offers, short) is not first
