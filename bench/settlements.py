"""Whether a busy account is a lock that everybody waits for: 200 results handed in at once, of one user or of 200.

Both in turn on one horde, several rounds; texts, whose settlement is all that a submit costs. In one kind of round one
account asked for everything and one owner made it; in the other 200 accounts asked for a text each, made by 200 owners.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from typing import Any

from load import TEXTS, Job, Load, load_on
from measured_horde import horde_to_measure

AT_ONCE = 200
MOST_TIMES = 1.5


async def round_of(load: Load, askers: list[str], workers: list[dict[str, Any]]) -> float:
    """Seconds from the first submit to the last answer."""

    async def ask(number: int) -> None:
        body = TEXTS.request(number, TEXTS.served, 1)
        await load.call("POST", f"{TEXTS.root}/async", askers[number % len(askers)], body)

    held: list[tuple[dict[str, Any], Job]] = []

    async def pop(number: int) -> None:
        worker = workers[number % len(workers)]
        while (job := await load.pop(worker, kind=TEXTS)) is None:
            pass
        held.append((worker, job))

    async def submit(one: tuple[dict[str, Any], Job]) -> None:
        await load.submit(*one, kind=TEXTS)

    load.connections = 16
    await load.each(range(AT_ONCE), ask)
    await load.each(range(AT_ONCE), pop)
    await load.settle()
    load.connections = AT_ONCE
    began = time.perf_counter()
    await load.each(held, submit)
    return time.perf_counter() - began


async def people(load: Load, count: int, **rights: bool) -> list[str]:
    """Keys of so many accounts."""
    keys: list[str] = []

    async def make(number: int) -> None:
        made = await load.make_account(f"{'owner' if rights else 'asker'}-{number}", **rights)
        await load.call("PUT", f"users/{made['user_id']}", load.moderator, {"concurrency": 500})
        keys.append(made["api_key"])

    await load.each(range(count), make)
    return keys


async def measure(rounds: int) -> float:
    """Print every round; the ratio of the medians."""
    found: dict[str, list[float]] = {"one user": [], f"{AT_ONCE} users": []}
    with horde_to_measure() as (url, _):
        async with load_on(url, 16) as load:
            askers = await people(load, AT_ONCE)
            workers = [
                {"key": key, "name": f"settles {number}"}
                for number, key in enumerate(await people(load, AT_ONCE, trusted=True))
            ]
            # as many workers as one owner may have; one alone holds no 200 jobs
            of_one = [{"key": workers[0]["key"], "name": f"settles as one {number}"} for number in range(10)]
            await round_of(load, askers, workers)  # warm
            await round_of(load, askers[:1], of_one)
            for _ in range(rounds):
                found["one user"].append(await round_of(load, askers[:1], of_one))
                found[f"{AT_ONCE} users"].append(await round_of(load, askers, workers))
    for name, seconds in found.items():
        print(f"{name:>10}: " + " ".join(f"{one * 1000:.0f}" for one in seconds), "ms")
    one, many = (statistics.median(seconds) for seconds in found.values())
    print(f"{AT_ONCE} settlements at once: {one * 1000:.0f} ms of one user, {many * 1000:.0f} ms of {AT_ONCE}")
    return one / many


def main() -> int:
    """1 where one user's take longer than they may."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    ratio = asyncio.run(measure(parser.parse_args().rounds))
    print(f"{ratio:.2f} times; at most {MOST_TIMES}")
    return int(ratio > MOST_TIMES)


if __name__ == "__main__":
    raise SystemExit(main())
