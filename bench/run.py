"""The project's own load over the operations of design §6: CPU milliseconds per operation of server and database.

`make bench` (or `python bench/run.py --help`). What counts is CPU time, not how long something takes: the load runs on
the same machine. The figures in docs/performance.md come from an otherwise idle one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

from measured_horde import MeasuredHorde, measured_horde
from operations import Load, load_on, many

OWN_CONCURRENCY = 450
"""Open images of the load's account at a time: below its limit of 500."""


@dataclass(frozen=True, slots=True)
class Figure:
    """CPU milliseconds per operation; `at_most_ms` and `stretch_ms` are those of the design."""

    operation: str
    count: int
    server_ms: float
    database_ms: float
    at_most_ms: float | None = None
    stretch_ms: float | None = None

    @property
    def total_ms(self) -> float:
        """Of all server-side processes."""
        return self.server_ms + self.database_ms


async def measure(horde: MeasuredHorde, operation: str, count: int, work: Awaitable[None], *limits: float) -> Figure:
    """Do the work and see what it cost."""
    before = horde.cpu_time()
    await work
    await asyncio.sleep(0.1)  # what was put off (folding, notices) belongs to it
    used = horde.cpu_time() - before
    return Figure(operation, count, 1000 * used.server_s / count, 1000 * used.database_s / count, *limits)


async def asking(horde: MeasuredHorde, load: Load, scale: float) -> list[Figure]:
    """`async`, `check` and `status` of distinct requests, then their removal."""
    count = min(int(400 * scale), OWN_CONCURRENCY)
    ids: list[str] = []

    async def ask(number: int) -> None:
        ids.append(await load.ask())

    async def check(number: int) -> None:
        await load.call("GET", f"generate/check/{ids[number % len(ids)]}")

    async def status(number: int) -> None:
        await load.call("GET", f"generate/status/{ids[number % len(ids)]}")

    async def cancel(number: int) -> None:
        await load.call("DELETE", f"generate/status/{ids[number]}")

    figures = [await measure(horde, "POST generate/async", count, many(count, ask), 2, 1.2)]
    checks = int(6000 * scale)
    figures.append(await measure(horde, "GET generate/check", checks, many(checks, check), 0.25, 0.12))
    figures.append(await measure(horde, "GET generate/status", count, many(count, status)))
    await many(count, cancel)
    return figures


async def serving(horde: MeasuredHorde, load: Load, scale: float) -> list[Figure]:
    """Pops that get a job, and submits."""
    count = min(int(400 * scale), OWN_CONCURRENCY)
    jobs: list[tuple[int, str]] = []

    async def ask(_: int) -> None:
        await load.ask()

    async def pop(number: int) -> None:
        jobs.extend((number % 16, job_id) for job_id in await load.pop(number % 16))

    async def submit(number: int) -> None:
        await load.submit(*jobs[number])

    await many(count, ask)
    return [
        await measure(horde, "POST generate/pop, with a job", count, many(count, pop)),
        await measure(horde, "POST generate/submit", count, many(count, submit)),
    ]


async def lives(horde: MeasuredHorde, load: Load, scale: float) -> list[Figure]:
    """Whole lives of image jobs: async, pop, submit, two checks and a status each."""
    count = int(400 * scale)

    async def live(number: int) -> None:
        request_id = await load.ask()
        await load.call("GET", f"generate/check/{request_id}")
        done = False
        while not done:
            for job_id in await load.pop(number % 16):
                await load.submit(number % 16, job_id)
            done = (await load.call("GET", f"generate/check/{request_id}"))["done"]
        await load.call("GET", f"generate/status/{request_id}")

    return [await measure(horde, "whole life of an image job", count, many(count, live), 6, 4)]


async def empty_pops(horde: MeasuredHorde, load: Load, scale: float) -> list[Figure]:
    """Pops that find nothing, while requests of other models wait."""
    figures = []
    waiting = 0
    pops = int(1500 * scale)

    async def pop(number: int) -> None:
        assert not await load.pop(number % 16)

    for size in (100, 1000, 10_000):
        # one image each by Anonymous, who is everybody: only requests for the same model count against its limit
        async def ask(number: int) -> None:
            await load.ask(f"bench model {number // 400}", key="0000000000")

        start, waiting = waiting, size
        await many(size - start, lambda number, start=start, ask=ask: ask(start + number))
        await many(32, pop)
        figures.append(await measure(horde, f"empty pop, {size} waiting", pops, many(pops, pop), 0.5, 0.3))
    return figures


OPERATIONS: dict[str, Callable[[MeasuredHorde, Load, float], Awaitable[list[Figure]]]] = {
    "ask": asking,
    "serve": serving,
    "lifecycle": lives,
    "empty-pop": empty_pops,
}


async def run(names: list[str], scale: float) -> tuple[list[Figure], float]:
    """Measure; the figures, and the server's memory in MB at the end."""
    figures: list[Figure] = []
    with measured_horde(HORDE_PROFILE="household") as horde:
        async with load_on(horde) as load:
            for number in range(16):
                await load.pop(number)  # workers are known before anything is measured
            for name in names:
                figures += await OPERATIONS[name](horde, load, scale)
        return figures, horde.memory_mb()


def table(figures: list[Figure], memory_mb: float) -> str:
    """The figures for people."""
    lines = [
        f"{'CPU ms per operation':34} {'server':>8} {'database':>9} {'both':>8}"
        f" {'at most':>8} {'stretch':>8} {'count':>7}"
    ]
    for one in figures:
        limits = [f"{limit:g}" if limit else "" for limit in (one.at_most_ms, one.stretch_ms)]
        lines.append(
            f"{one.operation:34} {one.server_ms:8.2f} {one.database_ms:9.2f} {one.total_ms:8.2f}"
            f" {limits[0]:>8} {limits[1]:>8} {one.count:7}"
        )
    return "\n".join([*lines, f"memory of the server process: {memory_mb:.0f} MB"])


def main() -> int:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--operations", nargs="+", choices=OPERATIONS, default=list(OPERATIONS))
    parser.add_argument("--scale", type=float, default=1.0, help="how many times as many operations (default 1)")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    arguments = parser.parse_args()
    figures, memory_mb = asyncio.run(run(arguments.operations, arguments.scale))
    if arguments.json:
        print(json.dumps({"figures": [asdict(figure) for figure in figures], "memory_mb": memory_mb}))
    else:
        print(table(figures, memory_mb))
    return 0


if __name__ == "__main__":
    sys.exit(main())
