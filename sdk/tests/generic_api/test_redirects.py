"""Where a client lets itself be sent: never away from the horde that its user named, for it carries key and prompt."""

from __future__ import annotations

import aiohttp
import pytest
from fake_horde import FakeHorde, Reply

from horde_sdk.ai_horde_api.ai_horde_clients import (
    AIHordeAPIAsyncManualClient,
    AIHordeAPIManualClient,
    AIHordeAPISimpleClient,
)
from horde_sdk.ai_horde_api.apimodels import FindUserRequest, ImageGenerateAsyncRequest
from horde_sdk.ai_horde_api.apimodels.users import UserDetailsResponse
from horde_sdk.ai_horde_api.exceptions import AIHordeRequestError
from horde_sdk.generic_api.apimodels import RequestErrorResponse
from horde_sdk.generic_api.redirects import redirected
from horde_sdk.generic_api.steps import Answer, Exchange

ASYNC = "POST /v2/generate/async"
KEY = "a-key-of-22-characters"


def a_redirect(target: str, status: int = 302) -> Reply:
    return Reply(status, {"username": "evil#1"}, {"Location": target})


STATUSES = (301, 302, 303, 307, 308)


@pytest.mark.parametrize("status", STATUSES)
def test_neither_key_nor_prompt_follows_a_redirect_to_another_host(horde: FakeHorde, status: int) -> None:
    with FakeHorde() as other:
        horde.will_answer("GET /v2/find_user", a_redirect(f"{other.url}v2/find_user", status))
        horde.will_answer(ASYNC, a_redirect(f"{other.url}v2/generate/async", status))
        horde.will_answer("GET /v2/status/heartbeat", a_redirect(f"{other.url}v2/status/heartbeat", status))
        client = AIHordeAPISimpleClient(apikey=KEY)

        with pytest.raises(AIHordeRequestError, match=other.url) as caught:
            client.find_user()
        with pytest.raises(AIHordeRequestError, match=other.url):
            client.image_generate_request(ImageGenerateAsyncRequest(prompt="secret", models=[]))
        with pytest.raises(AIHordeRequestError, match=other.url):
            client.heartbeat_request()

    assert caught.value.status_code == status
    assert other.lines == []


@pytest.mark.parametrize("status", STATUSES)
async def test_asynchronous_client_stays_as_well(horde: FakeHorde, status: int) -> None:
    image = ImageGenerateAsyncRequest(apikey=KEY, prompt="secret", models=[])
    with FakeHorde() as other:
        horde.will_answer("GET /v2/find_user", a_redirect(f"{other.url}v2/find_user", status))
        horde.will_answer(ASYNC, a_redirect(f"{other.url}v2/generate/async", status))
        async with aiohttp.ClientSession() as connections:
            manual = AIHordeAPIAsyncManualClient(connections, apikey=KEY)
            answers = [
                await manual.submit_request(FindUserRequest(), UserDetailsResponse),
                await manual.submit_request(image, image.get_default_success_response_type()),
            ]

    assert all(isinstance(answer, RequestErrorResponse) for answer in answers)
    assert other.lines == []


@pytest.mark.parametrize("status", STATUSES)
def test_key_and_body_follow_no_redirect_within_the_horde_either(horde: FakeHorde, status: int) -> None:
    horde.will_answer(ASYNC, a_redirect("/api/v2/moved", status))
    request = ImageGenerateAsyncRequest(apikey=KEY, prompt="p", models=[])

    answer = AIHordeAPIManualClient().submit_request(request, request.get_default_success_response_type())

    assert isinstance(answer, RequestErrorResponse)
    assert "/api/v2/moved: not followed" in answer.message
    assert horde.lines == [ASYNC]


def test_a_question_without_a_key_is_put_again_where_the_same_horde_says(horde: FakeHorde) -> None:
    horde.will_answer("GET /v2/status/heartbeat", a_redirect("/api/v2/moved", 301))
    horde.will_answer("GET /v2/moved", Reply(200, {"message": "OK", "version": "4.0"}))

    assert AIHordeAPISimpleClient().heartbeat_request().version == "4.0"


def test_redirects_in_a_circle_end(horde: FakeHorde) -> None:
    horde.will_answer("GET /v2/status/heartbeat", *[a_redirect("/api/v2/status/heartbeat")] * 50)

    with pytest.raises(AIHordeRequestError):
        AIHordeAPISimpleClient().heartbeat_request()

    assert len(horde.asked) <= 6


@pytest.mark.parametrize(
    ("url", "target", "follows"),
    [
        ("http://h/api/x", "https://h/api/x", True),
        ("https://h/api/x", "https://h:443/y", True),
        ("https://h/api/x", "http://h/api/x", False),
        ("http://h:7001/x", "https://h:7002/x", False),
        ("http://h/x", "http://h.evil/x", False),
        ("http://h/x", "//evil/x", False),
        ("http://h/x", "http://h@evil/x", False),
        ("http://h/x", "file:///etc/passwd", False),
        ("http://h/x", "http://[::1", False),
        ("http://h/x", "http://h:99999/", False),
    ],
)
def test_only_the_same_host_or_its_encrypted_side_is_the_same_horde(url: str, target: str, follows: bool) -> None:
    exchange = Exchange(method="GET", url=url, headers={}, query={}, body=None)

    assert (redirected(exchange, Answer(302, {"location": target}, b"")) is not None) is follows
