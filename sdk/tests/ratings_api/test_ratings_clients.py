"""The four questions to the ratings API, asked synchronously and asynchronously."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import aiohttp
import pytest
from fake_horde import FakeHorde, Reply
from pydantic import ValidationError

from horde_sdk.generic_api.apimodels import HordeRequest, RequestErrorResponse
from horde_sdk.generic_api.retries import RetryConfiguration
from horde_sdk.ratings_api.apimodels import (
    ImageRatingsComparisonTypes,
    ImageRatingsRequest,
    SelectableReturnFormats,
    UserCheckRequest,
    UserRatingsRequest,
    UserRatingsResponse,
    UserValidateRequest,
)
from horde_sdk.ratings_api.endpoints import RATING_API_BASE_URL, ratings_base_url
from horde_sdk.ratings_api.ratings_client import RatingsAPIAsyncClient, RatingsAPIClient

KEY = "0123456789abcdefABCDEF"
IMAGE = UUID("00000000-0000-0000-0000-000000000001")
A_RATING = {"image": "https://example.org/1.webp", "rating": 7, "artifacts": None, "average": 6.5, "times_rated": 3}
A_CHECK = {
    "ratings_in_timeframe": 2,
    "ratings_per_minute_in_timeframe": 0.4,
    "ratings_past_three_hours": 9,
    "ratings_per_minute_for_past_three_hours": 0.05,
    "suspect_divergences": 0,
    "captchas_failed": 1,
}
CHOICE: dict[str, Any] = {
    "format": SelectableReturnFormats.json,
    "rating": None,
    "rating_comparison": None,
    "min_ratings": None,
}

QUESTIONS: list[tuple[HordeRequest, str, str, dict[str, Any]]] = [
    (
        UserCheckRequest(user_id="6572", minutes=5, divergence=2),
        "GET /v1/user/check/6572",
        "divergence=2&minutes=5",
        A_CHECK,
    ),
    (
        ImageRatingsRequest(image_id=IMAGE, format=SelectableReturnFormats.json),
        f"GET /v1/image/ratings/{IMAGE}",
        "format=json",
        {
            "total": 1,
            "image": "https://example.org/1.webp",
            "image_id": str(IMAGE),
            "average": 6.5,
            "times_rated": 3,
            "ratings": [{"username": "ann#7", "rating": 7, "artifacts": 0}],
        },
    ),
    (
        UserValidateRequest(
            user_id="6572",
            format=SelectableReturnFormats.json,
            rating=5,
            rating_comparison=ImageRatingsComparisonTypes.greater_than_equal,
            min_ratings=2,
        ),
        "GET /v1/user/validate/6572",
        "format=json&min_ratings=2&rating=5&rating_comparison=ge",
        {"total": 1, "ratings": [A_RATING]},
    ),
    (
        UserRatingsRequest(**CHOICE, limit=10, diverge=3),
        "GET /v1/user/ratings/",
        "diverge=3&format=json&limit=10&offset=0",
        {"total": 1, "ratings": [{**A_RATING, "username": "ann#7"}]},
    ),
]


@pytest.mark.parametrize(("request_", "line", "query", "body"), QUESTIONS, ids=[line for _, line, _, _ in QUESTIONS])
@pytest.mark.parametrize("way", ["sync", "async"])
async def test_question_is_asked_and_its_answer_understood(
    horde: FakeHorde, way: str, request_: HordeRequest, line: str, query: str, body: dict[str, Any]
) -> None:
    horde.will_answer(line, Reply(200, body))
    expected = request_.get_default_success_response_type()

    if way == "sync":
        answer = RatingsAPIClient(base_url=horde.url, apikey=KEY).submit_request(request_, expected)
    else:
        async with aiohttp.ClientSession() as session:
            client = RatingsAPIAsyncClient(session, base_url=horde.url, apikey=KEY)
            answer = await client.submit_request(request_, expected)

    assert type(answer) is expected
    assert answer.model_dump(mode="json") == body
    (asked,) = horde.asked
    assert (asked.line, asked.query, asked.body) == (line, query, None)
    assert asked.headers["apikey"] == KEY
    assert asked.headers["Client-Agent"].count(":") >= 2


def test_undecided_filters_are_not_sent(horde: FakeHorde) -> None:
    horde.will_answer("GET /v1/user/ratings/", Reply(200, {"total": 0, "ratings": []}))
    request = UserRatingsRequest(**CHOICE, limit=10, diverge=None)

    answer = RatingsAPIClient(base_url=horde.url).submit_request(request, UserRatingsResponse)

    assert isinstance(answer, UserRatingsResponse)
    assert horde.asked[0].query == "format=json&limit=10&offset=0"


@pytest.mark.parametrize(
    "reply",
    [Reply(401, {"message": "no such key", "rc": "InvalidAPIKey"}), Reply(200, b"<html>"), Reply(200, {"total": "?"})],
    ids=["refused", "html", "other shape"],
)
def test_answer_that_is_no_such_thing_is_an_error_answer(horde: FakeHorde, reply: Reply) -> None:
    horde.will_answer("GET /v1/user/ratings/", reply)
    request = UserRatingsRequest(**CHOICE, limit=10, diverge=None)

    answer = RatingsAPIClient(base_url=horde.url).submit_request(request, UserRatingsResponse)

    assert isinstance(answer, RequestErrorResponse)
    assert answer.http_status == reply.status


def test_questions_are_asked_again_when_the_service_stumbles(horde: FakeHorde) -> None:
    horde.will_answer("GET /v1/user/ratings/", Reply(503), Reply(200, {"total": 0, "ratings": []}))
    client = RatingsAPIClient(base_url=horde.url, retry_config=RetryConfiguration(initial_delay_seconds=0.001))
    request = UserRatingsRequest(**CHOICE, limit=1, diverge=None)

    assert isinstance(client.submit_request(request, UserRatingsResponse), UserRatingsResponse)
    assert len(horde.asked) == 2


def test_environment_names_the_service(horde: FakeHorde, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ratings_base_url() == RATING_API_BASE_URL == "https://ratings.aihorde.net/api/"
    monkeypatch.setenv("RATINGS_URL", "http://127.0.0.1:9/api/")
    monkeypatch.setenv("RATINGS_DEV_URL", horde.url)
    horde.will_answer("GET /v1/user/ratings/", Reply(200, {"total": 0, "ratings": []}))

    RatingsAPIClient().submit_request(UserRatingsRequest(**CHOICE, limit=1, diverge=None), UserRatingsResponse)

    assert horde.lines == ["GET /v1/user/ratings/"]


@pytest.mark.parametrize("wrong", [{"minutes": 0}, {"divergence": -1}, {"user_id": "ann#7"}], ids=str)
def test_question_out_of_bounds_is_refused_here(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        UserCheckRequest(**{"user_id": "1", "minutes": 1, "divergence": 0, **wrong})


def test_option_that_the_client_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError, match="RatingsAPIClient has no option 'api_key': did you mean 'apikey'"):
        RatingsAPIClient(api_key=KEY)  # type: ignore[call-arg]
