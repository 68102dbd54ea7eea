"""What is measured: each group leaves the queue to the next, which sets it as it needs it.

`TARGETS_MS` are processor milliseconds of server and database together that an operation may cost at most.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from load import FORMS, OTHERS, PICTURES, SERVED, TEXTS, UPLOADED_PICTURES, Job, Kind, Load
from measured_horde import Measurement, cpu_time, measuring
from prompt_filters import made_up_filters

TARGETS_MS = {
    "check": 0.25,
    "lifecycle": 6.0,
    "lifecycle-alchemy": 6.0,
    "lifecycle-text": 6.0,
    "lifecycle-upload": 4.0,
    "pop-empty-100": 0.5,
    "pop-empty-1000": 0.5,
    "pop-empty-10000": 0.5,
    "stream-piece": 0.4,
    "submit-async": 2.0,
    "async-filtered": 2.0,
}
LIFECYCLE_REQUESTORS = 16
LIFECYCLE_WARM_UP_S = 2.0
POLL_S = 1.0
IDLE_S = 0.1
_POP_LIMIT_S = 60
_STREAMS = 30
_PIECE_INTERVAL_S = 0.06
_MOST_HELD = 1000
"""Jobs that all workers here may hold at a time."""


@dataclass(frozen=True)
class Bench:
    """The horde under load, and how much of it."""

    load: Load
    pid: int
    seconds: float
    jobs: int


async def check(bench: Bench) -> list[Measurement]:
    """`GET generate/check` of distinct waiting requests."""
    await bench.load.have_waiting(500)
    ids = itertools.cycle(bench.load.waiting)
    with measuring(bench.pid, "check") as result:

        async def one(_: int) -> None:
            await bench.load.call("GET", f"generate/check/{next(ids)}", into=result)

        await bench.load.press(bench.seconds, one)
    return [result]


async def jobs(bench: Bench) -> list[Measurement]:
    """Pops that find a job, their submits, and one `GET generate/status` of each finished request."""
    load = bench.load
    await load.have_waiting(100)
    asked: list[str] = []
    popped: list[tuple[dict[str, Any], Job]] = []

    async def ask(_: int) -> None:
        asked.append(await load.ask(SERVED))

    await load.each(range(bench.jobs), ask)
    await load.settle()
    with measuring(bench.pid, "pop-job") as pop:

        async def take(number: int) -> None:
            worker = load.workers[number % len(load.workers)]
            while (job := await load.pop(worker, into=pop)) is None:
                await asyncio.sleep(IDLE_S)  # other pops held what this one was offered
            popped.append((worker, job))

        async with asyncio.timeout(_POP_LIMIT_S):
            await load.each(range(bench.jobs), take)
        pop.count = len(popped)
    with measuring(bench.pid, "submit") as submit:

        async def hand_in(held: tuple[dict[str, Any], Job]) -> None:
            await load.submit(*held, into=submit)

        await load.each(popped, hand_in)
    await load.settle()
    with measuring(bench.pid, "status") as status:

        async def collect(request_id: str) -> None:
            await load.call("GET", f"generate/status/{request_id}", into=status)

        await load.each(asked, collect)
    return [pop, submit, status]


async def upload(bench: Bench) -> list[Measurement]:
    """`PUT` of a small picture to the address of a job, each job's once; as many as the workers may hold."""
    load = bench.load
    await load.have_waiting(0)
    popped: list[tuple[dict[str, Any], Job]] = []

    async def take(number: int) -> None:
        worker = load.workers[number % len(load.workers)]
        await load.ask(SERVED, kind=UPLOADED_PICTURES)
        while (job := await load.pop(worker, kind=UPLOADED_PICTURES)) is None:
            await asyncio.sleep(IDLE_S)
        popped.append((worker, job))

    async with asyncio.timeout(_POP_LIMIT_S):
        await load.each(range(min(bench.jobs, _MOST_HELD)), take)
    await load.settle()
    with measuring(bench.pid, "upload") as result:

        async def put(held: tuple[dict[str, Any], Job]) -> None:
            await load.upload(str(held[1].upload_url), into=result)

        await load.each(popped, put)
    for worker, job in popped:
        await load.submit(worker, job, kind=UPLOADED_PICTURES)
    return [result]


def empty_pop(waiting: int) -> Callable[[Bench], Awaitable[list[Measurement]]]:
    """Pops that find nothing while so many requests wait for other models."""

    async def measure(bench: Bench) -> list[Measurement]:
        await bench.load.have_waiting(waiting)
        for worker in bench.load.workers:  # known and checked in, as nearly always
            await bench.load.pop(worker)
        with measuring(bench.pid, f"pop-empty-{waiting}") as result:

            async def one(number: int) -> None:
                await bench.load.pop(bench.load.workers[number % len(bench.load.workers)], into=result)

            await bench.load.press(bench.seconds, one)
        return [result]

    return measure


def submit_async(name: str, filters: int = 0) -> Callable[[Bench], Awaitable[list[Measurement]]]:
    """`POST generate/async`, held against so many filters of prompts."""

    async def measure(bench: Bench) -> list[Measurement]:
        load = bench.load
        for row in made_up_filters(filters):
            await load.call("PUT", "filters", load.moderator, {"regex": row.regex, "filter_type": row.filter_type})
        await load.have_waiting(1000)
        with measuring(bench.pid, name) as result:

            async def one(number: int) -> None:
                load.waiting.append(await load.ask(OTHERS[number % len(OTHERS)], into=result))

            await load.press(bench.seconds, one)
        return [result]

    return measure


def lifecycle(name: str, kind: Kind) -> Callable[[Bench], Awaitable[list[Measurement]]]:
    """Requestors ask for 1 to 4 jobs, look each second and collect; workers pop and submit. Counted are jobs."""

    async def measure(bench: Bench) -> list[Measurement]:
        load = bench.load
        await load.have_waiting(0)
        stop = asyncio.Event()
        result = Measurement(name)
        submitted = 0

        async def request(number: int) -> None:
            for turn in itertools.count(number):
                began = time.perf_counter()
                request_id = await load.ask(kind.served, jobs=1 + turn % 4, kind=kind)
                done = False
                while not done:
                    await asyncio.sleep(POLL_S)
                    done = kind.is_done(await load.call("GET", f"{kind.check}/{request_id}"))
                await load.call("GET", f"{kind.root}/status/{request_id}")
                result.latencies_s.append(time.perf_counter() - began)
                if stop.is_set():
                    return

        async def work(worker: dict[str, Any]) -> None:
            nonlocal submitted
            while True:
                if job := await load.pop(worker, kind=kind):
                    if job.upload_url:
                        await load.upload(job.upload_url)
                    await load.submit(worker, job, kind=kind)
                    submitted += 1
                else:
                    await asyncio.sleep(IDLE_S)

        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(work(worker)) for worker in load.workers]
            requestors = [group.create_task(request(number)) for number in range(LIFECYCLE_REQUESTORS)]
            await asyncio.sleep(LIFECYCLE_WARM_UP_S)
            began, before, submitted = time.perf_counter(), cpu_time(bench.pid), 0
            result.latencies_s.clear()
            await asyncio.sleep(max(bench.seconds * 2, 2 * POLL_S))
            result.cpu, result.count = cpu_time(bench.pid) - before, submitted
            result.seconds = time.perf_counter() - began
            stop.set()
            await asyncio.wait(requestors)
            for task in workers:
                task.cancel()
        return [result]

    return measure


async def chat(bench: Bench) -> list[Measurement]:
    """`POST /v1/chat/completions` without streaming, held until a worker has popped and submitted it: all of that."""
    load = bench.load
    await load.have_waiting(0)
    result = Measurement("chat")

    async def ask(number: int, until_s: float) -> None:
        while time.perf_counter() < until_s:
            await load.chat(number, into=result)

    async def work(worker: dict[str, Any]) -> None:
        while True:
            if job := await load.pop(worker, kind=TEXTS, wait_s=5):
                await load.submit(worker, job, kind=TEXTS)

    async with asyncio.TaskGroup() as group:
        workers = [group.create_task(work(worker)) for worker in load.workers]
        await asyncio.wait([group.create_task(ask(number, time.perf_counter() + 1)) for number in range(8)])
        result.latencies_s.clear()
        began, before = time.perf_counter(), cpu_time(bench.pid)
        until_s = began + bench.seconds
        await asyncio.wait([group.create_task(ask(number, until_s)) for number in range(LIFECYCLE_REQUESTORS)])
        result.cpu, result.count = cpu_time(bench.pid) - before, len(result.latencies_s)
        result.seconds = time.perf_counter() - began
        for task in workers:
            task.cancel()
    return [result]


async def stream_pieces(bench: Bench) -> list[Measurement]:
    """`POST generate/pieces` of as many jobs as one address may listen to, each with a listener that is told of it."""
    load = bench.load
    await load.have_waiting(0)
    texts = [await load.ask(TEXTS.served, kind=TEXTS) for _ in range(_STREAMS)]
    listeners = [asyncio.create_task(load.read_events(f"generate/text/events/{text}")) for text in texts]
    await load.settle()
    jobs: list[tuple[str, str]] = []
    while len(jobs) < _STREAMS:
        worker = load.workers[len(jobs) % len(load.workers)]
        offer = {"name": f"{worker['name']} text", **TEXTS.pop(), "threads": 50, "streams": True}
        popped = await load.call("POST", "generate/text/pop", worker["key"], offer)
        jobs += [(worker["key"], job_id) for job_id in popped["ids"]]
    with measuring(bench.pid, "stream-piece") as result:

        async def write(key: str, job_id: str) -> None:
            end, at, due = time.perf_counter() + bench.seconds, 0, time.perf_counter()
            while due < end:
                text = f"word {at} "
                piece = {"seq": at, "at": at, "text": text}
                await load.call("POST", f"generate/pieces/{job_id}", key, piece, into=result)
                at += len(text)
                due = max(due + _PIECE_INTERVAL_S, time.perf_counter())
                await asyncio.sleep(due - time.perf_counter())

        await asyncio.gather(*(write(*job) for job in jobs))
    for text in texts:
        await load.call("DELETE", f"generate/text/status/{text}")
    for key, job_id in jobs:
        stopped = {"id": job_id, "generation": "", "state": "cancelled"}
        await load.call("POST", "generate/text/submit", key, stopped)
    await asyncio.gather(*listeners)
    return [result]


# Names of the results of each group; the order keeps the refilling of the queue short.
GROUPS: dict[tuple[str, ...], Callable[[Bench], Awaitable[list[Measurement]]]] = {
    ("lifecycle",): lifecycle("lifecycle", PICTURES),
    ("lifecycle-upload",): lifecycle("lifecycle-upload", UPLOADED_PICTURES),
    ("lifecycle-text",): lifecycle("lifecycle-text", TEXTS),
    ("lifecycle-alchemy",): lifecycle("lifecycle-alchemy", FORMS),
    ("chat",): chat,
    ("check",): check,
    ("stream-piece",): stream_pieces,
    ("pop-job", "submit", "status"): jobs,
    ("upload",): upload,
    ("pop-empty-100",): empty_pop(100),
    ("pop-empty-1000",): empty_pop(1000),
    ("submit-async",): submit_async("submit-async"),
    ("pop-empty-10000",): empty_pop(10_000),
    ("async-filtered",): submit_async("async-filtered", filters=500),  # which stay: the last
}
NAMES = [name for group in GROUPS for name in group]
