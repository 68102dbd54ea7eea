"""Requests that are followed by hand: looked at, waited for, cancelled; and long polls where the horde offers them."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from fake_horde import JOB, FakeHorde, Reply, a_check
from waiting import Naps

from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPIAsyncSimpleClient, AIHordeAPISimpleClient
from horde_sdk.ai_horde_api.apimodels import (
    AlchemyAsyncRequest,
    AlchemyAsyncRequestFormItem,
    ImageGenerateAsyncRequest,
    ImageGenerateAsyncResponse,
    TextGenerateAsyncRequest,
)
from horde_sdk.ai_horde_api.exceptions import AIHordeGenerationTimedOutError, AIHordePermissionError

CHECK = f"GET /v2/generate/check/{JOB}"
STATUS = f"GET /v2/generate/status/{JOB}"
DELETE = f"DELETE /v2/generate/status/{JOB}"
ASYNC = "POST /v2/generate/async"
GRANTED = {"Preference-Applied": "wait"}


def a_request(**changes: Any) -> ImageGenerateAsyncRequest:
    return ImageGenerateAsyncRequest(**{"prompt": "A cat in a hat", "models": ["Deliberate"], **changes})


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
def client(horde: FakeHorde, naps: Naps) -> AIHordeAPISimpleClient:
    simple = AIHordeAPISimpleClient()
    simple._clock = naps.clock
    simple._transport._sleep = naps
    return simple


def test_nothing_is_sent_before_the_block_is_entered(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    opened = client.open_image_request(a_request())

    assert horde.lines == []
    with pytest.raises(RuntimeError, match="with"):
        _ = opened.accepted


def test_updates_end_with_the_last_look_and_the_results_are_fetched_once(
    horde: FakeHorde, client: AIHordeAPISimpleClient, naps: Naps
) -> None:
    horde.will_answer(CHECK, Reply(200, a_check(wait_time=9)), Reply(200, a_check(wait_time=5)))

    with client.open_image_request(a_request()) as opened:
        assert opened.id_ == JOB
        assert isinstance(opened.accepted, ImageGenerateAsyncResponse)
        assert opened.accepted.kudos == 10.0
        waits = [look.wait_time for look in opened.updates()]
        assert opened.is_finished
        first, again = opened.result(), opened.result()

    assert waits == [9, 5, 0]
    assert first is again
    assert horde.lines == [ASYNC, CHECK, CHECK, CHECK, STATUS]
    assert naps.taken == [0.5, 1.0]


def test_leaving_the_block_early_cancels_the_request(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    horde.will_answer(CHECK, *[Reply(200, a_check())] * 2)

    with client.open_image_request(a_request()) as opened:
        assert not opened.refresh().done
        for _ in opened.updates():
            break

    assert horde.lines == [ASYNC, CHECK, CHECK, DELETE]


def test_cancelling_returns_what_was_finished_and_is_not_done_twice(
    horde: FakeHorde, client: AIHordeAPISimpleClient
) -> None:
    with client.open_image_request(a_request()) as opened:
        finished = opened.cancel()

    assert len(getattr(finished, "generations", [])) == 1
    assert horde.lines == [ASYNC, DELETE]


def test_request_that_is_late_is_cancelled_and_hands_over_what_was_finished(
    horde: FakeHorde, client: AIHordeAPISimpleClient
) -> None:
    horde.will_answer(CHECK, *[Reply(200, a_check())] * 20)

    with (
        client.open_image_request(a_request(), timeout=30) as opened,
        pytest.raises(AIHordeGenerationTimedOutError) as late,
    ):
        opened.result()

    assert late.value.request_id == JOB
    assert late.value.partial is not None
    assert horde.lines[-1] == DELETE


def test_text_request_is_followed_the_same_way(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    with client.open_text_request(TextGenerateAsyncRequest(prompt="Once", models=[])) as opened:
        assert [one.text for one in opened.result().generations] == [" there was a fox."]

    assert horde.lines == ["POST /v2/generate/text/async", f"GET /v2/generate/text/status/{JOB}"]


def test_alchemy_request_is_followed_the_same_way(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    request = AlchemyAsyncRequest(
        forms=[AlchemyAsyncRequestFormItem(name="caption")], source_image="https://example.org/a.webp"
    )
    with client.open_alchemy_request(request) as opened:
        assert [one.caption for one in opened.result().all_caption_results] == ["a red square"]

    assert horde.lines == ["POST /v2/interrogate/async", f"GET /v2/interrogate/status/{JOB}"]


async def test_asynchronous_face_does_the_same(horde: FakeHorde) -> None:
    horde.will_answer(CHECK, Reply(200, a_check(wait_time=9)))

    async with aiohttp.ClientSession() as connections:
        client = AIHordeAPIAsyncSimpleClient(connections, poll_interval=0.0)
        async with client.open_image_request(a_request()) as opened:
            waits = [look.wait_time async for look in opened.updates()]
            status = await opened.result()
        async with client.open_image_request(a_request()) as left:
            pass
        async with client.open_image_request(a_request()) as cancelled:
            await cancelled.refresh()
            await cancelled.cancel()

    assert (waits, len(status.generations), str(left.id_)) == ([9, 0], 1, JOB)
    assert horde.lines == [ASYNC, CHECK, CHECK, STATUS, ASYNC, DELETE, ASYNC, CHECK, DELETE]


async def test_refusal_on_entering_the_block_is_raised_and_leaves_nothing_to_cancel(horde: FakeHorde) -> None:
    horde.will_answer(ASYNC, *[Reply(403, {"message": "no", "rc": "TimeoutIP"})] * 2)

    with pytest.raises(AIHordePermissionError), AIHordeAPISimpleClient().open_image_request(a_request()):
        pass
    async with aiohttp.ClientSession() as connections:
        with pytest.raises(AIHordePermissionError):
            async with AIHordeAPIAsyncSimpleClient(connections).open_image_request(a_request()):
                pass

    assert horde.lines == [ASYNC, ASYNC]


def test_every_poll_offers_to_wait_and_the_client_pauses_only_where_the_horde_does_not(
    horde: FakeHorde, client: AIHordeAPISimpleClient, naps: Naps
) -> None:
    waited = Reply(200, a_check(), GRANTED)
    horde.will_answer(CHECK, waited, waited, Reply(200, a_check()))

    client.image_generate_request(a_request())

    assert [one.headers.get("Prefer") for one in horde.asked if one.line == CHECK] == ["wait=20"] * 4
    assert naps.taken == [0.25, 0.25, 2.0]
    assert "Prefer" not in horde.asked[0].headers


@pytest.mark.parametrize(
    ("timeout", "client_timeout", "preferred"),
    [(20, 60.0, "wait=20"), (5, 60.0, "wait=5"), (1170, 10.0, "wait=5"), (1170, 1.0, None)],
)
def test_wait_asked_for_is_never_longer_than_the_client_would_wait(
    horde: FakeHorde, timeout: int, client_timeout: float, preferred: str | None
) -> None:
    client = AIHordeAPISimpleClient(timeout=client_timeout)
    client._clock = lambda: 0.0

    client.image_generate_request(a_request(), timeout=timeout)

    assert horde.asked[1].headers.get("Prefer") == preferred
