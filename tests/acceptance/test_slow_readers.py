"""Clients that ask for streams and read nothing of them: whatever is written meanwhile, memory stays within its bound,
and who reads has everything."""

from __future__ import annotations

import asyncio
import io
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from horde_processes import RunningHorde, call, running_horde, wait_until

pytestmark = pytest.mark.acceptance

MODEL = "koboldcpp/long-winded"
PIECE = "\N{HONEYBEE}" * 3900 + "\n"
TEXT = PIECE * 60
"""As long as a text may be: in bytes far more than waits in the process for one connection."""
TEXT_BYTES = len(TEXT.encode())
IN_THE_MIDDLE = 30
"""Piece."""
READERS_OF_ONE = 100
BOUND_OF_ONE_BYTES = 192 * 1024
"""Of the process's memory, for each client who reads nothing: 64 KiB wait to be sent, the rest is on its way there."""
LIMIT_S = 240


@pytest.fixture
def horde(tmp_path: Path) -> Iterator[RunningHorde]:
    with running_horde(
        "serve", tmp_path, HORDE_RATE_LIMITS="0", HORDE_STREAMS_PER_ADDRESS="5000", HORDE_MAX_CONNECTIONS="5000",
        HORDE_MAX_CONNECTIONS_PER_ADDRESS="5000", HORDE_PROGRESS_GRACE_S="600",
    ) as running:  # fmt: skip
        yield running
        assert "Traceback" not in running.log(), running.log()[-3000:]


@pytest.mark.parametrize("count", [200, pytest.param(2000, marks=pytest.mark.slow)])
@pytest.mark.timeout(LIMIT_S * 2)
def test_readers_who_read_nothing_take_little_and_hold_up_nobody(horde: RunningHorde, count: int) -> None:
    key = horde.create_user("ada", kudos=1_000_000, trusted=True)["api_key"]
    owner = horde.create_user("owner", trusted=True)["api_key"]
    requests = count // READERS_OF_ONE
    asyncio.run(served(horde, owner, asyncio.run(ask(horde, key, 1)), lambda: None))  # what the first one loads
    ids = asyncio.run(ask(horde, key, requests))
    with ExitStack() as stack:

        def open_half() -> None:
            known = open_streams(horde)
            for number in range(count // 2):
                stack.enter_context(opened(horde, f"generate/text/events/{ids[number % requests]}"))
            wait_until(lambda: open_streams(horde) == known + count // 2, 60, "all are open")

        before = resident_bytes(horde.pid)
        open_half()
        texts, most = asyncio.run(served(horde, owner, ids, open_half))
        assert texts == [TEXT] * requests
        print(f"{count} readers: {before >> 20} MiB, at most {most >> 20} MiB")
        assert most - before < count * BOUND_OF_ONE_BYTES + requests * 6 * TEXT_BYTES
    wait_until(lambda: open_streams(horde) == 0, 60, "all have ended")


async def ask(horde: RunningHorde, key: str, count: int) -> list[str]:
    """The ids of so many requests for texts."""
    body = {"prompt": "Tell me.", "models": [MODEL], "params": {"max_length": 512, "max_context_length": 4096}}
    found = []
    async with aiohttp.ClientSession(headers={"apikey": key}) as session:
        for _ in range(count):
            async with session.post(f"{horde.url}/api/v2/generate/text/async", json=body) as answer:
                asked = await answer.json()
                assert answer.status == 202, asked
                found.append(asked["id"])
    return found


async def served(
    horde: RunningHorde, owner: str, ids: list[str], in_the_middle: Callable[[], None]
) -> tuple[list[str], int]:
    """What one who does read has of each request, and the most memory that was taken meanwhile."""
    most = 0
    goes_on = asyncio.Barrier(len(ids) + 1)
    timeout, connector = aiohttp.ClientTimeout(LIMIT_S), aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(headers={"apikey": owner}, timeout=timeout, connector=connector) as session:

        async def watch() -> None:
            nonlocal most
            while True:
                most = max(most, resident_bytes(horde.pid))
                await asyncio.sleep(0.1)

        watching = asyncio.create_task(watch())
        reading = [asyncio.create_task(read(session, horde, request_id)) for request_id in ids]
        async with asyncio.TaskGroup() as tasks:
            for number in range(len(ids)):
                tasks.create_task(write(session, horde, f"worker {number}", goes_on))
            await goes_on.wait()
            await asyncio.to_thread(in_the_middle)
            await goes_on.wait()
        texts = list(await asyncio.gather(*reading))
        watching.cancel()
    return texts, most


async def read(session: aiohttp.ClientSession, horde: RunningHorde, request_id: str) -> str:
    """All of a text, as it is told."""
    text, name = b"", b""
    async with session.get(f"{horde.url}/api/v2/generate/text/events/{request_id}", read_bufsize=1 << 21) as answer:
        async for line in answer.content:
            if line.startswith(b"event: "):
                name = line
            elif line.startswith(b"data: ") and name == b"event: text\n":
                told = json.loads(line[6:])
                assert told["at"] == len(text)
                text += told["text"].encode()
    assert name == b"event: end\n"
    return text.decode()


async def write(session: aiohttp.ClientSession, horde: RunningHorde, worker: str, goes_on: asyncio.Barrier) -> None:
    """Take one job and stream it, as fast as one may, with a pause in the middle."""
    offer = {
        "name": worker, "models": [MODEL], "bridge_agent": "long-winded:1:x", "max_length": 512,
        "max_context_length": 8192, "streams": True,
    }  # fmt: skip
    job: dict[str, object] = {}
    while not job.get("id"):
        async with session.post(f"{horde.url}/api/v2/generate/text/pop", json=offer) as answer:
            job = await answer.json()
            assert answer.status == 200, job
    at = seq = 0
    while at < TEXT_BYTES:
        seq += 1
        if seq == IN_THE_MIDDLE:
            await goes_on.wait()
            await goes_on.wait()
        piece = {"seq": seq, "at": at, "text": PIECE}
        async with session.post(f"{horde.url}/api/v2/generate/pieces/{job['id']}", json=piece) as answer:
            told = await answer.json()
            assert answer.status in (200, 429), told
        if answer.status == 200:
            assert told["wanted"], told
            at = told["next"]
        await asyncio.sleep(0.05)
    body = io.BytesIO(json.dumps({"id": job["id"], "generation": TEXT}, ensure_ascii=False).encode())
    headers = {"Content-Type": "application/json"}
    async with session.post(f"{horde.url}/api/v2/generate/text/submit", data=body, headers=headers) as answer:
        assert answer.status == 200, await answer.text()


@contextmanager
def opened(horde: RunningHorde, path: str) -> Iterator[socket.socket]:
    """A connection on which a stream was asked for, and nothing is read."""
    place = urlsplit(horde.url)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((place.hostname, place.port))
        connection.sendall(f"GET /api/v2/{path} HTTP/1.1\r\nHost: horde\r\n\r\n".encode())
        yield connection


def open_streams(horde: RunningHorde) -> int:
    """As the server counts them."""
    metrics = call(f"{horde.url}/metrics")[1].decode()
    (line,) = [line for line in metrics.splitlines() if line.startswith("openhorde_open_streams ")]
    return int(float(line.split()[1]))


def resident_bytes(pid: int) -> int:
    """Memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024
