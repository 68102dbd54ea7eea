"""KoboldCpp's API over the horde's queue (gateway-kobold.md §1–4)."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import httpx
import pytest
from hordes import Horde, StartHorde
from text_routes import TEXT_MODEL

GENERATE = "/api/v1/generate"
STREAM = "/api/extra/generate/stream"
CHECK = "/api/extra/generate/check"
ABORT = "/api/extra/abort"


async def online(horde: Horde, **offer: Any) -> str:
    """A worker that has just asked for work; its owner's key."""
    key = (await horde.account("owner")).api_key
    await horde.texts.pop(key, **offer)
    return key


@asynccontextmanager
async def working(
    horde: Horde, key: str, jobs_wanted: int = 1, **submitted: Any
) -> AsyncIterator[list[dict[str, Any]]]:
    """A worker that does the next jobs; what it was handed."""
    jobs: list[dict[str, Any]] = []

    async def work() -> None:
        while len(jobs) < jobs_wanted:
            popped = await horde.texts.pop(key)
            if popped["id"]:
                jobs.append(popped)
                await horde.texts.submit(key, popped["id"], **submitted)
            else:
                await asyncio.sleep(0.02)

    async with asyncio.TaskGroup() as group:
        group.create_task(work())
        yield jobs


async def asking(
    horde: Horde, path: str = GENERATE, key: str | None = None, **body: Any
) -> asyncio.Task[httpx.Response]:
    """A call that waits; its request stands in the queue."""
    before = await queued(horde)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    call = asyncio.create_task(horde.client.post(path, json={"prompt": "Once", **body}, headers=headers))

    async def is_taken() -> bool:
        return await queued(horde) > before

    await horde.until(is_taken, "the request is taken")
    return call


async def queued(horde: Horde) -> int:
    """Texts that wait."""
    return int((await horde.client.get("/api/extra/perf")).json()["queue"])


def events(answer: httpx.Response) -> list[dict[str, Any]]:
    """What a stream told; comments are none."""
    assert answer.headers["content-type"].startswith("text/event-stream")
    blocks = [block for block in answer.text.replace(": ka\n", "").split("\n\n") if block]
    assert all(block.startswith("event: message\ndata: ") for block in blocks)
    return [json.loads(block.partition("data: ")[2]) for block in blocks]


@pytest.mark.parametrize("base", ["/api/v1", "/api/latest"])
async def test_a_text_at_once(horde: Horde, base: str) -> None:
    """§3.2: both bases are the same."""
    key = await online(horde)
    async with working(horde, key) as jobs:
        answer = await horde.client.post(f"{base}/generate", json={"prompt": "Once", "max_length": 64})
    assert answer.json() == {
        "results": [
            {"text": "there was a harbour.", "finish_reason": "stop", "prompt_tokens": 1, "completion_tokens": 5}
        ]
    }
    assert jobs[0]["payload"]["prompt"] == "Once" and jobs[0]["payload"]["max_length"] == 64
    assert answer.headers["horde-request"]


async def test_several_texts_of_one_prompt(horde: Horde) -> None:
    """§3.2: a result for each."""
    key = (await horde.account("owner", kudos=1000)).api_key
    await horde.texts.pop(key)
    async with working(horde, key, jobs_wanted=2):
        answer = await horde.client.post(GENERATE, json={"prompt": "Once", "n": 2})
    assert [each["text"] for each in answer.json()["results"]] == ["there was a harbour."] * 2


@pytest.mark.parametrize("n", [1, 2])
async def test_figures_and_the_end_are_the_workers_however_many_texts(horde: Horde, n: int) -> None:
    """§3.2: and each text counts among those of this process."""
    key = (await horde.account("owner", kudos=1000)).api_key
    await horde.texts.pop(key)
    told = {"tokens": 7, "finish_reason": "length", "usage": {"prompt_tokens": 3, "completion_tokens": 7}}
    async with working(horde, key, jobs_wanted=n, generation="There was a harbour.", **told):
        answer = await horde.client.post(GENERATE, json={"prompt": "Once upon", "n": n})
    figures = {"finish_reason": "length", "prompt_tokens": 3, "completion_tokens": 7}
    assert answer.json()["results"] == [{"text": "There was a harbour.", **figures}] * n
    done = (await horde.client.get("/api/extra/perf")).json()
    assert (done["total_gens"], done["last_token_count"]) == (n, 7 * n)


async def test_a_stream(horde: Horde) -> None:
    """§3.1: a token for each piece, and why it ended."""
    key = await online(horde)
    async with working(horde, key):
        answer = await horde.client.post(STREAM, json={"prompt": "Once"})
    told = events(answer)
    assert "".join(each["token"] for each in told) == "there was a harbour."
    assert [each["finish_reason"] for each in told] == [None] * (len(told) - 1) + ["stop"]
    assert answer.headers["cache-control"].startswith("no-cache")


@pytest.mark.parametrize(("trims", "text"), [(False, "a harbour.STOP"), (True, "a harbour.")])
async def test_the_stop_string_stays_unless_it_is_to_go(horde: Horde, trims: bool, text: str) -> None:
    """§2.4: as the horde's contract has it."""
    key = await online(horde)
    for path in (GENERATE, STREAM):
        async with working(horde, key, generation="a harbour.STOP"):
            answer = await horde.client.post(
                path, json={"prompt": "Once", "stop_sequence": ["STOP"], "trim_stop": trims}
            )
        if path == STREAM:
            assert "".join(each["token"] for each in events(answer)) == text
        else:
            assert answer.json()["results"][0]["text"] == text


async def test_thoughts_are_not_told_apart(horde: Horde) -> None:
    """§3.1: a prompt goes as it is, and so does what is written after it."""
    key = await online(horde)
    async with working(horde, key, generation="<think>hm</think> Yes"):
        answer = await horde.client.post(GENERATE, json={"prompt": "Once"})
    assert answer.json()["results"][0]["text"] == "<think>hm</think> Yes"


async def test_a_memory_stands_before_the_prompt(horde: Horde) -> None:
    """§2.3: in the prompt itself."""
    key = await online(horde)
    async with working(horde, key) as jobs:
        await horde.client.post(GENERATE, json={"prompt": "Once", "memory": "A tale. "})
    assert jobs[0]["payload"]["prompt"] == "A tale. Once"


async def test_pictures_go_to_a_worker_that_sees(horde: Horde) -> None:
    """§2.6: while nobody does, they are refused."""
    picture = base64.b64encode(horde.picture()).decode()
    key = await online(horde)
    answer = await horde.client.post(GENERATE, json={"prompt": "It shows", "images": [picture]})
    assert answer.status_code == 400 and "cannot see pictures" in answer.json()["detail"]["msg"]
    offer = {"vision": True, "chat": True}
    await horde.texts.pop(key, "seer", **offer)
    call = await asking(horde, images=[picture])
    job = await horde.texts.job(key, "seer", **offer)
    await horde.texts.submit(key, job["id"], generation=" a boat")
    assert (await call).json()["results"][0]["text"] == " a boat"
    assert job["payload"]["prompt"] == "Once"
    assert [part["type"] for part in job["payload"]["messages"][0]["content"]] == ["text", "image_url"]


@pytest.mark.parametrize("genkey", ["KCPP1234", ""])
async def test_an_abort_ends_the_call_with_what_there_is(horde: Horde, genkey: str) -> None:
    """§3.4: the request is cancelled, and the call answers; by its name, or as the caller's own."""
    await online(horde)
    for path in (GENERATE, STREAM):
        call = await asking(horde, path, genkey=genkey)
        answer = await horde.client.post(ABORT, json={"genkey": genkey} if genkey else {})
        assert answer.json() == {"success": "true", "done": "true"}
        ended = await asyncio.wait_for(call, 10)
        if path == STREAM:
            assert events(ended) == [{"token": "", "finish_reason": "stop"}]
        else:
            assert ended.json()["results"][0]["text"] == ""
    assert await horde.sql("SELECT DISTINCT waiting FROM request") == [(0,)]


@pytest.mark.parametrize("path", [GENERATE, STREAM])
async def test_a_request_that_is_cancelled_elsewhere_ends_its_call_too(horde: Horde, path: str) -> None:
    """§3.4: as an abort does that came to another process."""
    await online(horde)
    call = await asking(horde, path)
    ((request_id,),) = await horde.sql("SELECT id::text FROM request")
    await horde.texts.cancel(request_id)
    ended = await asyncio.wait_for(call, 10)
    if path == STREAM:
        assert events(ended) == [{"token": "", "finish_reason": "stop"}]
    else:
        assert (ended.status_code, ended.json()["results"][0]["text"]) == (200, "")


@pytest.mark.parametrize("path", [GENERATE, STREAM])
@pytest.mark.parametrize("n", [1, 2])
async def test_a_request_that_expires_is_no_empty_text(horde: Horde, path: str, n: int) -> None:
    """gateway.md §1.6: nobody has stopped it."""
    key = (await horde.account("asker", kudos=1000)).api_key
    await online(horde)
    call = await asking(horde, path, key, n=n)
    await horde.sql("UPDATE request SET expires_at = now()")
    ended = await asyncio.wait_for(call, 20)
    if path == STREAM:
        assert [each["finish_reason"] for each in events(ended)] == ["error"]
    else:
        assert (ended.status_code, ended.json()["detail"]["type"]) == (502, "cancelled")


async def test_nothing_is_aborted_twice_or_of_others(horde: Horde) -> None:
    """§3.4, §3.5: of another account, another household, another name."""
    await online(horde)
    ada, bob = [(await horde.account(name)).api_key for name in ("ada", "bob")]
    call = await asking(horde, key=ada, genkey="KCPP0001")
    nothing = {"success": "false", "done": "false"}

    async def abort(key: str, genkey: str) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        answer = await horde.client.post(ABORT, json={"genkey": genkey}, headers=headers)
        return dict(answer.json())

    assert await abort(bob, "KCPP0001") == nothing
    assert await abort("", "KCPP0001") == nothing
    assert await abort(ada, "KCPP0002") == nothing
    assert not call.done()
    assert await abort(ada, "KCPP0001") != nothing
    await asyncio.wait_for(call, 10)
    assert await abort(ada, "KCPP0001") == nothing


async def test_anonymous_is_everybody_and_each_household_has_its_own(horde: Horde) -> None:
    """§3.5: who asks without a key, from another address."""
    await online(horde)
    call = await asking(horde, genkey="KCPP0001")
    neighbour = horde.client_at("192.0.2.7")
    answer = await neighbour.post(ABORT, json={"genkey": "KCPP0001"})
    assert answer.json()["success"] == "false"
    assert (await horde.client.post(ABORT, json={})).json()["success"] == "true"
    await asyncio.wait_for(call, 10)


async def test_what_is_not_written_yet_is_nothing(horde: Horde) -> None:
    """§3.6: an empty text, also where nothing runs or two could be meant."""
    nothing = {"results": [{"text": ""}]}
    assert (await horde.client.get(CHECK)).json() == nothing
    await online(horde)
    calls = [await asking(horde, genkey="one"), await asking(horde, genkey="two")]
    assert (await horde.client.get(CHECK)).json() == nothing
    assert (await horde.client.post(CHECK, json={"genkey": "one"})).json() == nothing
    await horde.client.post(ABORT, json={})
    await asyncio.wait_for(asyncio.gather(*calls), 10)


async def test_what_programs_ask_before_they_write(horde: Horde) -> None:
    """§1: under both bases."""
    await online(horde, max_length=300, max_context_length=4096)
    for base in ("/api/v1", "/api/latest"):
        for path, told in {
            "model": {"result": TEXT_MODEL},
            "info/version": {"result": "1.2.5"},
            "config/max_length": {"value": 300},
            "config/max_context_length": {"value": 4096},
            "config/soft_prompts_list": {"values": []},
            "config/soft_prompt": {"value": ""},
        }.items():
            assert (await horde.client.get(f"{base}/{path}")).json() == told
        assert (await horde.client.put(f"{base}/config/max_length", json={"value": 80})).json() == {}
        assert (await horde.client.put(f"{base}/model", json={"model": "x"})).status_code == 404
    version = (await horde.client.get("/api/extra/version")).json()
    assert (version["result"], version["llm"], version["txt2img"]) == ("KoboldCpp", True, False)
    assert (await horde.client.get("/api/extra/true_max_context_length")).json() == {"value": 4096}
    assert (await horde.client.get("/api/extra/preloadstory")).json() == {}
    counted = await horde.client.post("/api/extra/tokencount", json={"prompt": "12345"})
    assert counted.json() == {"value": 2, "ids": []}


async def test_without_workers_there_is_something_to_show(horde: Horde) -> None:
    """§1: "ReadOnly" would mean to SillyTavern that nobody is there."""
    assert (await horde.client.get("/api/v1/model")).json() == {"result": "horde/any-text"}
    assert (await horde.client.get("/api/v1/config/max_context_length")).json()["value"] > 0


async def test_a_model_of_another_program_is_told_as_koboldcpps(horde: Horde) -> None:
    """§1.1: with the program in front that clients look for."""
    await online(horde, models=["aphrodite/mistralai/Mistral-Nemo"])
    told = (await horde.client.get("/api/v1/model")).json()
    assert told == {"result": "koboldcpp/aphrodite/mistralai/Mistral-Nemo"}


async def test_figures_of_this_process(horde: Horde) -> None:
    """§1.4: before, while and after something is written."""
    key = await online(horde)
    assert (await horde.client.get("/api/extra/perf")).json()["idle"] == 1
    call = await asking(horde, genkey="one")
    busy = (await horde.client.get("/api/extra/perf")).json()
    assert (busy["idle"], busy["queue"], busy["total_gens"]) == (0, 1, 0)
    async with working(horde, key):
        await asyncio.wait_for(call, 10)
    done = (await horde.client.get("/api/extra/perf")).json()
    assert (done["idle"], done["queue"], done["total_gens"], done["last_token_count"]) == (1, 0, 1, 5)


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/config/nothing", "/api/v1/models", "/api/extra/nothing"])
async def test_what_is_not_there_is_404_in_the_dialects_shape(horde: Horde, path: str) -> None:
    """§4.1: whatever stands at its end."""
    answer = await horde.client.get(path)
    assert answer.status_code == 404
    assert set(answer.json()["detail"]) == {"msg", "type"}


@pytest.mark.parametrize("name", ["last_logprobs", "detokenize", "json_to_grammar", "embeddings", "tts", "websearch"])
async def test_what_koboldcpp_has_and_no_horde(horde: Horde, name: str) -> None:
    """§1.5: programs then do without."""
    answer = await horde.client.post(f"/api/extra/{name}", json={})
    assert (answer.status_code, answer.json()["detail"]["type"]) == (404, "not_found")


async def test_a_wrong_key_is_401(horde: Horde) -> None:
    """§4.1: for lists too, as programs test their key there."""
    headers = {"Authorization": "Bearer nobody-has-this-key-00"}
    for answer in (
        await horde.client.get("/api/v1/model", headers=headers),
        await horde.client.post(GENERATE, json={"prompt": "x"}, headers=headers),
        await horde.client.post(ABORT, json={}, headers=headers),
    ):
        assert answer.status_code == 401
        assert answer.json()["detail"]["msg"]


async def test_wrong_bodies(horde: Horde) -> None:
    """§4.1: 400 with the reason."""
    for path in (GENERATE, STREAM, CHECK, ABORT, "/api/extra/tokencount"):
        answer = await horde.client.post(path, content=b"[1, 2")
        assert (answer.status_code, set(answer.json())) == (400, {"detail"})
    answer = await horde.client.post(GENERATE, json={"prompt": "x", "genkey": "x" * 65})
    assert answer.status_code == 400 and "genkey" in answer.json()["detail"]["msg"]


async def test_in_silence_a_comment_is_sent(start_horde: StartHorde) -> None:
    """§3.7: one line, which is no event."""
    horde = await start_horde(sse_keepalive_s=1)
    key = await online(horde)
    call = await asking(horde, STREAM)
    await asyncio.sleep(1.3)
    job = await horde.until(partial(_job, horde, key, "scribe"), "a job")
    await horde.texts.submit(key, job["id"])
    answer = await call
    assert answer.content.startswith(b": ka\nevent: message\n")
    assert "".join(each["token"] for each in events(answer)) == "there was a harbour."


async def test_a_failure_after_the_start_is_the_last_event(horde: Horde) -> None:
    """§3.3: three workers failed."""
    key = await online(horde)
    call = await asking(horde, STREAM)
    for name in ("one", "two", "three"):
        job = await horde.until(partial(_job, horde, key, name), "a job")
        await horde.texts.submit(key, job["id"], state="faulted", generation="")
    last = events(await call)[-1]
    assert (last["finish_reason"], last["token"]) == ("error", "") and last["error"]["msg"]


async def _job(horde: Horde, key: str, name: str) -> dict[str, Any] | None:
    popped = await horde.texts.pop(key, name)
    return popped if popped["id"] else None
