"""Keys, prompts, source images and signed links stay out of logs, exceptions and representations."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
import requests
from fake_horde import FakeHorde, Reply
from pydantic import ValidationError

from horde_sdk.ai_horde_api.ai_horde_clients import (
    AIHordeAPIAsyncClientSession,
    AIHordeAPIAsyncSimpleClient,
    AIHordeAPIClientSession,
    AIHordeAPIManualClient,
    AIHordeAPISimpleClient,
)
from horde_sdk.ai_horde_api.apimodels import (
    ExpiryStrSharedKeyDetailsResponse,
    ImageGenerateAsyncRequest,
    SharedKeyDetailsRequest,
    TextGenerateAsyncRequest,
)
from horde_sdk.exceptions import HordeException
from horde_sdk.generic_api.retries import RetryConfiguration

KEY = "SecretSecretSecretSecr"
PROMPT = "SecretSecret prompt"
PICTURE = "U2VjcmV0U2VjcmV0"
SHARED_KEY = "5ec2e75e-c7e7-4ec7-8e75-ec7e75ec7e75"
SIGNATURE = "SecretSecretSignature"
SECRETS = ("SecretSecret", PICTURE)
IMPATIENT = RetryConfiguration(max_retries=0)


def an_image_request() -> ImageGenerateAsyncRequest:
    return ImageGenerateAsyncRequest(apikey=KEY, prompt=PROMPT, models=[], source_image=PICTURE)


def told(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def assert_no_secret(*texts: str) -> None:
    for text in texts:
        assert [secret for secret in SECRETS if secret in text] == []


@pytest.mark.parametrize(
    "shown",
    [
        lambda: AIHordeAPISimpleClient(apikey=KEY),
        lambda: AIHordeAPIManualClient(apikey=KEY),
        lambda: AIHordeAPIClientSession(apikey=KEY),
        lambda: TextGenerateAsyncRequest(apikey=KEY, prompt="p", models=[]),
        lambda: ImageGenerateAsyncRequest(apikey=KEY, prompt="p", models=[]),
    ],
    ids=["simple", "manual", "session", "text", "image"],
)
def test_nobody_shows_a_key(shown: Callable[[], object]) -> None:
    assert_no_secret(repr(shown()), str(shown()))


def test_key_that_is_none_is_not_repeated_by_the_error() -> None:
    with pytest.raises(ValidationError) as caught:
        ImageGenerateAsyncRequest(apikey=KEY[:-1], prompt="p", models=[])

    assert "22 characters" in str(caught.value)
    assert_no_secret(str(caught.value), repr(caught.value), told(caught.value))


@pytest.mark.parametrize(
    "reply",
    [
        Reply(202, {"id": "11111111-2222-3333-4444-555555555555", "kudos": 1}),
        Reply(500, {"message": "broken"}),
        Reply(400, {"message": "Input payload validation failed", "errors": {"prompt": "too long"}}),
        Reply(200, b"not JSON"),
    ],
    ids=["good", "broken", "refused", "odd"],
)
async def test_no_log_line_and_no_error_holds_one(
    horde: FakeHorde, caplog: pytest.LogCaptureFixture, reply: Reply
) -> None:
    caplog.set_level(logging.DEBUG, logger="horde_sdk")
    horde.will_answer("POST /v2/generate/async", reply, reply)
    errors: list[str] = []

    try:
        AIHordeAPISimpleClient(apikey=KEY, retry_config=IMPATIENT).image_generate_request(an_image_request())
    except HordeException as error:
        errors.append(told(error))
    async with aiohttp.ClientSession() as connections:
        try:
            await AIHordeAPIAsyncSimpleClient(connections, apikey=KEY).image_generate_request(an_image_request())
        except HordeException as error:
            errors.append(told(error))

    assert caplog.records
    assert_no_secret(caplog.text, *errors)


async def test_download_that_fails_does_not_repeat_the_signed_link(horde: FakeHorde) -> None:
    root = horde.url.removesuffix("api/")
    horde.will_answer("GET /missing", *[Reply(404, {"message": "gone"})] * 2)
    gone, closed = f"{root}missing?sig={SIGNATURE}", f"http://127.0.0.1:9/image?sig={SIGNATURE}"
    errors: list[BaseException] = []

    for url in (gone, closed):
        with pytest.raises(requests.RequestException) as caught:
            AIHordeAPISimpleClient().download_image_from_url(url)
        errors.append(caught.value)
    async with aiohttp.ClientSession() as connections:
        for url in (gone, closed):
            with pytest.raises(aiohttp.ClientError) as refused:
                await AIHordeAPIAsyncSimpleClient(connections).download_image_from_url(url)
            errors.append(refused.value)

    assert isinstance(errors[0], requests.HTTPError)
    assert isinstance(errors[2], aiohttp.ClientResponseError)
    assert_no_secret(*(told(error) for error in errors))


async def test_download_that_is_sent_round_in_circles_does_not_repeat_the_signed_link(horde: FakeHorde) -> None:
    url = f"{horde.url.removesuffix('api/')}round?sig={SIGNATURE}"
    horde.will_answer("GET /round", *[Reply(302, b"", {"Location": url})] * 50)

    async with aiohttp.ClientSession() as connections:
        with pytest.raises(aiohttp.ClientError) as caught:
            await AIHordeAPIAsyncSimpleClient(connections).download_image_from_url(url)

    assert "TooManyRedirects" in str(caught.value)
    assert_no_secret(told(caught.value))


async def test_failed_question_about_a_shared_key_does_not_repeat_it(
    horde: FakeHorde, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="horde_sdk")
    line = f"GET /v2/sharedkeys/{SHARED_KEY}"
    horde.will_answer(line, *[Reply(503, {"message": "later"}, {"Retry-After": "0"})] * 4)
    errors: list[str] = []
    once = RetryConfiguration(max_retries=1, initial_delay_seconds=0.001)
    request = SharedKeyDetailsRequest(id=SHARED_KEY)

    for url in (horde.url, "http://127.0.0.1:9/api/"):
        manual = AIHordeAPISimpleClient(base_url=url, retry_config=once)
        with pytest.raises(HordeException) as caught:
            manual.ask(request, ExpiryStrSharedKeyDetailsResponse)
        errors.append(told(caught.value))
        async with aiohttp.ClientSession() as connections:
            session = AIHordeAPIAsyncClientSession(connections, base_url=url, retry_config=once)
            with pytest.raises(HordeException) as caught:
                await AIHordeAPIAsyncSimpleClient(horde_client_session=session).ask(
                    request, ExpiryStrSharedKeyDetailsResponse
                )
        errors.append(told(caught.value))

    assert horde.lines == [line] * 4
    assert "trying again" in caplog.text
    assert [text for text in (caplog.text, *errors) if SHARED_KEY in text] == []


def test_address_of_a_webhook_is_not_shown() -> None:
    request = TextGenerateAsyncRequest(prompt="p", models=[], webhook=f"https://example.org/{SIGNATURE}")

    assert_no_secret(repr(request), str(request.log_safe_model_dump()))


def test_dump_for_a_log_leaves_them_out() -> None:
    dumped: dict[str, Any] = an_image_request().log_safe_model_dump({"prompt"})

    assert_no_secret(str(dumped))
    assert "models" in dumped
