"""Text through the clients, against a horde on loopback; transcripts follow the SDK's description, section 1.8."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from fake_horde import JOB, FakeHorde, Reply, a_check, a_text
from waiting import Naps

from horde_sdk.ai_horde_api.ai_horde_clients import (
    AIHordeAPIAsyncSimpleClient,
    AIHordeAPIClientSession,
    AIHordeAPISimpleClient,
)
from horde_sdk.ai_horde_api.apimodels import (
    ModelGenerationInputKobold,
    TextGenerateAsyncRequest,
    TextGenerateAsyncResponse,
    TextGenerateJobPopRequest,
    TextGenerateJobPopResponse,
    TextGenerateStatusRequest,
    TextGenerateStatusResponse,
)
from horde_sdk.ai_horde_api.exceptions import (
    AIHordeGenerationTimedOutError,
    AIHordeServerException,
    PayloadValidationError,
)
from horde_sdk.exceptions import HordeWarning

ASYNC = "POST /v2/generate/text/async"
STATUS = f"GET /v2/generate/text/status/{JOB}"
DELETE = f"DELETE /v2/generate/text/status/{JOB}"

SEED_SNIPPET = """
from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPISimpleClient
from horde_sdk.ai_horde_api.apimodels import (
    ModelGenerationInputKobold,
    TextGenerateAsyncRequest,
)

simple_client = AIHordeAPISimpleClient()

status_response, gen_id = simple_client.text_generate_request(
    TextGenerateAsyncRequest(
        prompt="Once upon a time",
        models=["koboldcpp/LLaMA2-13B-Psyfighter2"],
        params=ModelGenerationInputKobold(
            max_context_length=1024,
            max_length=80,
        ),
    ),
)

for generation in status_response.generations:
    print(generation.text)
"""


def a_request(**changes: Any) -> TextGenerateAsyncRequest:
    return TextGenerateAsyncRequest(**{"prompt": "Once upon a time", "models": [], **changes})


def three_texts() -> TextGenerateAsyncRequest:
    return a_request(params=ModelGenerationInputKobold(n=3))


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
def client(horde: FakeHorde, naps: Naps) -> AIHordeAPISimpleClient:
    simple = AIHordeAPISimpleClient()
    simple._clock = naps.clock
    simple._transport._sleep = naps
    return simple


@pytest.fixture
async def async_client(horde: FakeHorde) -> AsyncIterator[AIHordeAPIAsyncSimpleClient]:
    async with aiohttp.ClientSession() as connections:
        yield AIHordeAPIAsyncSimpleClient(connections)


def test_text_snippet_of_the_seed_runs_verbatim(horde: FakeHorde, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(SEED_SNIPPET, "seed", "exec"), {})

    assert capsys.readouterr().out == " there was a fox.\n"
    assert horde.lines == [ASYNC, STATUS]
    assert horde.asked[0].body == {
        "models": ["koboldcpp/LLaMA2-13B-Psyfighter2"],
        "params": {"max_length": 80, "max_context_length": 1024},
        "prompt": "Once upon a time",
    }
    assert horde.asked[0].headers["apikey"] == "0000000000"
    assert "apikey" not in horde.asked[1].headers


def test_status_is_polled_until_done_and_the_last_look_is_returned(
    horde: FakeHorde, client: AIHordeAPISimpleClient, naps: Naps
) -> None:
    horde.will_answer(STATUS, Reply(200, a_check(generations=[])), Reply(200, a_check(generations=[])))
    told: list[int] = []

    status, job_id = client.text_generate_request(a_request(), check_callback=lambda look: told.append(look.finished))

    assert horde.lines == [ASYNC, STATUS, STATUS, STATUS]
    assert naps.taken == [0.5, 1.0]
    assert told == [0, 0, 1]
    assert job_id == JOB
    assert [one.text for one in status.generations] == [" there was a fox."]


def test_several_texts_are_waited_for(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    horde.texts = ["a", "b", "c"]
    horde.will_answer(STATUS, Reply(200, a_check(finished=1, generations=[a_text(1, "a")])))

    status, _ = client.text_generate_request(three_texts())

    assert [one.text for one in status.generations] == ["a", "b", "c"]
    assert horde.lines == [ASYNC, STATUS, STATUS]


def test_all_texts_being_there_is_enough_although_an_older_server_never_says_done(
    horde: FakeHorde, client: AIHordeAPISimpleClient
) -> None:
    texts = [a_text(number, "t") for number in (1, 2, 3)]
    horde.will_answer(STATUS, Reply(200, a_check(done=False, waiting=1, generations=texts)))

    client.text_generate_request(three_texts())

    assert horde.lines == [ASYNC, STATUS]


def test_timeout_cancels_the_request_and_hands_over_what_was_finished(
    horde: FakeHorde, client: AIHordeAPISimpleClient
) -> None:
    horde.will_answer(STATUS, *[Reply(200, a_check(generations=[]))] * 20)

    with pytest.raises(AIHordeGenerationTimedOutError, match="1 of 3 results") as caught:
        client.text_generate_request(three_texts(), timeout=30)

    assert horde.lines.count(DELETE) == 1
    assert horde.lines[-1] == DELETE
    assert isinstance(caught.value.partial, TextGenerateStatusResponse)


def test_request_that_the_horde_gave_up_on_is_an_error_at_once(
    horde: FakeHorde, client: AIHordeAPISimpleClient
) -> None:
    horde.will_answer(STATUS, Reply(200, a_check(faulted=True, done=True, generations=[])))

    with pytest.raises(AIHordeServerException, match="gave up"):
        client.text_generate_request(a_request())

    assert horde.lines == [ASYNC, STATUS]


def test_what_the_server_thinks_odd_about_a_request_is_logged_and_shown(
    horde: FakeHorde, client: AIHordeAPISimpleClient, caplog: pytest.LogCaptureFixture
) -> None:
    warnings = [{"code": "NoAvailableWorker", "message": "nobody is there"}]
    horde.will_answer(ASYNC, Reply(202, {"id": JOB, "kudos": 1, "message": "hello", "warnings": warnings}))

    with pytest.warns(HordeWarning) as shown:
        client.text_generate_request(a_request())

    sentence = f"Request {JOB}: hello nobody is there"
    assert [one.message for one in caplog.records] == [sentence]
    assert [(str(one.message), one.filename) for one in shown] == [(sentence, __file__)]


def test_refusal_keeps_the_servers_list_of_errors(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    refusal = {"message": "Input payload validation failed", "errors": {"params.max_length": "too big"}}
    horde.will_answer(ASYNC, Reply(400, refusal))

    with pytest.raises(PayloadValidationError) as caught:
        client.text_generate_request(a_request())

    assert caught.value.errors == {"params.max_length": "too big"}


def test_client_that_looks_too_often_waits_as_long_as_the_server_says(
    horde: FakeHorde, client: AIHordeAPISimpleClient, naps: Naps
) -> None:
    horde.will_answer(STATUS, Reply(429, {"message": "60 per 1 minute"}, {"Retry-After": "9"}))

    client.text_generate_request(a_request())

    assert 9 <= naps.taken[0] <= 9.9


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ValueError])
def test_whatever_leaves_the_callback_cancels_the_request(
    horde: FakeHorde, client: AIHordeAPISimpleClient, interruption: type[BaseException]
) -> None:
    horde.will_answer(STATUS, Reply(200, a_check(generations=[])))

    def interrupt(_: TextGenerateStatusResponse) -> None:
        raise interruption

    with pytest.raises(interruption):
        client.text_generate_request(a_request(), check_callback=interrupt)

    assert horde.lines == [ASYNC, STATUS, DELETE]


def test_dry_run_returns_the_price_and_refuses_a_request_that_would_be_carried_out(
    horde: FakeHorde, client: AIHordeAPISimpleClient
) -> None:
    assert client.text_generate_request_dry_run(a_request(dry_run=True)).kudos == 7.5
    with pytest.raises(RuntimeError, match="dry_run=True"):
        client.text_generate_request_dry_run(a_request())

    assert horde.lines == [ASYNC]


def test_session_cancels_what_was_not_fetched(horde: FakeHorde) -> None:
    with AIHordeAPIClientSession() as session:
        session.submit_request(a_request(), TextGenerateAsyncResponse)

    assert horde.lines == [ASYNC, DELETE]


def test_session_forgets_a_request_once_all_its_texts_were_fetched(horde: FakeHorde) -> None:
    horde.will_answer(STATUS, Reply(200, a_check(generations=[])))
    with AIHordeAPIClientSession() as session:
        accepted = session.submit_request(a_request(), TextGenerateAsyncResponse)
        assert isinstance(accepted, TextGenerateAsyncResponse)
        for pending in (1, 0):
            session.submit_request(TextGenerateStatusRequest(id=accepted.id_), TextGenerateStatusResponse)
            assert len(session._pending) == pending

    assert horde.lines == [ASYNC, STATUS, STATUS]


def test_session_gives_a_popped_text_job_back_with_the_key_that_popped_it(horde: FakeHorde) -> None:
    job = {"id": JOB, "ids": [JOB], "model": "m", "payload": {"prompt": "p"}, "skipped": {}}
    horde.will_answer("POST /v2/generate/text/pop", Reply(200, job))
    pop = TextGenerateJobPopRequest(apikey="w" * 22, name="scribe", models=["m"])

    with AIHordeAPIClientSession() as session:
        session.submit_request(pop, TextGenerateJobPopResponse)

    assert horde.asked[-1].line == "POST /v2/generate/text/submit"
    assert horde.asked[-1].body == {"id": JOB, "state": "faulted", "generation": "Faulted"}
    assert horde.asked[-1].headers["apikey"] == "w" * 22


async def test_async_client_asks_the_same(horde: FakeHorde, async_client: AIHordeAPIAsyncSimpleClient) -> None:
    told = []

    async def listen(look: TextGenerateStatusResponse) -> None:
        await asyncio.sleep(0)
        told.append(look.done)

    status, _ = await async_client.text_generate_request(a_request(), check_callback=listen)
    price = await async_client.text_generate_request_dry_run(a_request(dry_run=True))

    assert [one.text for one in status.generations] == [" there was a fox."]
    assert price.kudos == 7.5
    assert told == [True]
    assert horde.lines == [ASYNC, STATUS, ASYNC]


async def test_cancelling_the_task_cancels_the_request(
    horde: FakeHorde, async_client: AIHordeAPIAsyncSimpleClient
) -> None:
    horde.will_answer(STATUS, Reply(200, a_check(generations=[])))
    polled = asyncio.Event()
    task = asyncio.create_task(async_client.text_generate_request(a_request(), check_callback=lambda _: polled.set()))
    await polled.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task

    assert horde.lines == [ASYNC, STATUS, DELETE]
