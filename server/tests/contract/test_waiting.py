"""`Prefer: wait=N` and `?wait=N`: an answer is held back until there is news, in memory, on whichever node it comes.

What waits is released by what happens, not by its time: every wait here is far longer than its test may take.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from hordes import Horde, StartHorde

PREFER = {"Prefer": "wait=50"}
SOON_S = 5.0


async def parked(horde: Horde, what: str, count: int = 1) -> None:
    """Wait until so many wait at this node."""

    async def waits() -> bool:
        return bool(horde.app.waits() == count)

    await horde.until(waits, what)


async def answered(call: asyncio.Task[httpx.Response]) -> httpx.Response:
    """The answer that comes now."""
    started = time.monotonic()
    answer = await asyncio.wait_for(call, SOON_S)
    assert time.monotonic() - started < SOON_S
    assert answer.status_code == 200, answer.text
    return answer


def asks(horde: Horde, path: str, **headers: str) -> asyncio.Task[httpx.Response]:
    return asyncio.create_task(horde.client.get(f"/api/v2/{path}", headers={**PREFER, **headers}))


def pops(horde: Horde, key: str, route: str = "generate", **offer: Any) -> asyncio.Task[httpx.Response]:
    return asyncio.create_task(horde.client.post(f"/api/v2/{route}/pop", json=offer, headers={**PREFER, "apikey": key}))


AGENT = "AI Horde Worker reGen:13:https://example.org"
IMAGES: dict[str, Any] = {
    "name": "worker",
    "models": ["stable_diffusion"],
    "bridge_agent": AGENT,
    "max_pixels": 1_048_576,
}


@pytest.fixture
async def owner(horde: Horde) -> str:
    return str((await horde.account("owner", columns={"worker_invited": 100})).api_key)


class TestRequests:
    @pytest.mark.parametrize("route", ["generate/check", "generate/status"])
    async def test_an_image_is_told_as_soon_as_it_is_done(self, horde: Horde, owner: str, route: str) -> None:
        request_id = await horde.request()
        waits = asks(horde, f"{route}/{request_id}")
        await parked(horde, "a check waits")
        job = await horde.job(owner)
        assert not waits.done()
        await horde.submit(owner, job["id"])
        answer = await answered(waits)
        assert answer.json()["done"]
        assert answer.headers["Preference-Applied"] == "wait=50"
        if route == "generate/status":
            assert len(answer.json()["generations"]) == 1

    async def test_a_text_too(self, horde: Horde, owner: str) -> None:
        request_id = await horde.texts.request()
        waits = asks(horde, f"generate/text/status/{request_id}")
        await parked(horde, "a status waits")
        await horde.texts.submit(owner, (await horde.texts.job(owner))["id"])
        assert (await answered(waits)).json()["generations"][0]["text"]

    async def test_an_interrogation_when_all_its_forms_are_done(self, horde: Horde, owner: str) -> None:
        request_id = await horde.alchemy.request("caption", "nsfw")
        waits = asks(horde, f"interrogate/status/{request_id}")
        await parked(horde, "a status waits")
        await horde.alchemy.submit(owner, (await horde.alchemy.form(owner, "caption"))["id"])
        await asyncio.sleep(0.05)
        assert not waits.done()
        await horde.alchemy.submit(owner, (await horde.alchemy.form(owner, "nsfw"))["id"], {"nsfw": False})
        assert (await answered(waits)).json()["state"] == "done"

    async def test_a_cancelled_request_ends_the_wait(self, horde: Horde) -> None:
        request_id = await horde.request()
        waits = asks(horde, f"generate/check/{request_id}")
        await parked(horde, "a check waits")
        await horde.cancel(request_id)
        assert (await answered(waits)).json()["done"]

    async def test_at_the_end_of_the_time_the_present_state_is_told(self, horde: Horde) -> None:
        request_id = await horde.request()
        answer = await horde.client.get(f"/api/v2/generate/check/{request_id}?wait=1")
        assert answer.status_code == 200
        assert (answer.json()["done"], answer.json()["waiting"]) == (False, 1)
        assert answer.headers["Preference-Applied"] == "wait=1"

    async def test_what_is_done_is_told_at_once(self, horde: Horde, owner: str) -> None:
        request_id = await horde.request()
        await horde.submit(owner, (await horde.job(owner))["id"])
        assert (await answered(asks(horde, f"generate/check/{request_id}"))).json()["done"]

    async def test_what_is_not_there_is_not_waited_for(self, horde: Horde) -> None:
        for path in ("generate/check", "generate/status", "generate/text/status", "interrogate/status"):
            call = asks(horde, f"{path}/00000000-0000-4000-8000-000000000000")
            assert (await asyncio.wait_for(call, SOON_S)).status_code == 404

    @pytest.mark.parametrize("value", ["wait=soon", "wait=0", "wait=-1", "respond-async", "handling=lenient"])
    async def test_what_cannot_be_used_is_ignored(self, horde: Horde, value: str) -> None:
        request_id = await horde.request()
        answer = await answered(asks(horde, f"generate/check/{request_id}", Prefer=value))
        assert "Preference-Applied" not in answer.headers

    async def test_a_client_that_gives_up_leaves_nothing_behind(self, horde: Horde) -> None:
        request_id = await horde.request()
        waits = asks(horde, f"generate/check/{request_id}")
        await parked(horde, "a check waits")
        waits.cancel()
        await parked(horde, "nobody waits", 0)

    @pytest.mark.parametrize("places", [1, 3])
    async def test_beyond_the_places_of_an_address_answers_come_at_once(
        self, start_horde: StartHorde, places: int
    ) -> None:
        """And they do not say that they waited (basics.md §12.7). Others wait as before; pops have their own limits."""
        horde = await start_horde(streams_per_address=places)
        owner = str((await horde.account("owner")).api_key)
        request_id = await horde.request(models=["none"])
        waits = [asks(horde, f"generate/check/{request_id}") for _ in range(places)]
        await parked(horde, "all places are taken", places)
        for path in (f"generate/check/{request_id}", f"generate/status/{request_id}"):
            answer = await answered(asks(horde, path))
            assert not answer.json()["done"]
            assert "Preference-Applied" not in answer.headers
        neighbour = horde.client_at("203.0.113.7")
        waits.append(asyncio.create_task(neighbour.get(f"/api/v2/generate/check/{request_id}", headers=PREFER)))
        pop = pops(horde, owner, **IMAGES)
        await parked(horde, "a neighbour and a worker wait too", places + 2)
        await horde.cancel(request_id)
        for wait in waits:
            assert (await answered(wait)).json()["done"]
        await horde.request()
        assert (await answered(pop)).json()["id"]
        assert (await answered(asks(horde, f"generate/check/{request_id}"))).headers["Preference-Applied"]
        await neighbour.aclose()


def asks_for(horde: Horde, route: str, body: dict[str, Any], **headers: str) -> asyncio.Task[httpx.Response]:
    """Ask for work and wait for it."""
    sent = {"apikey": "0000000000", **PREFER, **headers}
    return asyncio.create_task(horde.client.post(f"/api/v2/{route}/async", json=body, headers=sent))


IMAGE: dict[str, Any] = {"prompt": "a lighthouse"}
TEXT: dict[str, Any] = {"prompt": "a story"}


class TestAsking:
    """Asking for work and waiting for it, in one call (basics.md §12.8)."""

    async def test_an_image_that_is_done_in_time_is_the_answer(self, horde: Horde, owner: str) -> None:
        call = asks_for(horde, "generate", IMAGE)
        await parked(horde, "it waits")
        await horde.submit(owner, (await horde.job(owner))["id"])
        answer = await answered(call)
        told = answer.json()
        assert answer.headers["Preference-Applied"] == "wait=50"
        assert (told["done"], told["faulted"], len(told["generations"])) == (True, False, 1)
        status = await horde.status(told["id"])
        assert {name: told[name] for name in status if name != "generations"} == {
            name: value for name, value in status.items() if name != "generations"
        }
        assert told["generations"][0]["id"] == status["generations"][0]["id"]

    async def test_a_text_too(self, horde: Horde, owner: str) -> None:
        call = asks_for(horde, "generate/text", TEXT)
        await parked(horde, "it waits")
        await horde.texts.submit(owner, (await horde.texts.job(owner))["id"])
        told = (await answered(call)).json()
        assert told["generations"][0]["text"]
        status = (await horde.client.get(f"/api/v2/generate/text/status/{told['id']}")).json()
        assert {name: told[name] for name in status} == status

    async def test_forms_too(self, horde: Horde, owner: str) -> None:
        body = {"forms": [{"name": "caption"}], "source_image": base64.b64encode(horde.picture()).decode()}
        key = str((await horde.account("asks", kudos=1000)).api_key)
        call = asks_for(horde, "interrogate", body, apikey=key)
        await parked(horde, "it waits")
        await horde.alchemy.submit(owner, (await horde.alchemy.form(owner, "caption"))["id"])
        told = (await answered(call)).json()
        assert (told["state"], told["forms"][0]["state"]) == ("done", "done")
        assert told["forms"][0]["result"]
        assert told["kudos"] > 0
        assert (await horde.client.get(f"/api/v2/interrogate/status/{told['id']}")).json()["forms"] == told["forms"]

    async def test_what_is_given_up_is_told_too(self, horde: Horde) -> None:
        call = asks_for(horde, "generate", IMAGE)
        await parked(horde, "it waits")
        ((request_id,),) = await horde.sql("SELECT id::text FROM request")
        await horde.cancel(request_id)
        told = (await answered(call)).json()
        assert (told["id"], told["done"], told["generations"]) == (request_id, True, [])

    @pytest.mark.parametrize(("route", "body"), [("generate", IMAGE), ("generate/text", TEXT)])
    async def test_what_takes_longer_is_accepted(self, horde: Horde, route: str, body: dict[str, Any]) -> None:
        answer = await asyncio.wait_for(asks_for(horde, route, body, Prefer="wait=1"), SOON_S)
        plain = await asyncio.wait_for(asks_for(horde, route, body, Prefer=""), SOON_S)
        assert answer.status_code == plain.status_code == 202
        assert set(answer.json()) == set(plain.json())
        assert answer.headers["Preference-Applied"] == "wait=1"
        assert "Preference-Applied" not in plain.headers

    async def test_remarks_come_with_it(self, horde: Horde, owner: str) -> None:
        call = asks_for(horde, "generate", IMAGE | {"promt": "a slip"})
        await parked(horde, "it waits")
        await horde.submit(owner, (await horde.job(owner))["id"])
        told = (await answered(call)).json()
        assert told["warnings"]
        assert "no available workers" in told["message"].lower()  # nobody was online when it came

    async def test_a_query_alone_never_changes_the_kind_of_answer(self, horde: Horde) -> None:
        answer = await horde.client.post("/api/v2/generate/async?wait=50", json=IMAGE, headers={"apikey": "0000000000"})
        assert answer.status_code == 202
        assert "Preference-Applied" not in answer.headers

    async def test_who_sends_a_large_body_does_not_wait(self, horde: Horde) -> None:
        """It would stay in memory as long."""
        call = asks_for(horde, "generate/text", {"prompt": "x" * 70_000})
        answer = await asyncio.wait_for(call, SOON_S)
        assert answer.status_code == 202
        assert "Preference-Applied" not in answer.headers

    async def test_a_dry_run_and_a_refusal_come_at_once(self, horde: Horde) -> None:
        dry = await answered(asks_for(horde, "generate", IMAGE | {"dry_run": True}))
        assert set(dry.json()) == {"kudos"}
        refused = await asyncio.wait_for(asks_for(horde, "generate", IMAGE, apikey="nobody's"), SOON_S)
        assert horde.outcome(refused) == (401, "InvalidAPIKey")

    async def test_who_goes_away_leaves_the_request(self, horde: Horde, owner: str) -> None:
        call = asks_for(horde, "generate", IMAGE)
        await parked(horde, "it waits")
        call.cancel()
        await parked(horde, "nobody waits", 0)
        assert (await horde.job(owner))["id"]

    async def test_what_was_stored_is_told_whatever_fails_then(self, horde: Horde) -> None:
        call = asks_for(horde, "generate", IMAGE)
        await parked(horde, "it waits")
        ((request_id,),) = await horde.sql("DELETE FROM request RETURNING id::text")
        answer = await asyncio.wait_for(call, 4 * SOON_S)
        assert (answer.status_code, answer.json()["id"]) == (202, request_id)


class TestPops:
    async def test_a_pop_gets_the_job_that_comes(self, horde: Horde, owner: str) -> None:
        waits = pops(horde, owner, **IMAGES)
        await parked(horde, "a pop waits")
        await horde.request()
        answer = await answered(waits)
        assert answer.json()["id"]
        assert answer.headers["Preference-Applied"] == "wait=50"

    async def test_texts_and_forms_too(self, horde: Horde, owner: str) -> None:
        text = pops(
            horde, owner, "generate/text", name="scribe", models=["a model"], max_length=512, max_context_length=4096
        )
        form = pops(horde, owner, "interrogate", name="alchemist", forms=["caption"], amount=5)
        await parked(horde, "two pops wait", 2)
        await horde.texts.request(models=["a model"])
        await horde.alchemy.request("caption")
        assert (await answered(text)).json()["id"]
        assert len((await answered(form)).json()["forms"]) == 1

    async def test_an_empty_pop_ends_with_fresh_counts(self, horde: Horde, owner: str) -> None:
        answer = await horde.client.post("/api/v2/generate/pop?wait=1", json=IMAGES, headers={"apikey": owner})
        assert answer.status_code == 200
        assert answer.json()["id"] is None
        assert "skipped" in answer.json()

    async def test_maintenance_is_told_to_who_waits(self, horde: Horde, owner: str) -> None:
        waits = pops(horde, owner, **IMAGES)
        await parked(horde, "a pop waits")
        ((worker_id,),) = await horde.sql("SELECT id::text FROM worker")
        answer = await horde.client.put(
            f"/api/v2/workers/{worker_id}", json={"maintenance": True}, headers={"apikey": owner}
        )
        assert answer.status_code == 200
        told = await asyncio.wait_for(waits, SOON_S)
        assert horde.outcome(told) == (403, "WorkerMaintenance")

    async def test_as_many_pops_of_a_worker_wait_as_it_has_threads(self, horde: Horde, owner: str) -> None:
        first = pops(horde, owner, **IMAGES, threads=1)
        await parked(horde, "a pop waits")
        second = await answered(pops(horde, owner, **IMAGES, threads=1))
        assert second.json()["id"] is None
        assert not first.done()

    async def test_those_of_one_address_take_no_places_of_its_streams(self, start_horde: StartHorde) -> None:
        """Of whatever kind: behind one address may stand a rack of workers (basics.md §12.7)."""
        horde = await start_horde(streams_per_address=1)
        key = str((await horde.account("rack", columns={"worker_invited": 100})).api_key)
        for number in range(2):
            pops(horde, key, **{**IMAGES, "name": f"images {number}"})
            pops(horde, key, "generate/text", name=f"texts {number}", models=["a model"])
            pops(horde, key, "generate/embedding", name=f"vectors {number}", models=["a model"])
            pops(horde, key, "interrogate", name=f"forms {number}", forms=["caption"])
        await parked(horde, "all eight wait", 8)

    async def test_one_job_wakes_one_worker(self, horde: Horde, owner: str) -> None:
        calls = [pops(horde, owner, **{**IMAGES, "name": f"worker {number}"}) for number in range(3)]
        await parked(horde, "three pops wait", 3)
        await horde.request()
        done, pending = await asyncio.wait(calls, timeout=SOON_S, return_when=asyncio.FIRST_COMPLETED)
        assert len(done) == 1
        assert len(pending) == 2
        await horde.request(params={"n": 2})
        for call in pending:
            assert (await answered(call)).json()["id"]

    async def test_a_waiting_worker_is_online(self, horde: Horde, owner: str) -> None:
        pops(horde, owner, **IMAGES)
        await parked(horde, "a pop waits")
        (worker,) = (await horde.client.get("/api/v2/workers")).json()
        assert worker["online"]


class TestOfANode:
    async def test_news_of_another_node_end_a_wait(self, start_horde: Callable[..., Awaitable[Any]]) -> None:
        here, there = await start_horde(), await start_horde()
        key = str((await here.account("owner")).api_key)
        request_id = await there.request()
        check = asks(here, f"generate/check/{request_id}")
        await parked(here, "a check waits")
        job = await there.job(key)
        await there.submit(key, job["id"])
        assert (await answered(check)).json()["done"]
        pop = pops(here, key, **{**IMAGES, "name": "another"})
        await parked(here, "a pop waits")
        await there.request()
        assert (await answered(pop)).json()["id"]

    async def test_a_stop_answers_all_as_things_are(self, horde: Horde, owner: str) -> None:
        request_id = await horde.request(models=["Deliberate"])
        check, pop = asks(horde, f"generate/check/{request_id}"), pops(horde, owner, **IMAGES)
        await parked(horde, "two wait", 2)
        horde.app.let_go()
        assert not (await answered(check)).json()["done"]
        assert (await answered(pop)).json()["id"] is None

    async def test_a_job_whose_worker_has_gone_waits_again_as_if_nothing_had_happened(
        self, horde: Horde, owner: str
    ) -> None:
        """The connection is dead when the job comes: nobody is blamed, and the next worker gets it at once."""
        gone = asyncio.Event()
        offer = httpx.Request("POST", "http://horde.test/api/v2/generate/pop", json=IMAGES)
        body = [{"type": "http.request", "body": offer.read(), "more_body": False}]
        messages: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            if body:
                return body.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            messages.append(message)

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
            "path": "/api/v2/generate/pop", "raw_path": b"/api/v2/generate/pop", "query_string": b"wait=50",
            "root_path": "", "client": ("127.0.0.1", 1), "server": ("horde.test", 80),
            "headers": [(b"apikey", owner.encode()), (b"content-type", b"application/json"), (b"host", b"horde.test")],
        }  # fmt: skip
        call = asyncio.create_task(horde.app(scope, receive, send))
        await parked(horde, "a pop waits")
        asked = asyncio.create_task(horde.request())
        await asyncio.sleep(0)
        gone.set()
        request_id = await asked
        await asyncio.wait_for(call, SOON_S)
        check = await horde.check(request_id)
        assert (check["waiting"], check["processing"], check["restarted"]) == (1, 0, 0)
        assert (await horde.job(owner, "another"))["id"]
        ((uncompleted,),) = await horde.sql("SELECT uncompleted_jobs FROM worker WHERE name = 'worker'")
        assert uncompleted == 0
