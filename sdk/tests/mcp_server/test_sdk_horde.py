"""A horde as tools reach it through the SDK: followed, fetched and cancelled, whoever is slow or goes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from fake_horde import JOB, FakeHorde, Reply, a_check

from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPIAsyncSimpleClient
from horde_sdk.mcp_server.horde import HordeSays, ImageWish, Look, Said, TextWish
from horde_sdk.mcp_server.over_sdk import SdkHorde

LIMIT_S = 10.0
SUBMIT = "POST /v2/generate/text/async"
STATUS = f"GET /v2/generate/text/status/{JOB}"
CANCEL = f"DELETE /v2/generate/text/status/{JOB}"
ONCE = TextWish(prompt="Once")


@pytest_asyncio.fixture
async def tools(horde: FakeHorde) -> AsyncIterator[SdkHorde]:
    async with aiohttp.ClientSession() as session:
        yield SdkHorde(AIHordeAPIAsyncSimpleClient(session, poll_interval=0.01))


async def looks_at(tools: SdkHorde, request_id: str) -> list[Look]:
    return [look async for look in tools.follow(request_id)]


def waiting(position: int) -> Reply:
    return Reply(200, {**a_check(queue_position=position), "generations": []})


async def until(horde: FakeHorde, line: str) -> None:
    async with asyncio.timeout(LIMIT_S):
        while line not in horde.lines:
            await asyncio.sleep(0.01)


async def test_a_text_is_followed_and_fetched(horde: FakeHorde, tools: SdkHorde) -> None:
    horde.will_answer(STATUS, waiting(3))
    request_id = await tools.ask_text(TextWish(messages=(Said("user", "Tell."),), max_length=20))
    assert request_id == JOB
    async with asyncio.timeout(LIMIT_S):
        looks = await looks_at(tools, request_id)
        made = await tools.results(request_id)
    assert looks[-1].done
    assert made.text is not None
    assert made.text.text == " there was a fox."
    [asked] = [one for one in horde.asked if one.line == SUBMIT]
    assert asked.body["prompt"] == "### Instruction:\nTell.\n\n### Response:\n"


async def test_who_looks_slowly_hears_of_the_end(horde: FakeHorde, tools: SdkHorde) -> None:
    """It comes while the one before is still looked at."""
    horde.will_answer(STATUS, waiting(3), waiting(2))
    request_id = await tools.ask_text(ONCE)
    async with asyncio.timeout(LIMIT_S):
        looks = []
        async for look in tools.follow(request_id):
            looks.append(look)
            await asyncio.wait([tools._asked[request_id].task])
    assert [look.done for look in looks][-1]
    assert not looks[0].done


async def test_who_goes_while_it_is_asked_for_leaves_nothing_behind(horde: FakeHorde, tools: SdkHorde) -> None:
    """Nobody else has its id."""
    before = asyncio.all_tasks()
    horde.hold = threading.Event()
    asking = asyncio.create_task(tools.ask_text(ONCE))
    await asyncio.to_thread(horde.arrived.wait, LIMIT_S)
    asking.cancel()
    horde.hold.set()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert asyncio.all_tasks() <= before
    await until(horde, CANCEL)


async def test_no_task_is_left_of_one_that_was_asked_for(horde: FakeHorde, tools: SdkHorde) -> None:
    before = asyncio.all_tasks()
    request_id = await tools.ask_text(ONCE)
    await tools.results(request_id)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() <= before


async def test_cancelling_cancels_the_request(horde: FakeHorde, tools: SdkHorde) -> None:
    horde.will_answer(STATUS, *[waiting(1)] * 1000)
    request_id = await tools.ask_text(ONCE)
    async with asyncio.timeout(LIMIT_S):
        await tools.cancel(request_id)
    assert CANCEL in horde.lines
    with pytest.raises(HordeSays, match="too long ago"):
        await looks_at(tools, request_id)


async def test_a_refusal_is_in_the_hordes_words(horde: FakeHorde, tools: SdkHorde) -> None:
    horde.will_answer(SUBMIT, Reply(403, {"message": "No kudos.", "rc": "KudosUpfront"}))
    with pytest.raises(HordeSays) as refused:
        await tools.ask_text(ONCE)
    assert (str(refused.value), refused.value.rc) == ("No kudos.", "KudosUpfront")


async def test_pictures_have_sides_that_hordes_make(horde: FakeHorde, tools: SdkHorde) -> None:
    await tools.ask_image(ImageWish(prompt="a cat", negative_prompt="a dog", width=500, height=30, n=1))
    [asked] = [one for one in horde.asked if one.line == "POST /v2/generate/async"]
    assert (asked.body["params"]["width"], asked.body["params"]["height"]) == (512, 64)
    assert asked.body["prompt"] == "a cat###a dog"
