"""More results than a request may ask for: how they are split, and how several requests are seen through at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from counting_horde import Broken, CountingHorde
from fake_horde import Reply, a_check
from hypothesis import given, strategies as st
from waiting import Naps

from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPIAsyncSimpleClient, AIHordeAPISimpleClient
from horde_sdk.ai_horde_api.apimodels import (
    ImageGenerateAsyncRequest,
    ImageGenerationInputPayload,
    TextGenerateAsyncRequest,
)
from horde_sdk.ai_horde_api.exceptions import (
    AIHordeKudosError,
    AIHordeServerException,
    AIHordeTooManyRequestsError,
    HordeConnectionError,
)
from horde_sdk.ai_horde_api.request_batches import sizes_of

CHECK = ("GET", "/v2/generate/check")


@pytest.fixture
def horde(monkeypatch: pytest.MonkeyPatch) -> Iterator[CountingHorde]:
    with CountingHorde() as running:
        monkeypatch.setenv("AI_HORDE_URL", running.url)
        yield running


@pytest.fixture
def client(horde: CountingHorde) -> AIHordeAPISimpleClient:
    naps = Naps()
    simple = AIHordeAPISimpleClient()
    simple._clock = naps.clock
    simple._transport._sleep = naps
    return simple


def a_request(**params: Any) -> ImageGenerateAsyncRequest:
    return ImageGenerateAsyncRequest(prompt="A cat", models=[], params=ImageGenerationInputPayload(**params))


def submitted(horde: CountingHorde) -> list[dict[str, Any]]:
    return [one.body["params"] for one in horde.asked if one.method == "POST"]


@given(n=st.integers(1, 500), largest=st.integers(1, 20))
def test_results_are_split_evenly_over_as_few_requests_as_can_be(n: int, largest: int) -> None:
    sizes = sizes_of(n, largest)

    assert sum(sizes) == n
    assert len(sizes) == -(-n // largest)
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) <= largest


@pytest.mark.parametrize(("n", "largest"), [(0, 4), (-1, 4), (4, 0), (4, 21)])
def test_senseless_numbers_are_refused(n: int, largest: int) -> None:
    with pytest.raises(ValueError, match=r"at least one|1 to 20"):
        sizes_of(n, largest)


def test_all_results_come_back_in_order_with_a_few_requests_open_at_once(
    horde: CountingHorde, client: AIHordeAPISimpleClient
) -> None:
    horde.will_answer_next(*CHECK, *[Reply(200, a_check())] * 3)

    batch = client.image_generate_batch(a_request(), 10, per_request=3, at_once=2)

    assert [len(status.generations) for status in batch.statuses] == [3, 3, 2, 2]
    assert [params["n"] for params in submitted(horde)] == [3, 3, 2, 2]
    assert horde.most_open == 2
    assert horde.open_ids == set()
    assert batch.failures == []


@pytest.mark.parametrize(
    ("params", "seeds"),
    [
        ({"seed": "7"}, ["7", "10", "12"]),
        ({"seed": "7", "seed_variation": 100}, ["7", "307", "507"]),
        ({"seed": "4294967295"}, ["4294967295", "2", "4"]),
        ({"seed": "a word"}, ["a word", "a word 3", "a word 5"]),
        ({}, [None, None, None]),
    ],
    ids=["number", "variation", "largest", "text", "none"],
)
def test_given_seed_gives_no_image_twice(
    horde: CountingHorde, client: AIHordeAPISimpleClient, params: dict[str, Any], seeds: list[str | None]
) -> None:
    client.image_generate_batch(a_request(**params), 7, per_request=3)

    assert [one.get("seed") for one in submitted(horde)] == seeds


def test_request_that_fails_is_told_apart_and_cancelled_while_the_others_go_on(
    horde: CountingHorde, client: AIHordeAPISimpleClient
) -> None:
    horde.will_answer_next(*CHECK, *[Reply(500, {"message": "broken"})] * 4)

    batch = client.image_generate_batch(a_request(), 3, per_request=1)

    assert len(batch.statuses) == 2
    assert [(type(one), one.request_id is None) for one in batch.failures] == [(AIHordeServerException, False)]
    assert horde.open_ids == set()


def test_batch_of_which_nothing_comes_raises_the_first_reason(
    horde: CountingHorde, client: AIHordeAPISimpleClient
) -> None:
    horde.will_answer_next(*CHECK, *[Reply(500, {"message": "broken"})] * 8)

    with pytest.raises(AIHordeServerException):
        client.image_generate_batch(a_request(), 2, per_request=1)

    assert horde.open_ids == set()


def test_refusal_ends_the_batch_and_cancels_what_is_open(horde: CountingHorde, client: AIHordeAPISimpleClient) -> None:
    horde.will_answer_next(
        "POST", "/v2/generate", Reply(202, {"id": "00000099-0000-0000-0000-000000000000", "kudos": 1})
    )
    horde.open_ids.add("00000099-0000-0000-0000-000000000000")
    horde.will_answer_next("POST", "/v2/generate", Reply(403, {"message": "poor", "rc": "KudosUpfront"}))

    with pytest.raises(AIHordeKudosError):
        client.image_generate_batch(a_request(), 8)

    assert len(submitted(horde)) == 2
    assert horde.open_ids == set()


def test_refusal_in_the_middle_loses_nothing_that_is_finished_or_under_way(
    horde: CountingHorde, client: AIHordeAPISimpleClient
) -> None:
    answered = iter([False, False])

    def make_poor(_: object) -> None:
        if next(answered, True):
            horde.will_answer_next("POST", "/v2/generate", Reply(403, {"message": "poor", "rc": "KudosUpfront"}))

    batch = client.image_generate_batch(a_request(), 5, per_request=1, at_once=1, check_callback=make_poor)

    assert len(batch.statuses) == 3
    assert [type(one) for one in batch.failures] == [AIHordeKudosError]
    assert len(submitted(horde)) == 4
    assert horde.open_ids == set()


def test_as_many_requests_are_open_as_the_horde_allows(horde: CountingHorde, client: AIHordeAPISimpleClient) -> None:
    horde.most_allowed = 1

    batch = client.image_generate_batch(a_request(), 3, per_request=1, at_once=3)

    assert len(batch.statuses) == 3
    assert horde.most_open == 1


def test_horde_that_allows_none_is_an_error(horde: CountingHorde, client: AIHordeAPISimpleClient) -> None:
    horde.most_allowed = 0

    with pytest.raises(AIHordeTooManyRequestsError):
        client.image_generate_batch(a_request(), 3)


def test_callback_that_raises_cancels_everything(horde: CountingHorde, client: AIHordeAPISimpleClient) -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.image_generate_batch(a_request(), 8, check_callback=interrupt)

    assert horde.most_open == 2
    assert horde.open_ids == set()


async def test_asynchronous_face_does_the_same(horde: CountingHorde) -> None:
    horde.will_answer_next(*CHECK, *[Reply(404, {"message": "gone", "rc": "RequestNotFound"})])

    async with aiohttp.ClientSession() as connections:
        client = AIHordeAPIAsyncSimpleClient(connections, poll_interval=0.0)
        images = await client.image_generate_batch(a_request(), 9, per_request=4)
        texts = await client.text_generate_batch(TextGenerateAsyncRequest(prompt="Once", models=[]), 2, per_request=1)

    assert [len(status.generations) for status in images.statuses] == [3, 3]
    assert len(images.failures) == 1
    assert len(texts.statuses) == 2
    assert horde.open_ids == set()


async def test_connection_lost_in_the_middle_leaves_nothing_open_where_the_horde_comes_back(
    horde: CountingHorde,
) -> None:
    horde.will_answer("GET /v2/generate/check/00000001-0000-0000-0000-000000000000", *[Broken()] * 9)

    async with aiohttp.ClientSession() as connections:
        client = AIHordeAPIAsyncSimpleClient(connections, poll_interval=0.0)

        async def no_nap(_: float) -> None:
            return None

        client._transport._sleep = no_nap
        batch = await client.image_generate_batch(a_request(), 2, per_request=1)

    assert [type(one) for one in batch.failures] == [HordeConnectionError]
    assert horde.open_ids == set()
