"""Alchemy through the clients, against a horde on loopback; transcripts follow the SDK's description, section 1.8."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from fake_horde import JOB, FakeHorde, Reply, a_form, a_picture, an_alchemy_status
from PIL import Image
from waiting import Naps

from horde_sdk.ai_horde_api.ai_horde_clients import (
    AIHordeAPIAsyncSimpleClient,
    AIHordeAPIClientSession,
    AIHordeAPISimpleClient,
)
from horde_sdk.ai_horde_api.apimodels import (
    AlchemyAsyncRequest,
    AlchemyAsyncRequestFormItem,
    AlchemyAsyncResponse,
    AlchemyJobPopResponse,
    AlchemyPopRequest,
    AlchemyStatusRequest,
    AlchemyStatusResponse,
)
from horde_sdk.ai_horde_api.exceptions import (
    AIHordeGenerationTimedOutError,
    AIHordeImageValidationError,
    AIHordeServerException,
)
from horde_sdk.generation_parameters.alchemy.consts import KNOWN_ALCHEMY_TYPES

ASYNC = "POST /v2/interrogate/async"
STATUS = f"GET /v2/interrogate/status/{JOB}"
DELETE = f"DELETE /v2/interrogate/status/{JOB}"
KEY = "k" * 22
WAITING = Reply(200, an_alchemy_status("waiting", a_form("caption", "waiting"), a_form("nsfw", "waiting")))

SEED_SNIPPET = """
import asyncio
import base64
from pathlib import Path

import aiohttp
from horde_sdk import ANON_API_KEY
from horde_sdk.ai_horde_api.ai_horde_clients import (
    AIHordeAPIAsyncClientSession,
    AIHordeAPIAsyncSimpleClient,
)
from horde_sdk.ai_horde_api.apimodels import (
    AlchemyAsyncRequest,
    AlchemyAsyncRequestFormItem,
)
from horde_sdk.generation_parameters.alchemy.consts import KNOWN_ALCHEMY_TYPES

async def alchemy_example() -> None:
    source_image_base64 = base64.b64encode(Path("my_image.webp").read_bytes()).decode()

    aiohttp_session = aiohttp.ClientSession()
    horde_client_session = AIHordeAPIAsyncClientSession(aiohttp_session)
    async with aiohttp_session, horde_client_session:
        simple_client = AIHordeAPIAsyncSimpleClient(horde_client_session=horde_client_session)

        status_response, gen_id = await simple_client.alchemy_request(
            AlchemyAsyncRequest(
                apikey=ANON_API_KEY,
                forms=[
                    AlchemyAsyncRequestFormItem(name=KNOWN_ALCHEMY_TYPES.caption),
                    AlchemyAsyncRequestFormItem(name=KNOWN_ALCHEMY_TYPES.RealESRGAN_x2plus),
                ],
                source_image=source_image_base64,
            ),
        )

        for caption_result in status_response.all_caption_results:
            print(f"Caption: {caption_result.caption}")

        for upscale_result in status_response.all_upscale_results:
            upscaled_image = await simple_client.download_image_from_url(upscale_result.url)
            upscaled_image.save(f"{gen_id}_{upscale_result.upscaler_used}.webp")
"""


def a_request(*forms: str, **changes: Any) -> AlchemyAsyncRequest:
    items = [AlchemyAsyncRequestFormItem(name=form) for form in forms or ("caption", "nsfw")]
    return AlchemyAsyncRequest(**{"forms": items, "source_image": "https://example.org/cat.webp", **changes})


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


def test_alchemy_snippet_of_the_seed_runs_verbatim(
    horde: FakeHorde, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source = a_picture()
    Path("my_image.webp").write_bytes(source)
    names: dict[str, Any] = {}

    exec(compile(SEED_SNIPPET, "seed", "exec"), names)
    asyncio.run(names["alchemy_example"]())

    assert capsys.readouterr().out == "Caption: a red square\n"
    assert horde.lines == [ASYNC, STATUS, "GET /image/larger"]
    assert horde.asked[0].body == {
        "forms": [{"name": "caption"}, {"name": "RealESRGAN_x2plus"}],
        "source_image": base64.b64encode(source).decode(),
    }
    assert [one.headers.get("apikey") for one in horde.asked] == ["0000000000", "0000000000", None]
    with Image.open(f"{JOB}_RealESRGAN_x2plus.webp") as larger:
        assert larger.size == (16, 16)


def test_status_is_polled_until_every_form_is_over(
    horde: FakeHorde, client: AIHordeAPISimpleClient, naps: Naps
) -> None:
    half = an_alchemy_status("processing", a_form("caption", result={"caption": "a"}), a_form("nsfw", "processing"))
    horde.will_answer(STATUS, WAITING, Reply(200, half))
    told: list[int] = []

    status, job_id = client.alchemy_request(a_request(), check_callback=lambda look: told.append(look.finished))

    assert horde.lines == [ASYNC, STATUS, STATUS, STATUS]
    assert naps.taken == [0.5, 1.0]
    assert told == [0, 1, 2]
    assert job_id == JOB
    assert [one.caption for one in status.all_caption_results] == ["a red square"]


def test_polls_carry_the_key_of_the_request_and_the_cancellation_none(
    horde: FakeHorde, client: AIHordeAPISimpleClient
) -> None:
    horde.will_answer(STATUS, *[WAITING] * 20)

    with pytest.raises(AIHordeGenerationTimedOutError):
        client.alchemy_request(a_request(apikey=KEY), timeout=5)

    keys = {one.line: one.headers.get("apikey") for one in horde.asked}
    assert keys == {ASYNC: KEY, STATUS: KEY, DELETE: None}


def test_client_s_key_is_used_where_the_request_has_none(horde: FakeHorde) -> None:
    AIHordeAPISimpleClient(apikey=KEY).alchemy_request(a_request())

    assert [one.headers.get("apikey") for one in horde.asked] == [KEY, KEY]


def test_forms_that_failed_do_not_keep_the_others_waiting(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    mixed = an_alchemy_status("partial", a_form("caption", result={"caption": "a"}), a_form("nsfw", "faulted"))
    horde.will_answer(STATUS, Reply(200, mixed))

    status, _ = client.alchemy_request(a_request())

    assert horde.lines == [ASYNC, STATUS]
    assert [one.caption for one in status.all_caption_results] == ["a"]
    assert [(str(one.form), one.state) for one in status.forms if not one.done] == [("nsfw", "faulted")]


def test_request_whose_forms_all_failed_is_an_error_at_once(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    horde.will_answer(STATUS, Reply(200, an_alchemy_status("faulted", a_form("caption", "faulted"))))

    with pytest.raises(AIHordeServerException, match="gave up"):
        client.alchemy_request(a_request("caption"))

    assert horde.lines == [ASYNC, STATUS]


def test_timeout_cancels_the_request_and_hands_over_what_was_finished(
    horde: FakeHorde, client: AIHordeAPISimpleClient
) -> None:
    horde.will_answer(STATUS, *[WAITING] * 20)
    left = an_alchemy_status("partial", a_form("caption", result={"caption": "a"}), a_form("nsfw", "cancelled"))
    horde.will_answer(DELETE, Reply(200, left))

    with pytest.raises(AIHordeGenerationTimedOutError, match="1 of 2 results") as caught:
        client.alchemy_request(a_request(), timeout=20)

    assert horde.lines.count(DELETE) == 1
    assert isinstance(caught.value.partial, AlchemyStatusResponse)
    assert caught.value.partial.all_caption_results[0].caption == "a"


def test_refused_image_is_an_error_of_its_own(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    refusal = {"message": "Image validation failed for alchemy", "rc": "ImageValidationFailed"}
    horde.will_answer(ASYNC, Reply(400, refusal))

    with pytest.raises(AIHordeImageValidationError) as caught:
        client.alchemy_request(a_request())

    assert caught.value.rc == "ImageValidationFailed"


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ValueError])
def test_whatever_leaves_the_callback_cancels_the_request(
    horde: FakeHorde, client: AIHordeAPISimpleClient, interruption: type[BaseException]
) -> None:
    horde.will_answer(STATUS, WAITING)

    def interrupt(_: AlchemyStatusResponse) -> None:
        raise interruption

    with pytest.raises(interruption):
        client.alchemy_request(a_request(), check_callback=interrupt)

    assert horde.lines == [ASYNC, STATUS, DELETE]


def test_callback_that_takes_nothing_is_refused_before_anything_is_sent(
    horde: FakeHorde, client: AIHordeAPISimpleClient
) -> None:
    with pytest.raises(ValueError, match="at least one argument"):
        client.alchemy_request(a_request(), check_callback=lambda: None)  # type: ignore[arg-type,misc]

    assert horde.lines == []


def test_session_cancels_what_was_not_fetched(horde: FakeHorde) -> None:
    with AIHordeAPIClientSession() as session:
        session.submit_request(a_request(), AlchemyAsyncResponse)

    assert horde.lines == [ASYNC, DELETE]


def test_session_forgets_a_request_once_all_its_forms_are_over(horde: FakeHorde) -> None:
    over = an_alchemy_status("partial", a_form("caption", result={"caption": "a"}), a_form("nsfw", "faulted"))
    horde.will_answer(STATUS, WAITING, Reply(200, over))
    with AIHordeAPIClientSession() as session:
        accepted = session.submit_request(a_request(), AlchemyAsyncResponse)
        assert isinstance(accepted, AlchemyAsyncResponse)
        for pending in (1, 0):
            session.submit_request(AlchemyStatusRequest(id=accepted.id_), AlchemyStatusResponse)
            assert len(session._pending) == pending

    assert horde.lines == [ASYNC, STATUS, STATUS]


def test_session_gives_popped_forms_back_one_by_one_with_the_key_that_popped_them(horde: FakeHorde) -> None:
    other = "22222222-2222-3333-4444-555555555555"
    forms = [{"id": one, "form": "caption", "source_image": "https://example.org/a"} for one in (JOB, other)]
    horde.will_answer("POST /v2/interrogate/pop", Reply(200, {"forms": forms, "skipped": {}}))
    pop = AlchemyPopRequest(
        apikey=KEY, name="alchemist", priority_usernames=[], forms=[KNOWN_ALCHEMY_TYPES.caption], amount=2
    )

    with AIHordeAPIClientSession() as session:
        session.submit_request(pop, AlchemyJobPopResponse)

    given_back = horde.asked[1:]
    assert [one.line for one in given_back] == ["POST /v2/interrogate/submit"] * 2
    assert [one.body for one in given_back] == [{"id": one, "state": "faulted", "result": {}} for one in (JOB, other)]
    assert {one.headers["apikey"] for one in given_back} == {KEY}


async def test_async_client_asks_the_same(horde: FakeHorde, async_client: AIHordeAPIAsyncSimpleClient) -> None:
    told = []

    async def listen(look: AlchemyStatusResponse) -> None:
        await asyncio.sleep(0)
        told.append(look.done)

    status, _ = await async_client.alchemy_request(a_request(), check_callback=listen)
    (upscaled,) = status.all_upscale_results
    picture = await async_client.download_image_from_url(upscaled.url)

    assert picture.size == (16, 16)
    assert told == [True]
    assert horde.lines == [ASYNC, STATUS, "GET /image/larger"]


async def test_cancelling_the_task_cancels_the_request(
    horde: FakeHorde, async_client: AIHordeAPIAsyncSimpleClient
) -> None:
    horde.will_answer(STATUS, WAITING)
    polled = asyncio.Event()
    task = asyncio.create_task(async_client.alchemy_request(a_request(), check_callback=lambda _: polled.set()))
    await polled.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task

    assert horde.lines == [ASYNC, STATUS, DELETE]


def test_sync_client_downloads_the_upscaled_image(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    status, _ = client.alchemy_request(a_request("caption", "RealESRGAN_x2plus"))
    (upscaled,) = status.all_upscale_results

    assert client.download_image_from_url(upscaled.url).size == (16, 16)
    assert client.download_bytes_from_url(upscaled.url) == a_picture(16)
