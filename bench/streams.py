"""What streams cost: so many of them open, each fed by a worker that sends so many pieces a second.

    .venv/bin/python bench/streams.py --streams 200 --pieces 20
    .venv/bin/python bench/streams.py --nodes 2       # workers speak to one node, clients listen at the other
    .venv/bin/python bench/streams.py --open 1000     # what streams take in which nothing happens
    .venv/bin/python bench/streams.py --half-open 2000  # connections that never finish their request

The latency is from before a piece is sent until its text has been read by the client, in one clock; the reader and the
workers are one process beside the servers, whose own time is in it. Told beside it: a piece that is sent alone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from measured_horde import ROOT, cpu_time

sys.path.insert(0, str(ROOT / "tests"))

from horde_processes import RunningHorde, running_horde

from horde_server.database.embedded import running_dsn

MODEL = "koboldcpp/bench"
JOBS_OF_A_WORKER = 10
REQUESTS_OF_A_USER = 20
REST_S = 10.0
_AT_ONCE = 50


class Connection:
    """One to a server, kept alive: as little of ours as can be, as it runs beside what is measured."""

    def __init__(self, url: str, key: str) -> None:
        place = urlsplit(url)
        self._place = (place.hostname, place.port)
        self._key = key
        self.reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def open(self) -> Connection:
        """Connect."""
        self.reader, self._writer = await asyncio.open_connection(*self._place)
        return self

    def send(self, method: str, path: str, body: bytes = b"") -> None:
        """Send a request."""
        self._writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: horde\r\napikey: {self._key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send a request and read its answer."""
        self.send(method, path, json.dumps(body).encode() if body is not None else b"")
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        return int(head[9:12]), json.loads(await self.reader.readexactly(length))

    def close(self) -> None:
        """End it."""
        self._writer.close()


@dataclass
class Seen:
    """What was measured."""

    latencies_s: list[float] = field(default_factory=list)
    sent: int = 0
    refused: int = 0


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--pieces", type=float, default=20.0, help="a second, of each stream; 20 are the limit")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--nodes", type=int, choices=(1, 2), default=1)
    parser.add_argument("--open", type=int, help="only open so many streams, and look at the server")
    parser.add_argument("--half-open", type=int, help="only open so many connections that say half a request")
    arguments = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with nodes(arguments.nodes) as (clients, workers):
        if arguments.half_open:
            asyncio.run(half_open(clients, arguments.half_open))
        elif arguments.open:
            asyncio.run(only_open(clients, arguments.open))
        else:
            asyncio.run(streamed(clients, workers, arguments.streams, arguments.pieces, arguments.seconds))
    return 0


@contextmanager
def nodes(count: int) -> Iterator[tuple[RunningHorde, RunningHorde]]:
    """The node that clients listen at and that which workers speak to; with one they are the same."""
    settings: dict[str, Any] = {
        "HORDE_RATE_LIMITS": "0", "HORDE_STREAMS_PER_ADDRESS": "10000", "HORDE_MAX_CONNECTIONS": "9000",
        "HORDE_MAX_CONNECTIONS_PER_ADDRESS": "9000",
    }  # fmt: skip
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="horde-bench-")))
        first = stack.enter_context(running_horde("serve", folder / "first", **settings))
        second = first
        if count == 2:
            dsn = running_dsn(first.data)
            assert dsn is not None
            second = stack.enter_context(running_horde("serve", folder / "second", "--database-url", dsn, **settings))
        yield first, second


async def ask_for(horde: RunningHorde, count: int) -> list[tuple[str, str]]:
    """So many open requests, with the keys of who asked."""
    users = -(-count // REQUESTS_OF_A_USER)
    keys = [horde.create_user(f"user {number}", kudos=100_000, trusted=True)["api_key"] for number in range(users)]
    asked = []
    for number in range(count):
        key = keys[number % users]
        connection = await Connection(horde.url, key).open()
        body = {"prompt": "a test", "models": [MODEL], "params": {"max_length": 512, "max_context_length": 4096}}
        status, answer = await connection.ask("POST", "/api/v2/generate/text/async", body)
        assert status == 202, answer
        connection.close()
        asked.append((answer["id"], key))
    return asked


async def listen(horde: RunningHorde, request_id: str, key: str, seen: Seen, ready: asyncio.Semaphore) -> None:
    """Read a stream to its end, and note how long each number in it was under way."""
    connection = await Connection(horde.url, key).open()
    connection.send("GET", f"/api/v2/generate/text/events/{request_id}")
    is_text = is_ready = False
    while line := await connection.reader.readline():
        if not is_ready and line.startswith(b"data: "):
            is_ready = True
            ready.release()
        if line.startswith(b"event: "):
            is_text = line.startswith(b"event: text")
            if line.startswith(b"event: end"):
                break
        elif is_text and line.startswith(b"data: "):
            now = time.perf_counter()
            seen.latencies_s += [now - float(number) for number in json.loads(line[6:])["text"].split()]
    connection.close()


async def feed(
    horde: RunningHorde, key: str, job_id: str, pieces: float, seconds: float, seen: Seen, phase: float
) -> None:
    """Send pieces, each with the time at which it was sent, then submit."""
    connection = await Connection(horde.url, key).open()
    interval, text, at, held = 1 / pieces, "", 0, ""
    due = time.perf_counter() + phase * interval
    until = due + seconds
    seq = 0
    while due < until:
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        held += f"{time.perf_counter():.6f} "
        seq += 1
        piece = {"seq": seq, "at": at, "text": held}
        status, answer = await connection.ask("POST", f"/api/v2/generate/pieces/{job_id}", piece)
        seen.sent += 1
        if status == 200:
            text, at, held = text + held, at + len(held), ""
        elif status == 409:
            raise AssertionError(answer)
        else:
            seen.refused += 1
        due = max(due + interval, time.perf_counter() - 1)
    body = {"id": job_id, "generation": text}
    status, answer = await connection.ask("POST", "/api/v2/generate/text/submit", body)
    assert status == 200, answer
    connection.close()


async def streamed(clients: RunningHorde, workers: RunningHorde, streams: int, pieces: float, seconds: float) -> None:
    """All of it."""
    asked = await ask_for(clients, streams)
    owner = clients.create_user("owner", trusted=True)["api_key"]
    seen, ready = Seen(), asyncio.Semaphore(0)
    listeners = [asyncio.create_task(listen(clients, *each, seen, ready)) for each in asked]
    for _ in listeners:
        await ready.acquire()
    await asyncio.sleep(1)  # the other node hears who listens
    jobs: list[str] = []
    connection = await Connection(workers.url, owner).open()
    while len(jobs) < streams:
        offer = {
            "name": f"worker {len(jobs) // JOBS_OF_A_WORKER}", "models": [MODEL], "bridge_agent": "bench:1:x",
            "threads": 50, "max_length": 512, "max_context_length": 8192, "streams": True,
        }  # fmt: skip
        status, answer = await connection.ask("POST", "/api/v2/generate/text/pop", offer)
        assert status == 200, answer
        if answer["id"]:
            assert answer["stream"]["wanted"], answer
            jobs.append(answer["id"])
    processes = {clients.pid, workers.pid}
    before = {pid: cpu_time(pid) for pid in processes}
    own_before, began = time.process_time(), time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for number, job_id in enumerate(jobs):
            tasks.create_task(feed(workers, owner, job_id, pieces, seconds, seen, number / len(jobs)))
    lasted = time.perf_counter() - began
    used = {pid: cpu_time(pid) - before[pid] for pid in processes}
    await asyncio.gather(*listeners)
    server_s = sum(each.server_s for each in used.values())
    database_s = sum(each.database_s for each in used.values())
    ordered = sorted(seen.latencies_s)
    print(f"{streams} streams, {pieces:g} pieces a second each, on {len(processes)} node(s), for {lasted:.1f} s")
    print(f"sent: {seen.sent} pieces, {seen.sent / lasted:.0f} a second; refused (429): {seen.refused}")
    print(f"read: {len(ordered)} of them")
    p50, p95, p99 = (1000 * ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.95, 0.99))
    mean = statistics.mean(ordered) * 1000
    print(f"latency: p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms, mean {mean:.1f} ms")
    for pid, each in used.items():
        whose = "clients' node" if pid == clients.pid else "workers' node"
        print(f"processor of the {whose}: {each.server_s / lasted:.2f} cores, database {each.database_s / lasted:.2f}")
    each_ms = 1000 / seen.sent
    print(f"processor: {each_ms * server_s:.3f} ms a piece in servers, {each_ms * database_s:.3f} in the database")
    print(f"processor of reader and workers here: {(time.process_time() - own_before) / lasted:.2f} cores")
    print(f"memory of the clients' node: {memory_mb(clients.pid):.0f} MB")


async def only_open(horde: RunningHorde, count: int) -> None:
    """Streams in which nothing happens."""
    asked = await ask_for(horde, count)
    before_mb = memory_mb(horde.pid)
    seen, ready = Seen(), asyncio.Semaphore(0)
    listeners = [asyncio.create_task(listen(horde, *each, seen, ready)) for each in asked]
    for _ in listeners:
        await ready.acquire()
    await asyncio.sleep(2)
    before, began = cpu_time(horde.pid), time.perf_counter()
    await asyncio.sleep(REST_S)
    rest, lasted = cpu_time(horde.pid) - before, time.perf_counter() - began
    print(f"memory: {before_mb:.0f} MB with {count} requests, {memory_mb(horde.pid):.0f} MB with {count} open streams")
    print(f"processor: {rest.server_s * 1000 / lasted / count:.4f} ms a stream and second")
    for listener in listeners:
        listener.cancel()
    await asyncio.gather(*listeners, return_exceptions=True)


async def half_open(horde: RunningHorde, count: int) -> None:
    """Connections that say half of a piece and no more, and whether others are served meanwhile."""
    before_mb = memory_mb(horde.pid)
    place = urlsplit(horde.url)
    writers = []
    for _ in range(count):
        _, writer = await asyncio.open_connection(place.hostname, place.port)
        writer.write(
            b"POST /api/v2/generate/pieces/00000000-0000-0000-0000-000000000000 HTTP/1.1\r\nHost: horde\r\n"
            b"Content-Type: application/json\r\nContent-Length: 200000\r\n\r\n" + b"x" * 16_000
        )
        writers.append(writer)
    await asyncio.sleep(3)
    began = time.perf_counter()
    status = (await asyncio.to_thread(horde.api, "status/heartbeat"))[0]
    answered_ms = (time.perf_counter() - began) * 1000
    print(f"memory: {before_mb:.0f} MB, {memory_mb(horde.pid):.0f} MB with {count} half-open connections")
    print(f"a heartbeat meanwhile: {status} within {answered_ms:.0f} ms")
    for writer in writers:
        writer.close()


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


if __name__ == "__main__":
    sys.exit(main())
