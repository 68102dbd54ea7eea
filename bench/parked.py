"""What parked waits cost: so many status requests held back (`Prefer: wait`) at one process, in memory and per second.

    .venv/bin/python bench/parked.py --waits 5000

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
from pathlib import Path
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
    waits = parser.parse_args().waits
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with (
        tempfile.TemporaryDirectory(prefix="horde-bench-") as folder,
        running_horde(
            "serve",
            Path(folder),
            HORDE_RATE_LIMITS="0",
            HORDE_MAX_CONNECTIONS=str(waits + 100),
            HORDE_MAX_CONNECTIONS_PER_ADDRESS=str(waits + 100),
        ) as horde,
    ):
        asyncio.run(_measure(horde, waits))
    return 0


async def _measure(horde: RunningHorde, waits: int) -> None:
    asked = [_ask(horde) for _ in range(-(-waits // WAITS_PER_REQUEST))]
    before_mb = _memory_mb(horde.pid)
    gate = asyncio.Semaphore(AT_ONCE)
    sent = asyncio.Semaphore(0)
    calls = [asyncio.create_task(_wait(horde.url, asked[number % len(asked)], gate, sent)) for number in range(waits)]
    for _ in calls:
        await sent.acquire()
    await asyncio.sleep(2)
    parked_mb = _memory_mb(horde.pid)
    before, began = cpu_time(horde.pid), time.perf_counter()
    await asyncio.sleep(REST_S)
    rest = cpu_time(horde.pid) - before
    seconds = time.perf_counter() - began
    print(f"memory of the server: {before_mb:.0f} MB, with {waits} waits {parked_mb:.0f} MB")
    print(f"processor: {rest.server_s * 1000 / seconds / waits:.4f} ms a wait and second")
    began = time.perf_counter()
    for request_id in asked:
        horde.api(f"generate/status/{request_id}", method="DELETE", key=ANONYMOUS)
    statuses = await asyncio.gather(*calls)
    print(f"all told within {time.perf_counter() - began:.2f} s; answers: {sorted(set(statuses))}")


def _ask(horde: RunningHorde) -> str:
    status, answer = horde.api("generate/async", {"prompt": "a lighthouse", "models": ["none"]}, key=ANONYMOUS)
    assert status == 202, answer
    return str(answer["id"])


async def _wait(url: str, request_id: str, gate: asyncio.Semaphore, sent: asyncio.Semaphore) -> str:
    place = urlsplit(url)
    async with gate:
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        path = f"/api/v2/generate/check/{request_id}?wait={WAIT_S}"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: horde\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        sent.release()
    raw = await reader.read()
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    head, _, body = raw.partition(b"\r\n\r\n")
    return f"{head.split()[1].decode()} done={json.loads(body).get('done')}"


def _memory_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


if __name__ == "__main__":
    sys.exit(main())
