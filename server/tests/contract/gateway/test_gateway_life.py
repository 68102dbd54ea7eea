"""The life of a dialect's call: its request goes with it, and nothing is left (gateway.md §1.6, §1.10)."""

from __future__ import annotations

import base64
import itertools
import json
from contextlib import suppress
from typing import Any

import pytest
from dialect_calls import WHOLE_CALLS
from dialect_connection import CHAT, Connection
from hordes import Horde, StartHorde

from horde_server.dispatch.ids import RequestId
from horde_server.gateway.common import streaming
from horde_server.requests.desk import RequestDesk


def a_chat(**body: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "hi"}], **body}


async def online(horde: Horde) -> str:
    key = (await horde.account("scribe", trusted=True)).api_key
    await horde.texts.pop(key)
    return key


async def waiting(horde: Horde) -> list[tuple[Any, ...]]:
    return await horde.sql("SELECT id::text FROM request WHERE waiting > 0")


@pytest.mark.parametrize("stream", [False, True])
async def test_when_the_client_goes_its_request_is_cancelled(horde: Horde, stream: bool) -> None:
    await online(horde)
    client = Connection(horde, a_chat(stream=stream))
    await horde.until(lambda: waiting(horde), "its request waits")
    client.go()
    await client.task

    async def is_cancelled() -> bool:
        return not await waiting(horde)

    await horde.until(is_cancelled, "its request is cancelled")
    assert b"error" not in client.body


@pytest.mark.parametrize(
    "path", ["/v1/chat/completions", "/v1/responses", "/v1/messages", "/api/chat", "/api/v1/generate"]
)
async def test_leaving_is_no_fault(horde: Horde, path: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the dialect: nothing is logged that an operator would look into."""
    await online(horde)
    asked = {"prompt": "hi"} if path.endswith("generate") else {"input": "hi"} if "responses" in path else a_chat()
    client = Connection(horde, {"model": "horde/any-text", "max_tokens": 16, "stream": False, **asked}, path)
    await horde.until(lambda: waiting(horde), "its request waits")
    client.go()
    await client.task
    assert (client.status or 400) < 500
    assert "unhandled" not in "".join(capsys.readouterr())


async def test_a_stream_opens_before_there_is_anything_to_tell(horde: Horde) -> None:
    await online(horde)
    client = Connection(horde, a_chat(stream=True))

    async def has_opened() -> bool:
        return client.body.startswith(b": queued ")

    await horde.until(has_opened, "headers and a first comment have come")
    assert client.status == 200
    client.go()
    await client.task


async def test_silence_is_broken(start_horde: StartHorde) -> None:
    horde = await start_horde(sse_keepalive_s=1)
    await online(horde)
    client = Connection(horde, a_chat(stream=True))

    async def is_alive() -> bool:
        return client.body.endswith(b": ka\n")

    await horde.until(is_alive, "something comes")
    client.go()
    await client.task


async def test_who_chokes_on_comments_gets_empty_pieces(start_horde: StartHorde) -> None:
    horde = await start_horde(sse_keepalive_s=1, sse_keepalive="chunk")
    await online(horde)
    client = Connection(horde, a_chat(stream=True))

    async def is_alive() -> bool:
        return b'"delta":{}' in client.body

    await horde.until(is_alive, "something comes")
    assert not any(line.startswith(b":") for line in client.body.split(b"\n"))
    assert client.body.index(b'"role":"assistant"') < client.body.index(b'"delta":{}')
    client.go()
    await client.task


async def test_a_client_that_takes_nothing_is_given_up(horde: Horde, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "UNREAD_S", 0.05)
    await online(horde)
    client = Connection(horde, a_chat(stream=True))
    client.takes.clear()
    await client.task

    async def is_cancelled() -> bool:
        return not await waiting(horde)

    await horde.until(is_cancelled, "its request is cancelled")


async def test_who_waits_too_long_is_told_so(start_horde: StartHorde) -> None:
    horde = await start_horde(gateway_max_wait_s=10, sse_keepalive_s=1)
    await online(horde)
    clients = [
        Connection(horde, a_chat()),
        Connection(horde, a_chat(stream=True)),
        Connection(horde, a_chat(), headers=[(b"idempotency-key", b"once")]),
        Connection(horde, a_chat(stream=True), headers=[(b"idempotency-key", b"again")]),
    ]
    for client in clients:
        await client.task
        assert b'"timed_out"' in client.body and b"[DONE]" not in client.body
    assert clients[0].status == 504
    assert not await waiting(horde)


async def test_only_so_many_calls_of_an_address_wait(start_horde: StartHorde) -> None:
    horde = await start_horde(streams_per_address=1)
    await online(horde)
    first = Connection(horde, a_chat(stream=True))
    await horde.until(lambda: waiting(horde), "the first waits")
    second = Connection(horde, a_chat())
    await second.task
    assert second.status == 429
    assert json.loads(second.body)["error"]["code"] == "TooManyStreams"
    first.go()
    await first.task
    third = Connection(horde, a_chat(stream=True))
    await horde.until(lambda: waiting(horde), "there is a place again")
    third.go()
    await third.task


@pytest.mark.parametrize("call", ["whole", "stream", "refused"])
async def test_a_request_that_cannot_be_cancelled_keeps_no_other(
    start_horde: StartHorde, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Of a call with several prompts one fails; the others are cancelled, and the places of all are free."""
    is_refused = call == "refused"  # at its third prompt
    horde = await start_horde(streams_per_address=2 if is_refused else 3)
    await online(horde)
    cancel, tries = RequestDesk.cancel, itertools.count(1)

    async def failing(desk: RequestDesk[Any], request_id: RequestId) -> None:
        if next(tries) == (1 if is_refused else 2):
            raise ConnectionError("there is no database")
        await cancel(desk, request_id)

    async def all_wait() -> bool:
        return len(await waiting(horde)) == 3

    monkeypatch.setattr(RequestDesk, "cancel", failing)
    client = Connection(horde, {"prompt": ["a", "b", "c"], "stream": call == "stream"}, "/v1/completions")
    if not is_refused:
        await horde.until(all_wait, "its requests wait")
        client.go()
    with suppress(ConnectionError):
        await client.task
    assert len(await waiting(horde)) == 1
    again = Connection(horde, {"prompt": ["d", "e"]}, "/v1/completions")
    await horde.until(all_wait, "those of another call wait")
    again.go()
    await again.task


async def test_a_cancelled_request_ends_the_call(horde: Horde) -> None:
    await online(horde)
    client = Connection(horde, a_chat())
    [(request_id,)] = await horde.until(lambda: waiting(horde), "its request waits")
    await horde.texts.cancel(request_id)
    await client.task
    assert client.status == 502
    assert json.loads(client.body)["error"]["code"] == "cancelled"


async def test_a_large_body_is_read_for_a_key_that_may_ask_alone(horde: Horde) -> None:
    body = {"messages": [{"role": "user", "content": "x" * 200_000}]}
    answer = await horde.client.post(CHAT, json=body, headers={"Authorization": "Bearer nobody-has-this-key-00"})
    assert (answer.status_code, answer.headers["connection"]) == (401, "close")


async def test_a_body_that_is_too_large_is_refused_in_the_dialects_shape(start_horde: StartHorde) -> None:
    horde = await start_horde(max_body_bytes=100_000)
    answer = await horde.client.post(CHAT, json={"messages": [{"role": "user", "content": "x" * 200_000}]})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["type"]) == (413, "payload_too_large", "invalid_request_error")


async def test_an_answer_may_begin_before_it_is_there(start_horde: StartHorde) -> None:
    horde = await start_horde(gateway_whitespace_s=0.1)
    key = await online(horde)
    client = Connection(horde, a_chat())

    async def has_begun() -> bool:
        return client.body.startswith(b"\n\n")

    await horde.until(has_begun, "it begins")
    assert client.status == 200
    job = await horde.texts.job(key)
    await horde.texts.submit(key, job["id"], generation="Hello.")
    await client.task
    assert json.loads(client.body)["choices"][0]["message"]["content"] == "Hello."
    client = Connection(horde, a_chat())
    await horde.until(has_begun, "it begins")
    [(request_id,)] = await horde.until(lambda: waiting(horde), "its request waits")
    await horde.texts.cancel(request_id)
    await client.task
    assert json.loads(client.body)["error"]["code"] == "cancelled"
    client = Connection(horde, a_chat())
    await horde.until(has_begun, "it begins")
    client.go()
    await client.task

    async def is_cancelled() -> bool:
        return not await waiting(horde)

    await horde.until(is_cancelled, "its request is cancelled")


ALCHEMY = {"/sdapi/v1/interrogate": {"image": base64.b64encode(Horde.picture()).decode()}}


@pytest.mark.parametrize(("path", "body"), [*WHOLE_CALLS.items(), *ALCHEMY.items()])
async def test_every_whole_answer_may_begin_before_it_is_there(
    start_horde: StartHorde, path: str, body: dict[str, Any]
) -> None:
    """A failure is then told in the dialect's shape all the same."""
    horde = await start_horde(gateway_whitespace_s=0.1, gateway_hopeless_s=0.5)
    client = Connection(horde, body, path)
    await client.task
    assert (client.status, client.body[:1]) == (200, b"\n")
    assert "no_worker" in json.dumps(json.loads(client.body))
