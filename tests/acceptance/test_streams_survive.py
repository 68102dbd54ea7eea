"""Kill -9 in the middle of streams: of the worker, of the node its pieces come to, of the node that clients read from.

Every client gets the whole, or an error; nothing hangs, and the books balance (streams.md §6, §8).
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import psycopg
import pytest
from counting_worker import MODEL
from horde_processes import PROGRAM, RunningHorde, clean_environment, start_horde, wait_until

from horde_server.database.embedded import running_dsn

pytestmark = pytest.mark.acceptance

NUMBERS = 40
WHOLE = "".join(f"{number} " for number in range(NUMBERS))
PAUSE_S = 0.1
STREAMS = [8, pytest.param(50, marks=pytest.mark.slow)]
LIMIT_S = 120
SETTINGS: Any = {"HORDE_RATE_LIMITS": "0", "HORDE_STREAM_SILENCE_S": "3", "HORDE_STREAMS_PER_ADDRESS": "1000"}


@dataclass
class Place:
    """A database that stays, and two nodes on it: clients read from one, workers speak to the other."""

    holder: RunningHorde
    clients: RunningHorde
    relaying: RunningHorde
    dsn: str
    owner: str
    asking: list[str]

    @contextmanager
    def worker(self, name: str, *urls: str) -> Iterator[subprocess.Popen[bytes]]:
        """A worker process, ended with the block."""
        plan = {
            "urls": urls, "key": self.owner, "name": name, "jobs": 50, "numbers": NUMBERS, "pause_s": PAUSE_S,
        }  # fmt: skip
        script = Path(__file__).parents[1] / "counting_worker.py"
        process = subprocess.Popen([sys.executable, script, json.dumps(plan)], env=clean_environment())
        try:
            if self.clients.process.poll() is None:
                wait_until(
                    lambda: MODEL in str(self.clients.api("status/models?type=text")[1]), 30, "the worker is known"
                )
            yield process
        finally:
            process.kill()
            process.wait()

    def key(self, number: int) -> str:
        """Of who asks for a stream."""
        return self.asking[number % len(self.asking)]

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """A look into the database."""
        with psycopg.connect(self.dsn, autocommit=True) as conn:
            return conn.execute(query.encode()).fetchall()

    def books_balance(self) -> None:
        """No request is open or held for, all movements are in balances, and these are what was moved."""
        wait_until(lambda: self.sql("SELECT count(*) FROM ledger_inbox") == [(0,)], 30, "the inbox is folded")
        assert self.sql("SELECT sum(balance_hundredths) FROM ledger_balance") == [(0,)]
        paid = self.sql("SELECT count(*) FROM (SELECT job_id FROM ledger WHERE kind = 'job_tax' GROUP BY 1) AS jobs")
        assert paid == self.sql("SELECT count(*) FROM job WHERE state = 'done'")
        audit = [str(PROGRAM), "admin", "audit-ledger", "--database-url", self.dsn]
        ran = subprocess.run(audit, env=clean_environment(), capture_output=True, text=True, timeout=60, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with ExitStack() as stack:

        def begin(name: str, *options: str) -> RunningHorde:
            horde = start_horde("serve", tmp_path / name, *options, **SETTINGS)
            stack.callback(horde.stop)
            return horde

        holder = begin("holder")
        dsn = running_dsn(holder.data)
        assert dsn is not None
        clients, relaying = begin("clients", "--database-url", dsn), begin("relaying", "--database-url", dsn)
        owner = holder.create_user("owner", trusted=True)["api_key"]
        asking = [holder.create_user(f"ada {number}", kudos=10_000)["api_key"] for number in range(4)]
        yield Place(holder, clients, relaying, dsn, owner, asking)


class Reader:
    """A client that reads a stream: its text, how often it was told of another worker, and how it ended."""

    def __init__(self) -> None:
        self.text = ""
        self.ended = ""
        self.restarts = 0
        self.request_id = ""
        self.last_event = ""
        self.once = str(uuid4())

    async def events(self, session: aiohttp.ClientSession, url: str, key: str) -> None:
        """By the events of a request; when they break off, from the last that was heard."""
        if not self.request_id:
            body = {"prompt": "Count: ", "models": [MODEL], "params": {"max_length": 200}}
            async with session.post(f"{url}/api/v2/generate/text/async", json=body, headers={"apikey": key}) as answer:
                asked = await answer.json()
                assert answer.status == 202, asked
                self.request_id = asked["id"]
        self.ended, name = "", ""
        headers = {"Last-Event-ID": self.last_event} if self.last_event else {}
        try:
            path = f"{url}/api/v2/generate/text/events/{self.request_id}"
            async with session.get(path, headers=headers) as answer:
                assert answer.status == 200, await answer.text()
                async for raw in answer.content:
                    line = raw.decode().rstrip("\n")
                    if line.startswith("event: "):
                        name = line.removeprefix("event: ")
                    elif line.startswith("id: "):
                        self.last_event = line.removeprefix("id: ")
                    elif line.startswith("data: "):
                        self._take(name, json.loads(line.removeprefix("data: ")))
        except (aiohttp.ClientError, OSError):
            self.ended = "broken"
        self.ended = self.ended or "broken"

    def _take(self, name: str, data: dict[str, Any]) -> None:
        if name == "text":
            assert data["at"] == len(self.text), (data, self.text)
            self.text += data["text"]
        elif name == "restarted":
            self.restarts += 1
        elif name == "end":
            self.ended = "done" if data["done"] and not data["faulted"] else "faulted"

    async def chat(self, session: aiohttp.ClientSession, url: str, key: str) -> None:
        """By OpenAI's chat completions; sent again, the same call is told from its beginning."""
        body = {
            "model": MODEL, "messages": [{"role": "user", "content": "Count."}], "stream": True, "max_tokens": 200,
        }  # fmt: skip
        self.ended, self.text = "", ""
        headers = {"apikey": key, "Idempotency-Key": self.once}
        try:
            async with session.post(f"{url}/v1/chat/completions", json=body, headers=headers) as answer:
                assert answer.status == 200, await answer.text()
                async for raw in answer.content:
                    line = raw.decode().strip()
                    self.restarts += line.startswith(": restarted")
                    if line == "data: [DONE]":
                        self.ended = "done"
                    elif line.startswith("data: "):
                        chunk = json.loads(line.removeprefix("data: "))
                        if "error" in chunk:
                            self.ended = "faulted"
                        elif chunk["choices"]:
                            self.text += chunk["choices"][0]["delta"].get("content") or ""
        except (aiohttp.ClientError, OSError):
            self.ended = "broken"
        self.ended = self.ended or "broken"


def way(number: int, reader: Reader) -> Any:
    """Every second one reads events, the others a chat."""
    return reader.events if number % 2 else reader.chat


async def read(place: Place, streams: int, in_the_middle: Any) -> list[Reader]:
    """Let so many clients read, and do something once all of them have read some numbers."""
    readers = [Reader() for _ in range(streams)]
    async with reading() as session, asyncio.TaskGroup() as tasks:
        for number, reader in enumerate(readers):
            tasks.create_task(way(number, reader)(session, place.clients.url, place.key(number)))
        while not all(len(reader.text) > 10 or reader.ended for reader in readers):
            await asyncio.sleep(0.05)
        await asyncio.to_thread(in_the_middle)
    return readers


async def read_on(place: Place, readers: list[Reader]) -> None:
    """The same clients turn to another node."""
    async with reading() as session, asyncio.TaskGroup() as tasks:
        for number, reader in enumerate(readers):
            tasks.create_task(way(number, reader)(session, place.relaying.url, place.key(number)))


@asynccontextmanager
async def reading() -> AsyncIterator[aiohttp.ClientSession]:
    """Nothing may hang."""
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(LIMIT_S), connector=connector) as session,
        asyncio.timeout(LIMIT_S),
    ):
        yield session


def all_is_over(place: Place) -> None:
    """Nothing is open any more, on the node that stays."""
    still_open = "SELECT count(*) FROM request WHERE waiting + processing > 0 AND state <> 'faulted'"
    wait_until(lambda: place.sql(still_open) == [(0,)], 60, "all requests have come to an end")


@pytest.mark.parametrize("streams", STREAMS)
@pytest.mark.timeout(LIMIT_S * 3)
def test_a_killed_worker_is_gone_on_with(place: Place, streams: int) -> None:
    """§6.2: another one finishes, and each client reads one unbroken answer."""
    with ExitStack() as stack:
        first = stack.enter_context(place.worker("first", place.relaying.url))

        def kill() -> None:
            first.kill()
            first.wait()
            stack.enter_context(place.worker("second", place.relaying.url))

        readers = asyncio.run(read(place, streams, kill))
        assert [(reader.ended, reader.text.strip()) for reader in readers] == [("done", WHOLE.strip())] * streams
        all_is_over(place)
        texts = {text.strip() for (text,) in place.sql("SELECT result FROM job WHERE state = 'done'")}
        assert texts == {WHOLE.strip()}
        assert place.sql("SELECT count(*) FROM resumption") == [(streams,)]
        assert [reader.restarts for reader in readers] == [1] * streams
        place.books_balance()


@pytest.mark.parametrize("streams", STREAMS)
@pytest.mark.timeout(LIMIT_S * 3)
def test_a_killed_relaying_node_is_gone_around(place: Place, streams: int) -> None:
    """§8.4: the worker turns to another node, and nobody notices."""
    with place.worker("first", place.relaying.url, place.holder.url):

        def kill() -> None:
            place.relaying.kill()

        readers = asyncio.run(read(place, streams, kill))
        assert [(reader.ended, reader.text.strip()) for reader in readers] == [("done", WHOLE.strip())] * streams
        all_is_over(place)
        place.books_balance()


@pytest.mark.parametrize("streams", STREAMS)
@pytest.mark.timeout(LIMIT_S * 3)
def test_a_killed_node_of_the_clients_breaks_their_streams_and_nothing_else(place: Place, streams: int) -> None:
    """Clients see the end of their connection; at another node they read on, and nothing was made twice."""
    with place.worker("first", place.relaying.url):
        readers = asyncio.run(read(place, streams, place.clients.kill))
        assert {reader.ended for reader in readers} == {"broken"}
        assert all(WHOLE.startswith(reader.text) for reader in readers)
        asyncio.run(read_on(place, readers))
        assert [(reader.ended, reader.text.strip()) for reader in readers] == [("done", WHOLE.strip())] * streams
        all_is_over(place)
        assert place.sql("SELECT count(*) FROM request") == [(streams,)]
        place.books_balance()


@pytest.mark.timeout(LIMIT_S * 3)
def test_a_client_that_goes_stops_its_worker(place: Place) -> None:
    """§7.1: a dialect's request is cancelled with its connection, and the worker is told at its next piece."""

    async def go_after_three() -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(LIMIT_S)) as session:
            body = {"model": MODEL, "messages": [{"role": "user", "content": "Count."}], "stream": True}
            key = {"apikey": place.asking[0]}
            async with session.post(f"{place.clients.url}/v1/chat/completions", json=body, headers=key) as answer:
                deltas = 0
                async for raw in answer.content:
                    deltas += b'"content"' in raw
                    if deltas == 3:
                        return

    with place.worker("first", place.relaying.url):
        asyncio.run(go_after_three())
        wait_until(
            lambda: place.sql("SELECT state, processing FROM request") == [("cancelled", 0)], 10, "it was cancelled"
        )
        [(share, reward)] = place.sql("SELECT streamed_share, reward_hundredths FROM job")
        assert 0 < share < 1
        assert reward > 0
        assert place.sql("SELECT fulfilments, uncompleted_jobs FROM worker") == [(0, 0)]
