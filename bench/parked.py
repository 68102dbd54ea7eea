"""What parked waits and open event streams cost at one process, in memory and per second: so many checks held back
(`Prefer: wait`), then so many streams (`generate/events/{id}`) beside them.

    .venv/bin/python bench/parked.py --waits 5000 --streams 1000

Then all are answered by one cancelled request each hundred, as news comes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from measured_horde import ROOT, cpu_time

sys.path.insert(0, str(ROOT / "tests"))

from horde_processes import RunningHorde, running_horde

ANONYMOUS = "0000000000"
WAIT_S = 50
REST_S = 10.0
WAITS_PER_REQUEST = 100
AT_ONCE = 50


def main() -> int:
    """Park, rest, wake, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--waits", type=int, default=5000, help="how many wait at once")
    parser.add_argument("--streams", type=int, default=1000, help="how many streams are open beside them")
    asked = parser.parse_args()
    waits, streams = asked.waits, asked.streams
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with (
        tempfile.TemporaryDirectory(prefix="horde-bench-") as folder,
        running_horde(
            "serve",
            Path(folder),
            HORDE_RATE_LIMITS="0",
            HORDE_STREAMS_PER_ADDRESS="10000",
            HORDE_MAX_CONNECTIONS=str(waits + streams + 100),
            HORDE_MAX_CONNECTIONS_PER_ADDRESS=str(waits + streams + 100),
        ) as horde,
    ):
        asyncio.run(_measure(horde, waits, streams))
    return 0


async def _measure(horde: RunningHorde, waits: int, streams: int) -> None:
    asked = [_ask(horde) for _ in range(-(-max(waits, streams) // WAITS_PER_REQUEST))]
    print(f"memory of the server: {_memory_mb(horde.pid):.0f} MB")
    checks = await _opened(horde, asked, waits, _wait)
    rest_s = await _at_rest(horde)
    print(
        f"with {waits} waits {_memory_mb(horde.pid):.0f} MB, {rest_s * 1000 / max(waits, 1):.4f} ms a wait and second"
    )
    follows = await _opened(horde, asked, streams, _follow)
    more_s = await _at_rest(horde) - rest_s
    of_each_ms = more_s * 1000 / max(streams, 1)
    print(f"and {streams} streams {_memory_mb(horde.pid):.0f} MB, {of_each_ms:.4f} ms a stream and second")
    began = time.perf_counter()
    for request_id in asked:
        horde.api(f"generate/status/{request_id}", method="DELETE", key=ANONYMOUS)
    answers = await asyncio.gather(*checks, *follows)
    print(f"all told within {time.perf_counter() - began:.2f} s; answers: {sorted(set(answers))}")


Hold = Callable[[str, str, asyncio.Semaphore, asyncio.Semaphore], Coroutine[Any, Any, str]]


async def _opened(horde: RunningHorde, asked: list[str], count: int, hold: Hold) -> list[asyncio.Task[str]]:
    """So many answers that are held open, a moment after the last was asked for."""
    gate, sent = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(0)
    calls = [asyncio.create_task(hold(horde.url, asked[number % len(asked)], gate, sent)) for number in range(count)]
    for _ in calls:
        await sent.acquire()
    await asyncio.sleep(2)
    return calls


async def _at_rest(horde: RunningHorde) -> float:
    """Processor seconds of the server a second, while nothing happens."""
    before, began = cpu_time(horde.pid), time.perf_counter()
    await asyncio.sleep(REST_S)
    return (cpu_time(horde.pid) - before).server_s / (time.perf_counter() - began)


def _ask(horde: RunningHorde) -> str:
    status, answer = horde.api("generate/async", {"prompt": "a lighthouse", "models": ["none"]}, key=ANONYMOUS)
    assert status == 202, answer
    return str(answer["id"])


async def _wait(url: str, request_id: str, gate: asyncio.Semaphore, sent: asyncio.Semaphore) -> str:
    head, body = await _asked(url, f"generate/check/{request_id}?wait={WAIT_S}", gate, sent)
    return f"{head.split()[1].decode()} done={json.loads(body).get('done')}"


async def _follow(url: str, request_id: str, gate: asyncio.Semaphore, sent: asyncio.Semaphore) -> str:
    head, body = await _asked(url, f"generate/events/{request_id}", gate, sent)
    return f"{head.split()[1].decode()} {'ended' if b'event: end' in body else 'broken'}"


async def _asked(url: str, path: str, gate: asyncio.Semaphore, sent: asyncio.Semaphore) -> tuple[bytes, bytes]:
    """Head and body of an answer, once it is whole."""
    place = urlsplit(url)
    async with gate:
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        writer.write(f"GET /api/v2/{path} HTTP/1.1\r\nHost: horde\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        sent.release()
    raw = await reader.read()
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    head, _, body = raw.partition(b"\r\n\r\n")
    return head, body


def _memory_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


if __name__ == "__main__":
    sys.exit(main())
