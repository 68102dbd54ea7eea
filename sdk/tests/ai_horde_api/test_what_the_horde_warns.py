"""What the horde warned of is shown at once, stands in the time-out, and may end the wait."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from counting_horde import CountingHorde
from fake_horde import JOB, FakeHorde, Reply, a_check, a_form, an_alchemy_status
from waiting import Naps

from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPIAsyncSimpleClient, AIHordeAPISimpleClient
from horde_sdk.ai_horde_api.apimodels import (
    AlchemyAsyncRequest,
    AlchemyAsyncRequestFormItem,
    ImageGenerateAsyncRequest,
    TextGenerateAsyncRequest,
)
from horde_sdk.ai_horde_api.exceptions import (
    AIHordeAlchemyTimedOutError,
    AIHordeGenerationTimedOutError,
    AIHordeImageTimedOutError,
    AIHordeImpossibleError,
    AIHordeTextTimedOutError,
)
from horde_sdk.exceptions import HordeWarning

NOBODY = "No available workers can fulfill this request: 1 serves none of the models."
UNSERVED = {"message": f"Warning: {NOBODY}", "warnings": [{"code": "NoAvailableWorker", "message": NOBODY}]}
WAITING = Reply(200, a_check(is_possible=False))

IMAGE = ImageGenerateAsyncRequest(prompt="p", models=["nobody's"])
TEXT = TextGenerateAsyncRequest(prompt="p", models=["nobody's"])
ALCHEMY = AlchemyAsyncRequest(
    forms=[AlchemyAsyncRequestFormItem(name="caption")], source_image="https://example.org/a.webp"
)

Call = Callable[..., Any]
KINDS: list[tuple[str, str, str, Any, type[AIHordeGenerationTimedOutError]]] = [
    ("image_generate_request", "/v2/generate/async", "/v2/generate/status", IMAGE, AIHordeImageTimedOutError),
    ("text_generate_request", "/v2/generate/text/async", "/v2/generate/text/status", TEXT, AIHordeTextTimedOutError),
    ("alchemy_request", "/v2/interrogate/async", "/v2/interrogate/status", ALCHEMY, AIHordeAlchemyTimedOutError),
]
by_kind = pytest.mark.parametrize(("method", "path", "status", "request_", "late"), KINDS, ids=[k[0] for k in KINDS])


@pytest.fixture
def client(horde: FakeHorde) -> AIHordeAPISimpleClient:
    naps = Naps()
    simple = AIHordeAPISimpleClient()
    simple._clock = naps.clock
    simple._transport._sleep = naps
    return simple


def unserved(horde: FakeHorde, path: str, status: str) -> None:
    """Let the horde take a request that nobody can do, and nobody do it."""
    horde.will_answer(f"POST {path}", Reply(202, {"id": JOB, "kudos": 1.0, **UNSERVED}))
    alchemy = Reply(200, an_alchemy_status("waiting", a_form("caption", "waiting")))
    look = alchemy if "interrogate" in path else Reply(200, {**a_check(is_possible=False), "generations": []})
    for line in (f"GET {status}/{JOB}", f"GET /v2/generate/check/{JOB}"):
        horde.will_answer(line, *[look] * 20)


@by_kind
def test_time_out_says_what_the_horde_had_warned_of(
    horde: FakeHorde,
    client: AIHordeAPISimpleClient,
    method: str,
    path: str,
    status: str,
    request_: Any,
    late: type[AIHordeGenerationTimedOutError],
) -> None:
    unserved(horde, path, status)

    with pytest.warns(HordeWarning, match="1 serves none"), pytest.raises(late, match=f"warned: {NOBODY}"):
        getattr(client, method)(request_, timeout=30)


@by_kind
def test_whoever_fails_fast_hears_it_at_once_and_leaves_nothing_behind(
    horde: FakeHorde,
    client: AIHordeAPISimpleClient,
    method: str,
    path: str,
    status: str,
    request_: Any,
    late: type,
) -> None:
    unserved(horde, path, status)

    with pytest.warns(HordeWarning), pytest.raises(AIHordeImpossibleError, match="1 serves none") as caught:
        getattr(client, method)(request_, fail_fast=True)

    assert horde.lines == [f"POST {path}", f"DELETE {status}/{JOB}"]
    assert (caught.value.request_id, caught.value.rc) == (JOB, "NoValidWorkers")


@by_kind
async def test_asynchronous_client_fails_as_fast(
    horde: FakeHorde, method: str, path: str, status: str, request_: Any, late: type
) -> None:
    unserved(horde, path, status)

    async with aiohttp.ClientSession() as connections:
        client = AIHordeAPIAsyncSimpleClient(connections, fail_fast=True)
        with pytest.warns(HordeWarning), pytest.raises(AIHordeImpossibleError):
            await getattr(client, method)(request_)

    assert horde.lines == [f"POST {path}", f"DELETE {status}/{JOB}"]


def test_request_that_turns_out_impossible_at_a_look_fails_as_fast(
    horde: FakeHorde, client: AIHordeAPISimpleClient
) -> None:
    horde.will_answer(f"GET /v2/generate/check/{JOB}", WAITING)

    with (
        pytest.warns(HordeWarning, match="No worker that could do it was seen lately"),
        pytest.raises(AIHordeImpossibleError, match="No worker that could do it"),
        client.open_image_request(IMAGE, fail_fast=True) as opened,
    ):
        opened.result()

    assert horde.lines[-1] == f"DELETE /v2/generate/status/{JOB}"
    assert horde.lines.count(horde.lines[-1]) == 1


def test_impossible_request_ends_a_batch_that_fails_fast(horde: FakeHorde) -> None:
    with CountingHorde() as counting:
        counting.will_answer_next("GET", "/v2/generate/check", *[WAITING] * 3)
        client = AIHordeAPISimpleClient(base_url=counting.url, poll_interval=0.0, fail_fast=True)
        with pytest.warns(HordeWarning), pytest.raises(AIHordeImpossibleError):
            client.image_generate_batch(IMAGE, 3, per_request=1)

        assert counting.open_ids == set()


def test_each_request_warns_once_however_often_it_is_looked_at(
    horde: FakeHorde, client: AIHordeAPISimpleClient
) -> None:
    for _ in range(2):
        horde.will_answer(f"GET /v2/generate/check/{JOB}", *[WAITING] * 3, Reply(200, a_check(done=True, finished=1)))

    def ask_twice() -> None:
        client.image_generate_request(IMAGE)
        client.image_generate_request(IMAGE)

    with pytest.warns(HordeWarning) as shown:
        ask_twice()

    assert len(shown) == 2
    assert {one.filename for one in shown} == {__file__}


def test_warning_that_repeats_the_message_is_told_once(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    horde.will_answer("POST /v2/generate/async", Reply(202, {"id": JOB, "kudos": 1.0, **UNSERVED}))

    with pytest.warns(HordeWarning) as shown:
        client.image_generate_request(IMAGE)

    assert [str(one.message) for one in shown] == [f"Request {JOB}: {NOBODY}"]


def test_words_of_a_horde_in_a_warning_steer_no_terminal_and_fill_none(
    horde: FakeHorde, client: AIHordeAPISimpleClient
) -> None:
    horde.will_answer("POST /v2/generate/async", Reply(202, {"id": JOB, "kudos": 1.0, "message": "\x1b[2J" * 9999}))

    with pytest.warns(HordeWarning) as shown:
        client.image_generate_request(IMAGE)

    assert "\x1b" not in str(shown[0].message)
    assert len(str(shown[0].message)) < 2100


def test_program_that_makes_errors_of_warnings_leaves_no_request_behind(
    horde: FakeHorde, client: AIHordeAPISimpleClient
) -> None:
    horde.will_answer("POST /v2/generate/async", Reply(202, {"id": JOB, "kudos": 1.0, **UNSERVED}))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(HordeWarning):
            client.image_generate_request(IMAGE)

    assert horde.lines[-1] == f"DELETE /v2/generate/status/{JOB}"
