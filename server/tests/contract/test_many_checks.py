"""`POST /generate/check`: how far many requests are, of any kinds, in one call (events.md §1)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hordes import Horde, StartHorde

PATH = "/api/v2/generate/check"
SOON_S = 5.0
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def owner(horde: Horde) -> str:
    return str((await horde.account("owner", columns={"worker_invited": 100})).api_key)


async def checked(horde: Horde, ids: Sequence[str], **headers: str) -> dict[str, Any]:
    answer = await horde.client.post(PATH, json={"ids": list(ids)}, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def waiting(horde: Horde, ids: Sequence[str]) -> asyncio.Task[httpx.Response]:
    """Ask, and return once the answer is held back."""
    call = asyncio.create_task(horde.client.post(PATH, json={"ids": list(ids)}, headers={"Prefer": "wait=50"}))

    async def is_parked() -> bool:
        return bool(horde.app.waits())

    await horde.until(is_parked, "it waits")
    return call


async def test_each_is_told_as_its_own_check_tells_it(horde: Horde, owner: str) -> None:
    waits, made = await horde.request(), await horde.request()
    await horde.submit(owner, (await horde.job(owner))["id"])
    text = await horde.texts.request()
    told = await checked(horde, [waits, made, text])
    for request_id in (waits, made):
        assert told[request_id] == await horde.check(request_id)
    status = (await horde.client.get(f"/api/v2/generate/text/status/{text}")).json()
    assert told[text] == {name: value for name, value in status.items() if name != "generations"}


async def test_forms_of_an_interrogation_are_told_together(horde: Horde, owner: str) -> None:
    asked = await horde.alchemy.request("caption", "nsfw")
    told = (await checked(horde, [asked]))[asked]
    assert (told["waiting"], told["finished"], told["done"]) == (2, 0, False)
    await horde.alchemy.submit(owner, (await horde.alchemy.form(owner, "caption"))["id"])
    told = (await checked(horde, [asked]))[asked]
    assert (told["waiting"], told["finished"], told["done"]) == (1, 1, False)
    await horde.alchemy.submit(owner, (await horde.alchemy.form(owner, "nsfw"))["id"], {"nsfw": False})
    told = (await checked(horde, [asked]))[asked]
    assert (told["waiting"], told["finished"], told["done"], told["faulted"]) == (0, 2, True, False)
    ((form,),) = await horde.sql("SELECT id::text FROM request WHERE request_order ->> 'form' = 'nsfw'")
    assert (await checked(horde, [form]))[form] is None  # nobody is told the ids of forms


async def test_what_is_not_there_is_null_and_two_are_one(horde: Horde) -> None:
    there = await horde.request()
    told = await checked(horde, [there, NOBODY, "no id", there, there.upper(), ""])
    assert list(told) == [there, NOBODY, "no id", there.upper(), ""]
    assert told[NOBODY] is told["no id"] is told[""] is None
    assert told[there] == told[there.upper()]
    assert told[there]["waiting"] == 1


async def test_what_is_done_long_ago_is_found_by_one_query(horde: Horde, start_horde: StartHorde, owner: str) -> None:
    """Another node, which remembers nothing of it."""
    ids = [await horde.request() for _ in range(3)]
    for _ in ids:
        await horde.submit(owner, (await horde.job(owner))["id"])
    told = await checked(await start_horde(), ids)
    assert [told[each]["done"] for each in ids] == [True, True, True]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({}, "ids"),
        ({"ids": []}, "ids"),
        ({"ids": "x"}, "ids"),
        ({"ids": [NOBODY] * 101}, "ids"),
        ({"ids": [7]}, "ids.0"),
        ({"ids": [None]}, "ids.0"),
        ({"ids": ["x" * 1001]}, "ids.0"),
    ],
)
async def test_a_wrong_body_is_refused(horde: Horde, body: dict[str, Any], fault: str) -> None:
    answer = await horde.client.post(PATH, json=body)
    assert answer.status_code == 400
    assert fault in answer.json()["errors"]


async def test_as_many_as_there_may_be(horde: Horde) -> None:
    there = await horde.request()
    told = await checked(horde, [there, *(str(uuid4()) for _ in range(99))])
    assert len(told) == 100
    assert sum(each is not None for each in told.values()) == 1


async def test_a_large_body_is_refused(horde: Horde) -> None:
    """Nobody is asked for a key here."""
    answer = await horde.client.post(PATH, content=b" " * 70_000, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


async def test_ten_a_second(start_horde: StartHorde) -> None:
    horde = await start_horde(rate_limits=True)
    answers = [await horde.client.post(PATH, json={"ids": [NOBODY]}) for _ in range(25)]
    assert {answer.status_code for answer in answers} == {200, 429}
    assert answers[0].headers["x-ratelimit-limit"] == "10"


class TestWaiting:
    async def test_the_first_that_is_done_ends_the_wait(self, horde: Horde, owner: str) -> None:
        text, image, form = await horde.texts.request(), await horde.request(), await horde.alchemy.request("caption")
        call = await waiting(horde, [text, image, form])
        job = await horde.job(owner)  # a start is no news
        await asyncio.sleep(0.05)
        assert not call.done()
        await horde.submit(owner, job["id"])
        answer = await asyncio.wait_for(call, SOON_S)
        assert {each: told["done"] for each, told in answer.json().items()} == {text: False, image: True, form: False}
        assert answer.headers["Preference-Applied"] == "wait=50"

    async def test_an_interrogation_ends_it_when_all_its_forms_are_done(self, horde: Horde, owner: str) -> None:
        form = await horde.alchemy.request("caption", "nsfw")
        call = await waiting(horde, [form, await horde.request()])
        await horde.alchemy.submit(owner, (await horde.alchemy.form(owner, "caption"))["id"])
        await asyncio.sleep(0.05)
        assert not call.done()
        await horde.alchemy.submit(owner, (await horde.alchemy.form(owner, "nsfw"))["id"], {"nsfw": False})
        assert (await asyncio.wait_for(call, SOON_S)).json()[form]["done"]

    async def test_a_cancelled_one_ends_it(self, horde: Horde) -> None:
        first, second = await horde.request(), await horde.request()
        call = await waiting(horde, [first, second])
        await horde.cancel(second)
        assert (await asyncio.wait_for(call, SOON_S)).json()[second]["done"]

    @pytest.mark.parametrize("what", ["done", "unknown", "no id"])
    async def test_what_is_over_or_not_there_is_told_at_once(self, horde: Horde, what: str) -> None:
        """Who has not heard of it would miss it."""
        over = {"done": await horde.request(), "unknown": NOBODY, "no id": "x"}[what]
        if what == "done":
            await horde.cancel(over)
        ids = [await horde.request(), over]
        told = await asyncio.wait_for(checked(horde, ids, Prefer="wait=50"), SOON_S)
        assert (told[over] or {"done": True})["done"]

    async def test_at_the_end_of_the_time_the_present_state_is_told(self, horde: Horde) -> None:
        there = await horde.request()
        answer = await horde.client.post(f"{PATH}?wait=1", json={"ids": [there]})
        assert (answer.status_code, answer.json()[there]["done"]) == (200, False)
        assert answer.headers["Preference-Applied"] == "wait=1"
