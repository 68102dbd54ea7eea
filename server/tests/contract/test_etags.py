"""`ETag`, `If-None-Match`: who has the present state is told so in a 304, and may wait for another (basics.md §13)."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from builders import an_entry
from hordes import Horde, StartHorde

from horde_server.requests.progress import Progress, progress_tag

TAG = re.compile(r'W/"[0-9a-f]{16}"\Z')
SOON_S = 5.0
PUBLIC = [
    "/api/v2/status/models",
    "/api/v2/status/models?type=text",
    "/api/v2/status/models/stable_diffusion",
    "/api/v2/status/performance",
    "/api/v2/status/modes",
    "/api/swagger.json",
]


@pytest.fixture
async def owner(horde: Horde) -> str:
    return str((await horde.account("owner", columns={"worker_invited": 100})).api_key)


def having(answer: httpx.Response) -> dict[str, str]:
    """The header of somebody who has this answer."""
    return {"If-None-Match": answer.headers["etag"]}


async def of_each_kind(horde: Horde) -> list[str]:
    """Where requests of all kinds are followed."""
    image, text = await horde.request(), await horde.texts.request()
    form = await horde.alchemy.request("caption")
    places = [f"generate/check/{image}", f"generate/status/{image}", f"generate/text/status/{text}"]
    return [f"/api/v2/{place}" for place in (*places, f"interrogate/status/{form}")]


async def test_whoever_has_the_present_state_gets_no_body(horde: Horde) -> None:
    for path in (*PUBLIC, *await of_each_kind(horde)):
        answer = await horde.client.get(path)
        assert answer.status_code == 200, path
        assert TAG.match(answer.headers["etag"]), path
        assert answer.headers["cache-control"] == "no-cache"
        again = await horde.client.get(path, headers=having(answer))
        assert (again.status_code, again.content) == (304, b""), path
        assert again.headers["etag"] == answer.headers["etag"]
        assert again.headers["cache-control"] == "no-cache"
        assert again.headers["access-control-allow-origin"] == "*"
        assert "content-type" not in again.headers


@pytest.mark.parametrize("known", ["*", '"x", {}', '{},W/"0"', "{strong}", " {} "])
async def test_a_list_and_a_star_and_a_strong_tag_are_known(horde: Horde, known: str) -> None:
    for path in ("/api/v2/status/modes", f"/api/v2/generate/check/{await horde.request()}"):
        tag = (await horde.client.get(path)).headers["etag"]
        header = known.format(tag, strong=tag.removeprefix("W/"))
        assert (await horde.client.get(path, headers={"If-None-Match": header})).status_code == 304


@pytest.mark.parametrize("known", ['W/"0000000000000000"', "", ",,,", "nonsense", '"' + "x" * 5000 + '"', "W/" * 1000])
async def test_another_tag_gets_the_body(horde: Horde, known: str) -> None:
    for path in ("/api/v2/status/modes", f"/api/v2/generate/check/{await horde.request()}"):
        answer = await horde.client.get(path, headers={"If-None-Match": known})
        assert answer.status_code == 200
        assert answer.json()


async def test_of_very_many_tags_the_first_count(horde: Horde) -> None:
    tag = (await horde.client.get("/api/v2/status/modes")).headers["etag"]
    for header, status in ((", ".join([tag, *['"x"'] * 500]), 304), (", ".join([*['"x"'] * 500, tag]), 200)):
        answer = await horde.client.get("/api/v2/status/modes", headers={"If-None-Match": header})
        assert answer.status_code == status


async def test_what_is_not_there_has_no_tag(horde: Horde) -> None:
    answer = await horde.client.get(
        "/api/v2/generate/check/00000000-0000-4000-8000-000000000000", headers={"If-None-Match": "*"}
    )
    assert answer.status_code == 404
    assert "etag" not in answer.headers


@pytest.mark.parametrize("route", ["check", "status"])
async def test_each_change_of_an_image_is_another_tag(horde: Horde, owner: str, route: str) -> None:
    request_id = await horde.request()
    path = f"/api/v2/generate/{route}/{request_id}"
    tags = [(await horde.client.get(path)).headers["etag"]]
    job = await horde.job(owner)
    tags.append((await horde.client.get(path)).headers["etag"])
    await horde.submit(owner, job["id"])
    tags.append((await horde.client.get(path)).headers["etag"])
    assert len(set(tags)) == 3
    assert (await horde.client.get(path, headers={"If-None-Match": tags[-2]})).status_code == 200


async def test_each_change_of_a_form_is_another_tag(horde: Horde, owner: str) -> None:
    path = f"/api/v2/interrogate/status/{await horde.alchemy.request('caption')}"
    tags = [(await horde.client.get(path)).headers["etag"]]
    form = await horde.alchemy.form(owner, "caption")
    tags.append((await horde.client.get(path)).headers["etag"])
    await horde.alchemy.submit(owner, form["id"])
    tags.append((await horde.client.get(path)).headers["etag"])
    assert len(set(tags)) == 3


async def test_two_nodes_tag_alike(start_horde: StartHorde) -> None:
    here, there = await start_horde(), await start_horde()
    for path in await of_each_kind(here):
        tag = (await here.client.get(path)).headers["etag"]

        async def is_alike(path: str = path, tag: str = tag) -> bool:
            return bool((await there.client.get(path)).headers["etag"] == tag)

        await there.until(is_alike, "the other node has heard of it")


async def test_a_part_of_an_answer_has_no_tag(horde: Horde) -> None:
    """A cache knows it by its address alone: what has the whole must not be told that it has the part."""
    for path in ("/api/v2/status/modes", f"/api/v2/generate/check/{await horde.request()}"):
        whole = await horde.client.get(path)
        part = await horde.client.get(path, headers={"X-Fields": "done,maintenance_mode", **having(whole)})
        assert part.status_code == 200
        assert len(part.json()) == 1
        assert "etag" not in part.headers


async def test_a_304_counts_for_the_limits(start_horde: StartHorde) -> None:
    horde = await start_horde(rate_limits=True)
    path = f"/api/v2/generate/check/{await horde.request()}"
    tag = having(await horde.client.get(path))
    statuses = [(await horde.client.get(path, headers=tag)).status_code for _ in range(25)]
    assert set(statuses) == {304, 429}
    left = (await start_horde(rate_limits=True)).client
    limited = await left.get("/api/v2/status/modes")
    again = await left.get("/api/v2/status/modes", headers=having(limited))
    assert int(again.headers["x-ratelimit-remaining"]) == int(limited.headers["x-ratelimit-remaining"]) - 1


Wait = Callable[[str, dict[str, str]], Awaitable[asyncio.Task[httpx.Response]]]


@pytest.fixture
def waits(horde: Horde) -> Wait:
    """Ask for a change, and return once the server holds that back."""

    async def ask(path: str, headers: dict[str, str]) -> asyncio.Task[httpx.Response]:
        before = horde.app.waits()
        call = asyncio.create_task(horde.client.get(path, headers={"Prefer": "wait=50", **headers}))

        async def is_parked() -> bool:
            return bool(horde.app.waits() == before + 1)

        await horde.until(is_parked, "it waits")
        return call

    return ask


async def soon(call: asyncio.Task[httpx.Response]) -> httpx.Response:
    began = time.monotonic()
    answer = await asyncio.wait_for(call, SOON_S)
    assert time.monotonic() - began < SOON_S
    return answer


class TestWaitingForAChange:
    @pytest.mark.parametrize("route", ["check", "status"])
    async def test_a_start_is_news_to_who_has_the_state_before(
        self, horde: Horde, owner: str, route: str, waits: Wait
    ) -> None:
        """Without a tag one waits for the end."""
        path = f"/api/v2/generate/{route}/{await horde.request()}"
        for_change = await waits(path, having(await horde.client.get(path)))
        for_end = await waits(path, {})
        job = await horde.job(owner)
        answer = await soon(for_change)
        assert (answer.status_code, answer.json()["processing"], answer.json()["done"]) == (200, 1, False)
        assert answer.headers["Preference-Applied"] == "wait=50"
        assert not for_end.done()
        await horde.submit(owner, job["id"])
        assert (await soon(for_end)).json()["done"]

    async def test_of_texts_and_forms_too(self, horde: Horde, owner: str, waits: Wait) -> None:
        text = f"/api/v2/generate/text/status/{await horde.texts.request()}"
        form = f"/api/v2/interrogate/status/{await horde.alchemy.request('caption', 'nsfw')}"
        calls = [await waits(path, having(await horde.client.get(path))) for path in (text, form)]
        await horde.texts.job(owner)
        assert (await soon(calls[0])).json()["processing"] == 1
        await horde.alchemy.form(owner, "caption")
        assert (await soon(calls[1])).json()["state"] == "processing"

    async def test_at_the_end_of_the_time_nothing_has_changed(self, horde: Horde) -> None:
        path = f"/api/v2/generate/check/{await horde.request()}"
        tag = having(await horde.client.get(path))
        answer = await horde.client.get(path + "?wait=1", headers=tag)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["Preference-Applied"] == "wait=1"

    async def test_another_state_is_told_at_once(self, horde: Horde) -> None:
        path = f"/api/v2/generate/check/{await horde.request()}"
        headers = {"Prefer": "wait=50", "If-None-Match": 'W/"0000000000000000"'}
        assert (await soon(asyncio.create_task(horde.client.get(path, headers=headers)))).status_code == 200

    async def test_what_is_done_changes_no_more(self, horde: Horde, owner: str) -> None:
        path = f"/api/v2/generate/check/{await horde.request()}"
        await horde.submit(owner, (await horde.job(owner))["id"])
        headers = {"Prefer": "wait=50", **having(await horde.client.get(path))}
        assert (await soon(asyncio.create_task(horde.client.get(path, headers=headers)))).status_code == 304


@pytest.mark.parametrize(("places", "seconds"), [((1, 2, 3, 4, 5), 0), ((1,), 4)])
async def test_small_steps_of_the_prospects_are_no_news(places: tuple[int, ...], seconds: int) -> None:
    """Every place and second alone would be another tag, and no state ever the present one."""

    def told(place: int, wait_s: int) -> Any:
        return Progress(
            finished=0, processing=0, restarted=0, waiting=1, done=False, faulted=False, wait_time=wait_s,
            queue_position=place, kudos=0, is_possible=True,
        )  # fmt: skip

    entry = an_entry()
    assert len({progress_tag(entry, told(place, seconds)) for place in places}) == 1
    others = (told(0, seconds), told(6, seconds), told(1, 5), told(2**40, 2**40))
    assert len({progress_tag(entry, other) for other in (*others, told(1, seconds))}) == 5
    assert all(len(progress_tag(entry, other)) == len('W/""') + 16 for other in others)
