"""Both simple clients against a horde that misbehaves: the right retries, typed errors, no request left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from counting_horde import Broken, CountingHorde
from fake_horde import Reply, a_check, a_generation
from waiting import Naps

from horde_sdk.ai_horde_api.ai_horde_clients import (
    AIHordeAPIAsyncClientSession,
    AIHordeAPIAsyncSimpleClient,
    AIHordeAPISimpleClient,
)
from horde_sdk.ai_horde_api.apimodels import ImageGenerateAsyncRequest, ImageGenerateStatusResponse
from horde_sdk.ai_horde_api.exceptions import (
    AIHordeNotFoundError,
    AIHordeRateLimitError,
    AIHordeRequestError,
    AIHordeServerException,
    AIHordeTooManyRequestsError,
    HordeConnectionError,
    HordeException,
    PayloadValidationError,
)
from horde_sdk.generic_api import bounds

SUBMIT = ("POST", "/v2/generate")
CHECK = ("GET", "/v2/generate/check")
STATUS = ("GET", "/v2/generate/status")

BUSY = Reply(429, {"message": "2 per 1 second"}, {"Retry-After": "3"})
TOO_MANY = Reply(429, {"message": "too many open", "rc": "TooManyPrompts"}, {"Retry-After": "3"})
FAILED = Reply(500, {"message": "Internal Server Error"})
GATEWAY = Reply(502, b"<html>Bad Gateway</html>")
INVALID = Reply(400, {"message": "Input payload validation failed", "errors": {"params.width": "odd"}})
EXPIRED = Reply(404, {"message": "no such request", "rc": "RequestNotFound"})
BEFORE = Broken(200, a_check(done=True))
MIDWAY = Broken(200, a_check(done=True), sent_bytes=20)
NOT_JSON = Reply(200, b'{"done": tru')
OTHER_SHAPE = Reply(200, ["something", "else"])
UNKNOWN_VALUES = Reply(
    200,
    a_check(
        done=True,
        finished=1,
        generations=[
            {
                **a_generation(1, "UklGRg=="),
                "state": "sparkling",
                "gen_metadata": [{"type": "mood", "value": "fine", "ref": "x"}],
                "new_field": 1,
            }
        ],
        shared=False,
        new_field={"a": [1]},
    ),
)


@dataclass
class Case:
    """What goes wrong where, and what must come of it."""

    call: tuple[str, str]
    replies: list[Reply]
    error: type[HordeException] | None
    calls: int  # of the endpoint that misbehaves, the good ones included


CASES = {
    "submit, turned away by a rate limit": Case(SUBMIT, [BUSY, BUSY], None, 3),
    "submit, turned away for good": Case(SUBMIT, [BUSY] * 9, AIHordeRateLimitError, 4),
    "submit, too many open requests": Case(SUBMIT, [TOO_MANY], AIHordeTooManyRequestsError, 1),
    "submit, server fails": Case(SUBMIT, [FAILED], AIHordeServerException, 1),
    "submit, gateway fails": Case(SUBMIT, [GATEWAY], AIHordeServerException, 1),
    "submit, connection reset": Case(SUBMIT, [BEFORE], HordeConnectionError, 1),
    "submit, payload refused": Case(SUBMIT, [INVALID], PayloadValidationError, 1),
    "submit, answer is not JSON": Case(SUBMIT, [NOT_JSON], AIHordeRequestError, 1),
    "check, too often": Case(CHECK, [BUSY, BUSY], None, 3),
    "check, server fails and recovers": Case(CHECK, [FAILED, GATEWAY, FAILED], None, 4),
    "check, server fails for good": Case(CHECK, [FAILED] * 9, AIHordeServerException, 4),
    "check, connection reset": Case(CHECK, [BEFORE], None, 2),
    "check, connection reset mid-body": Case(CHECK, [MIDWAY, MIDWAY], None, 3),
    "check, connection reset for good": Case(CHECK, [MIDWAY] * 9, HordeConnectionError, 4),
    "check, answer is not JSON": Case(CHECK, [NOT_JSON], AIHordeRequestError, 1),
    "check, answer of another shape": Case(CHECK, [OTHER_SHAPE], AIHordeRequestError, 1),
    "check, request expired": Case(CHECK, [EXPIRED], AIHordeNotFoundError, 1),
    "status, too often": Case(STATUS, [BUSY], None, 2),
    "status, server fails and recovers": Case(STATUS, [FAILED, FAILED], None, 3),
    "status, connection reset mid-body": Case(STATUS, [MIDWAY], None, 2),
    "status, answer is not JSON": Case(STATUS, [NOT_JSON], AIHordeRequestError, 1),
    "status, values nobody knows yet": Case(STATUS, [UNKNOWN_VALUES], None, 1),
}


@pytest.fixture
def horde(monkeypatch: pytest.MonkeyPatch) -> Iterator[CountingHorde]:
    with CountingHorde() as running:
        monkeypatch.setenv("AI_HORDE_URL", running.url)
        yield running


def a_request(**changes: Any) -> ImageGenerateAsyncRequest:
    return ImageGenerateAsyncRequest(**{"prompt": "A cat in a hat", "models": [], **changes})


def draw(naps: Naps, timeout: float = 5.0) -> ImageGenerateStatusResponse:
    client = AIHordeAPISimpleClient(timeout=timeout)
    client._clock = naps.clock
    client._transport._sleep = naps
    return client.image_generate_request(a_request())[0]


def draw_asynchronously(naps: Naps, timeout: float = 5.0) -> ImageGenerateStatusResponse:
    async def drawing() -> ImageGenerateStatusResponse:
        async def nap(seconds: float) -> None:
            naps(seconds)

        async with aiohttp.ClientSession() as connections:
            session = AIHordeAPIAsyncClientSession(connections, timeout=timeout)
            client = AIHordeAPIAsyncSimpleClient(horde_client_session=session)
            client._clock = naps.clock
            client._transport._sleep = nap
            return (await client.image_generate_request(a_request()))[0]

    return asyncio.run(drawing())


Draw = Callable[..., ImageGenerateStatusResponse]
both_clients = pytest.mark.parametrize("drawn", [draw, draw_asynchronously], ids=["sync", "async"])


@both_clients
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_misbehaviour_ends_well_or_in_a_typed_error_and_leaves_nothing_behind(
    horde: CountingHorde, case: Case, drawn: Draw
) -> None:
    horde.will_answer_next(*case.call, *case.replies)
    naps = Naps()

    if case.error is None:
        assert len(drawn(naps).generations) == 1
    else:
        with pytest.raises(case.error) as caught:
            drawn(naps)
        assert caught.type is case.error
        assert (caught.value.request_id is not None) == (case.call != SUBMIT)

    method, family = case.call
    assert len([one for one in horde.asked if one.method == method and one.path.startswith(family)]) == case.calls
    assert horde.open_ids == set()


@both_clients
def test_the_wait_is_as_long_as_the_horde_asks_with_some_jitter_and_never_beyond_the_cap(
    horde: CountingHorde, drawn: Draw
) -> None:
    never = Reply(429, {"message": "slow down"}, {"Retry-After": "86400"})
    horde.will_answer_next(*CHECK, BUSY, never)
    naps = Naps()

    drawn(naps)

    asked, capped = naps.taken
    assert 3 <= asked <= 3.3
    assert capped == 30


@both_clients
def test_answer_that_drips_is_given_up_and_the_request_cancelled(
    horde: CountingHorde, drawn: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "LONGEST_ANSWER_S", 0.2)
    horde.will_answer_next(*STATUS, *[Reply(200, drops(), {"Content-Length": "100000"}) for _ in range(4)])

    with pytest.raises(HordeConnectionError):
        drawn(Naps(), timeout=0.1)

    assert horde.open_ids == set()


def drops() -> Iterator[bytes]:
    import time

    while True:
        time.sleep(0.02)
        yield b" "
