"""`Idempotency-Key`: the same call twice is one request (gateway.md §1.11)."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any
from uuid import uuid4

import httpx
import pytest
from dialect_calls import WHOLE_CALLS, Worker
from dialect_connection import CHAT, Connection
from hordes import Horde, StartHorde
from text_routes import TEXT_MODEL

from horde_server.gateway.common import once_store

SOON_S = 10
BODY = {"messages": [{"role": "user", "content": "hi"}], "model": TEXT_MODEL}


async def ask(horde: Horde, key: str = "once", /, path: str = CHAT, apikey: str = "", **body: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key} | ({"Authorization": f"Bearer {apikey}"} if apikey else {})
    return await horde.client.post(path, json={**BODY, **body}, headers=headers)


async def requests(horde: Horde) -> int:
    [(count,)] = await horde.sql("SELECT count(*) FROM request")
    return int(count)


async def scribe(horde: Horde) -> str:
    key = (await horde.account("scribe", trusted=True)).api_key
    await horde.texts.pop(key)
    return key


async def write(horde: Horde, key: str) -> None:
    async def job() -> Any:
        found = await horde.texts.pop(key)
        return found if found["id"] else None

    await horde.texts.submit(key, (await horde.until(job, "there is a job"))["id"], generation="Hello.")


async def test_the_same_call_again_finds_its_request(horde: Horde) -> None:
    worker = await scribe(horde)
    ada = (await horde.account("ada", kudos=100)).api_key
    first, _ = await asyncio.gather(ask(horde, apikey=ada), write(horde, worker))
    again = await ask(horde, apikey=ada)
    assert first.status_code == again.status_code == 200
    assert first.json()["id"] == again.json()["id"]
    assert first.headers["horde-request"] == again.headers["horde-request"]
    assert await requests(horde) == 1
    await horde.folded()
    [(taxes,)] = await horde.sql("SELECT count(*) FROM ledger_entry WHERE kind = 'request_tax'")
    assert taxes == 1


@pytest.mark.parametrize("path", WHOLE_CALLS)
async def test_every_call_for_work_is_made_once(horde: Horde, path: str) -> None:
    worker = Worker(horde, (await horde.account("worker", trusted=True)).api_key, path)
    await worker.come()
    key = (await horde.account("ada", kudos=1000)).api_key
    headers = {"Idempotency-Key": "once", "Authorization": f"Bearer {key}"}

    async def asked() -> httpx.Response:
        return await horde.client.post(path, json=WHOLE_CALLS[path], headers=headers)

    async with asyncio.timeout(SOON_S):
        first, same, _ = await asyncio.gather(asked(), asked(), worker.serve())
        again = await asked()
    assert [each.status_code for each in (first, same, again)] == [200] * 3, first.text
    assert len({each.headers["horde-request"] for each in (first, same, again)}) == 1
    assert await requests(horde) == 1


async def test_calls_at_the_same_moment_are_one_too(horde: Horde) -> None:
    worker = await scribe(horde)
    asking = [asyncio.create_task(ask(horde)) for _ in range(8)]
    await write(horde, worker)
    assert len({(await each).json()["id"] for each in asking}) == 1
    assert await requests(horde) == 1


async def test_who_goes_and_comes_back_finds_the_answer(horde: Horde) -> None:
    worker = await scribe(horde)
    client = Connection(horde, BODY, headers=[(b"idempotency-key", b"once")])

    async def waits() -> bool:
        return await requests(horde) == 1

    await horde.until(waits, "its request waits")
    client.go()
    await client.task
    answer, _ = await asyncio.gather(
        horde.client.post(CHAT, content=client.sent, headers={"Idempotency-Key": "once"}), write(horde, worker)
    )
    assert answer.json()["choices"][0]["message"]["content"] == "Hello."
    assert await requests(horde) == 1


async def test_another_body_caller_or_address_is_another_call(horde: Horde) -> None:
    worker = await scribe(horde)
    await asyncio.gather(ask(horde), write(horde, worker))
    refused = await ask(horde, temperature=1)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "idempotency_mismatch")
    bob = (await horde.account("bob")).api_key
    await asyncio.gather(ask(horde, apikey=bob), write(horde, worker))
    assert await requests(horde) == 2
    prompt: dict[str, Any] = {"prompt": "Once", "messages": None}
    await asyncio.gather(ask(horde, path="/v1/completions", **prompt), write(horde, worker))
    assert await requests(horde) == 3


async def test_what_was_refused_may_be_tried_again(horde: Horde) -> None:
    worker = await scribe(horde)
    refused = await ask(horde, horde={"workers": [str(uuid4())]})
    assert (refused.status_code, await horde.sql("SELECT 1 FROM gateway_call")) == (404, [])
    answer, _ = await asyncio.gather(ask(horde), write(horde, worker))
    assert answer.status_code == 200


@pytest.mark.parametrize("stream", [False, True])
async def test_what_nobody_can_serve_does_not_wait_on(start_horde: StartHorde, stream: bool) -> None:
    horde = await start_horde(gateway_hopeless_s=0.2)
    refused = await ask(horde, model="horde/any-text", stream=stream)
    assert "no_worker" in refused.text
    assert await horde.sql("SELECT state FROM request") == [("cancelled",)]


async def test_a_request_that_is_gone_is_made_anew(horde: Horde) -> None:
    worker = await scribe(horde)
    await asyncio.gather(ask(horde), write(horde, worker))
    await horde.sql("UPDATE gateway_call SET request_id = gen_random_uuid()")
    answer, _ = await asyncio.gather(ask(horde), write(horde, worker))
    assert answer.status_code == 200
    assert await requests(horde) == 2


async def test_a_request_that_could_not_be_kept_is_cancelled(horde: Horde, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = await scribe(horde)
    with monkeypatch.context() as patch:
        patch.setattr(once_store, "made", failing)
        with suppress(ConnectionError):
            await ask(horde)
    assert await horde.sql("SELECT state FROM request") == [("cancelled",)]
    answer, _ = await asyncio.gather(ask(horde), write(horde, worker))
    assert (answer.status_code, await requests(horde)) == (200, 2)


async def failing(*_: object) -> None:
    raise ConnectionError("there is no database")


async def test_whoever_was_taken_for_dead_takes_nobodys_place(horde: Horde, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that is slow to make its request finds the one that another has made meanwhile."""
    worker = await scribe(horde)
    made, is_slow, goes_on = once_store.made, asyncio.Event(), asyncio.Event()

    async def slow(*args: Any) -> Any:
        if not is_slow.is_set():
            is_slow.set()
            await goes_on.wait()
        return await made(*args)

    monkeypatch.setattr(once_store, "made", slow)
    first = asyncio.create_task(ask(horde))
    await is_slow.wait()
    await horde.sql("UPDATE gateway_call SET made_at = now() - interval '61 seconds'")
    second = asyncio.create_task(ask(horde))

    async def second_is_made() -> bool:
        return bool(await horde.sql("SELECT 1 FROM gateway_call WHERE request_id IS NOT NULL"))

    await horde.until(second_is_made, "the second has made its request")
    goes_on.set()

    async def first_is_cancelled() -> bool:
        return ("cancelled",) in await horde.sql("SELECT state FROM request")

    await horde.until(first_is_cancelled, "the first's is cancelled")
    await write(horde, worker)
    async with asyncio.timeout(SOON_S):
        answers = [await first, await second]
    assert [each.status_code for each in answers] == [200, 200]
    assert len({each.headers["horde-request"] for each in answers}) == 1


@pytest.mark.parametrize("key", ["x" * 256])
async def test_a_key_has_a_limit(horde: Horde, key: str) -> None:
    answer = await ask(horde, key)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "Idempotency-Key")


async def test_of_who_asked_nothing_is_kept_but_a_hash_and_that_for_a_day(horde: Horde) -> None:
    worker = await scribe(horde)
    await asyncio.gather(ask(horde, "my secret"), write(horde, worker))
    [row] = await horde.sql("SELECT gateway_call::text FROM gateway_call")
    assert "secret" not in row[0]
    await horde.sql("UPDATE gateway_call SET made_at = now() - interval '25 hours'")
    await horde.app._app.state.node.gateway.calls.sweep()
    assert await horde.sql("SELECT 1 FROM gateway_call") == []
