"""What telling of a text while it is written costs: speed, how soon its first token is told, and CPU.

`PYTHONPATH=worker/tests python bench/worker_streams.py` plays a program that writes at a pace, in a process of its own,
and a horde that takes pieces as it should, in another; between them is a worker as it is.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import multiprocessing
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Final

import aiohttp
import structlog
from aiohttp import web
from pieces_desk import Desk
from played_horde import PlayedHorde
from text_contracts.openai import VllmContract

from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.registry import open_backend
from horde_worker.horde_api import HordeApi
from horde_worker.kinds.text.kind import TextKind
from horde_worker.settings import OperatorWishes
from horde_worker.worker import Worker

TOKENS_PER_S: Final = 50.0
STREAM: Final = {"wanted": True, "interval_ms": 200, "max_bytes": 16384}


class Paced(VllmContract):
    """Writes a word at a pace, by the clock, and sends when it wrote the first and the last of a text."""

    def __init__(self, told: Connection) -> None:
        super().__init__()
        self.story = (" word",) * 1000
        self._told = told

    async def _paced(self, request: web.Request, lines: list[str]) -> AsyncIterator[str]:
        began = time.monotonic()
        for place, line in enumerate(lines):
            await asyncio.sleep(max(began + place / TOKENS_PER_S - time.monotonic(), 0))
            if place in (0, len(lines) - 4):
                self._told.send(("backend", place, time.monotonic()))
            yield line


class Told(PlayedHorde):
    """Hands out jobs at once, and sends when each piece and each result came."""

    def __init__(self, told: Connection, jobs: int, tokens: int, stream: dict[str, Any] | None) -> None:
        super().__init__()
        self.desk = TimedDesk(told)
        self._told = told
        extra = {} if stream is None else {"stream": stream}
        self.text_pop_script = [
            self.text_job(f"j{place}", model="author/Tiny-3B", payload={"max_length": tokens}, **extra)
            for place in range(jobs)
        ]

    async def _text_submit(self, request: web.Request) -> web.StreamResponse:
        answer = await self._answer(request, self.text_submits, await request.json(), [], {"reward": 2.5})
        self._told.send(("submit", 0, time.monotonic()))
        return answer


@dataclass
class TimedDesk(Desk):
    """Sends when a piece of a text came."""

    def __init__(self, told: Connection) -> None:
        super().__init__(interval_ms=200)
        self._told = told

    def take(self, job_id: str, body: dict[str, Any]) -> tuple[int, dict[str, Any], dict[str, str]]:
        self._told.send(("piece", body.get("at", -1), time.monotonic()))
        return super().take(job_id, body)


def play(make: Callable[[Connection], Any], told: Connection) -> None:
    """Serve until the process is ended."""

    async def serve() -> None:
        server = make(told)
        await server.open()
        told.send(server.url)
        await asyncio.Event().wait()

    asyncio.run(serve())


@dataclass(frozen=True)
class MakeHorde:
    """How the played horde is made in its process."""

    jobs: int
    tokens: int
    stream: dict[str, Any] | None

    def __call__(self, told: Connection) -> Told:
        return Told(told, self.jobs, self.tokens, self.stream)


@contextmanager
def played(make: Callable[[Connection], Any]) -> Iterator[tuple[str, Connection]]:
    """The address of a server in another process, and what it tells."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=play, args=(make, there), daemon=True)
    process.start()
    try:
        yield str(here.recv()), here
    finally:
        process.terminate()
        process.join()


@dataclass(frozen=True)
class Measured:
    """Of some texts: tokens a second by the worker, ms until the first is told, ms of CPU each, calls each."""

    tokens_per_s: float
    first_ms: float
    cpu_ms: float
    calls: float


async def work(horde_url: str, backend_url: str, jobs: int) -> float:
    """Seconds of CPU for so many jobs."""
    backend = await open_backend(BackendSettings("openai", {"url": backend_url}))
    maker = backend.makers.text
    assert maker is not None
    async with aiohttp.ClientSession() as session:
        kind = TextKind(HordeApi(session, horde_url, "the key"), "bench", maker, OperatorWishes("bench"))
        worker = Worker(kind, jobs_wanted=jobs, queue_size=0)
        began = time.process_time()
        await worker.run()
        spent = time.process_time() - began
    await backend.close()
    return spent


def measured(jobs: int, tokens: int, stream: dict[str, Any] | None) -> Measured:
    with played(MakeHorde(jobs, tokens, stream)) as (horde, heard), played(Paced) as (backend, written):
        cpu_s = asyncio.run(work(horde, backend, jobs))
        time.sleep(0.2)
        told = list(_all_of(heard))
        wrote = list(_all_of(written))[2:]  # the first text is the self-test's
    begun = [at for what, place, at in wrote if place == 0]
    submitted = [at for what, _, at in told if what == "submit"]
    first = [at for what, place, at in told if what == "piece" and place == 0]
    spans = [end - start for start, end in zip(begun[-jobs:], submitted, strict=True)]
    return Measured(
        tokens_per_s=tokens / statistics.median(spans),
        first_ms=statistics.median([(f - b) * 1000 for b, f in zip(begun[-jobs:], first, strict=False)] or [0.0]),
        cpu_ms=cpu_s / jobs * 1000,
        calls=sum(what == "piece" for what, _, _ in told) / jobs,
    )


def _all_of(connection: Connection) -> Iterator[tuple[str, int, float]]:
    while connection.poll():
        yield connection.recv()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=200)
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    print(f"Texts of {given.tokens} tokens by a program that writes {TOKENS_PER_S:.0f} a second.\n")
    print("| | tokens a second | first token told | CPU of a text | calls |\n|---|---|---|---|---|")
    for name, stream in (("not told of", None), ("told of", STREAM)):
        one = measured(given.jobs, given.tokens, stream)
        share = one.tokens_per_s / TOKENS_PER_S
        first = f"{one.first_ms:.1f} ms" if stream else "–"
        print(f"| {name} | {one.tokens_per_s:.1f} ({share:.1%}) | {first} | {one.cpu_ms:.1f} ms | {one.calls:.1f} |")


if __name__ == "__main__":
    main()
