"""What every real server of texts has to do: all parameters taken, stops kept, prompts cut, and kudos earned."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from contextlib import aclosing
from pathlib import Path
from typing import Any

from horde_processes import RunningHorde, call, running_horde, wait_until
from text_jobs import a_job, events_of, texts_of

from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.registry import open_backend
from horde_worker.backends.text import TextResult
from horde_worker.backends.text_servers.maker import TextServerMaker
from horde_worker.exit_codes import ExitCode
from horde_worker.hooks import Delivery, Hook, Job
from horde_worker.run import run_worker
from horde_worker.settings import OperatorWishes, WorkerSettings

LIMIT_S = 120.0
SAMPLERS: dict[str, Any] = {
    "temperature": 0.8, "top_k": 40, "top_a": 0.1, "top_p": 0.9, "min_p": 0.02, "tfs": 0.95, "typical": 0.9,
    "rep_pen": 1.2, "rep_pen_range": 64, "rep_pen_slope": 0.7, "sampler_order": (5, 6, 0, 1, 2, 3, 4),
    "smoothing_factor": 0.2, "dynatemp_range": 0.3, "dynatemp_exponent": 1.2,
}  # fmt: skip


async def opened(name: str, url: str, **options: Any) -> tuple[Any, TextServerMaker]:
    """A backend, and its maker of texts."""
    backend = await open_backend(BackendSettings(name, {"url": url, **options}))
    maker = backend.makers.text
    assert isinstance(maker, TextServerMaker)
    return backend, maker


async def try_all(name: str, url: str, *, program: str, may_ignore_end: bool, **options: Any) -> None:
    """Every promise of a backend that does not depend on what the model writes."""
    backend, maker = await opened(name, url, **options)
    try:
        assert maker._server.program == program
        assert maker.unready == ""
        await _takes_every_sampler(maker)
        await _keeps_stops(maker)
        await _writes_batches(maker)
        await _cuts_prompts(maker)
        await _stops_when_told(maker)
        if may_ignore_end:
            # The model ends every sixtieth token or so by itself: forty texts in a row without would be chance.
            lengths = {await _tokens(maker, seed) for seed in range(40)}
            assert lengths == {40}
    finally:
        await backend.close()


async def _takes_every_sampler(maker: TextServerMaker) -> None:
    """None is refused, alone or with the others, at either end of its bounds."""
    ends: dict[str, tuple[Any, ...]] = {
        "temperature": (0.0, 5.0), "top_k": (1, 200), "top_a": (1.0,), "top_p": (0.001,), "min_p": (1.0,),
        "tfs": (0.0,), "typical": (0.001,), "rep_pen": (3.0,), "smoothing_factor": (10.0,),
    }  # fmt: skip
    jobs = [a_job(sampling=SAMPLERS, max_length=8), a_job(max_length=8)]
    jobs += [a_job(sampling={one: SAMPLERS[one]}, max_length=8) for one in SAMPLERS]
    jobs += [a_job(sampling={one: value}, max_length=8) for one, values in ends.items() for value in values]
    jobs += [a_job(sampling={"rep_pen": 1.2, "rep_pen_range": length}, max_length=8) for length in (0, 4096, None)]
    jobs += [a_job(seeds=(seed,), max_length=8) for seed in (0, 2**31, 2**32 - 1)]
    for job in jobs:
        # One text may well be empty: the model likes to end. Two in a row would be a failure, and so a word after.
        texts = await texts_of(maker, job)
        maker._empty_in_a_row = 0
        assert len(texts) == 1


async def _keeps_stops(maker: TextServerMaker) -> None:
    """The text ends with the one that came first."""
    found = 0
    for seed in range(12):
        [text] = await texts_of(maker, a_job(seeds=(seed,), stop_sequences=("e", "at", "zzz")))
        maker._empty_in_a_row = 0
        if text.endswith(("e", "at")):
            found += 1
            assert "e" not in text[:-1] and "at" not in text[:-1]
    assert found >= 8


async def _writes_batches(maker: TextServerMaker) -> None:
    """Each text by its own seed; another seed makes another text."""
    texts = await texts_of(maker, a_job(seeds=(11, 12, 13, 14), may_end=False))
    assert len(set(texts)) >= 3


async def _cuts_prompts(maker: TextServerMaker) -> None:
    """One that is far too long, and one of nothing."""
    long = " ".join(f"the cat {place} went home" for place in range(3000))
    for prompt in (long, "", "ünïcödé 🐈 " * 400):
        job = a_job(prompt=prompt, max_context_length=maker.abilities.max_context_length, may_end=False)
        assert len(await texts_of(maker, job)) == 1
        maker._empty_in_a_row = 0


async def _stops_when_told(maker: TextServerMaker) -> None:
    """A text that is given up leaves the server free for the next one."""
    async with asyncio.timeout(LIMIT_S):
        async with aclosing(maker.make(a_job(max_length=400, may_end=False))) as events:
            await anext(events)
        assert maker._room.inside == 0
        await texts_of(maker, a_job())
        maker._empty_in_a_row = 0


async def _tokens(maker: TextServerMaker, seed: int) -> int:
    """How long a text is by the server's own count: a piece may be several tokens."""
    events = await events_of(maker, a_job(seeds=(seed,), may_end=False))
    [result] = [event for event in events if isinstance(event, TextResult)]
    return result.tokens


async def earn(name: str, url: str, folder: Path, **options: Any) -> float:
    """A request is written by the server through a real horde; the kudos that its owner is told for it."""
    with running_horde("serve", folder) as horde:
        owner = horde.create_user("owner")
        caller = horde.create_user("caller", kudos=1000)
        asked = {
            "prompt": "the cat went home and",
            "params": {"max_length": 32, "max_context_length": 512, "temperature": 0.9, "stop_sequence": ["zzz"]},
            "validated_backends": False,
        }
        status, answer = horde.api("generate/text/async", asked, key=caller["api_key"])
        assert status == 202, answer
        earned = _Earned()
        settings = WorkerSettings(
            horde_url=horde.url,
            api_key=owner["api_key"],
            wishes=OperatorWishes(name="a scribe"),
            backends=(BackendSettings(name, {"url": url, **options}),),
            jobs_wanted=1,
            hooks=(earned,),
        )
        async with asyncio.timeout(LIMIT_S):
            assert await run_worker(settings) is ExitCode.OK
        await asyncio.to_thread(_see_delivered, horde, answer["id"])
        return earned.kudos


class _Earned(Hook):
    """Adds up what the horde promises for each result."""

    kudos = 0.0

    async def on_delivered(self, job: Job, delivery: Delivery) -> None:
        self.kudos += delivery.kudos


def _see_delivered(horde: RunningHorde, request: str) -> None:
    status, found = horde.api(f"generate/text/status/{request}")
    assert status == 200
    [generation] = found["generations"]
    assert generation["state"] == "ok"
    assert generation["text"]
    assert generation["worker_name"] == "a scribe"


SCHEMA: dict[str, Any] = {
    "type": "object", "properties": {"raining": {"type": "boolean"}}, "required": ["raining"],
    "additionalProperties": False,
}  # fmt: skip
TOOL = {"type": "function", "function": {"name": "report_weather", "description": "Tell.", "parameters": SCHEMA}}


async def streamed(name: str, url: str, folder: Path, asked: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    """The chunks of a chat completion by a real horde whose one worker has the server."""
    with running_horde("serve", folder) as horde:
        owner = horde.create_user("owner")
        caller = horde.create_user("caller", kudos=1000)
        settings = WorkerSettings(
            horde_url=horde.url,
            api_key=owner["api_key"],
            wishes=OperatorWishes(name="a talker"),
            backends=(BackendSettings(name, {"url": url, **options}),),
            jobs_wanted=1,
        )
        async with asyncio.timeout(LIMIT_S):
            working = asyncio.create_task(run_worker(settings))
            body = {"stream": True, "max_tokens": 64, "messages": [{"role": "user", "content": "It rains."}], **asked}
            chunks = await asyncio.to_thread(_chunks_when_served, horde.url, body, caller["api_key"])
            assert await working is ExitCode.OK
        return chunks


def _chunks_when_served(horde_url: str, body: dict[str, Any], key: str) -> list[dict[str, Any]]:
    def served() -> str:
        status, found = call(f"{horde_url}/v1/models")
        time.sleep(0.5)  # it may be asked twice a second
        names = [one["id"] for one in found["data"] if not one["id"].startswith("horde/")] if status == 200 else []
        return str(names[0]) if names else ""

    model = wait_until(served, LIMIT_S, "a model is served")
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    request = urllib.request.Request(
        f"{horde_url}/v1/chat/completions", json.dumps(body | {"model": model}).encode(), headers
    )
    with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:
        lines = [line.decode().strip() for line in answer]
    assert lines[-1] == "data: [DONE]" or lines[-2] == "data: [DONE]"
    return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]


def content_of(chunks: list[dict[str, Any]]) -> str:
    """The text of a streamed answer."""
    return "".join(one["choices"][0]["delta"].get("content") or "" for one in chunks if one["choices"])
