"""Change notices: heard by the other nodes, not by the sender; many ids split; a gap is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import psycopg
import pytest

from horde_server.database import notices
from horde_server.database.notices import NoticeBoard, payloads


class Listener:
    """A node that remembers what it heard."""

    def __init__(self, dsn: str) -> None:
        self.heard: dict[str, set[str]] = {}
        self.gaps = 0
        self.board = NoticeBoard(dsn, self.handle, self.on_gap)

    async def handle(self, topic: str, ids: list[str]) -> None:
        self.heard.setdefault(topic, set()).update(ids)

    async def on_gap(self) -> None:
        self.gaps += 1


@asynccontextmanager
async def nodes(dsn: str, count: int) -> AsyncIterator[list[Listener]]:
    """Nodes whose boards run and listen."""
    made = [Listener(dsn) for _ in range(count)]
    tasks = [asyncio.create_task(node.board.run()) for node in made]
    try:
        await listening(dsn, count)
        await until(lambda: all(node.board.has_peers for node in made))
        yield made
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def listening(dsn: str, count: int) -> None:
    """Wait until so many connections listen."""
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as conn:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"

        async def enough() -> bool:
            return await (await conn.execute(query)).fetchone() == (count,)

        async with asyncio.timeout(20):
            while not await enough():
                await asyncio.sleep(0.01)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_the_others_hear_and_the_sender_does_not(database_dsn: str) -> None:
    async with nodes(database_dsn, 3) as (sender, one, other):
        sender.board.publish("request", ["a", "b"])
        sender.board.publish("request", ["b", "c"])
        await until(lambda: one.heard == other.heard == {"request": {"a", "b", "c"}})
        one.board.publish("worker", ["w"])
        await until(lambda: sender.heard == {"worker": {"w"}})


async def test_more_ids_than_one_notice_can_carry_all_arrive(database_dsn: str) -> None:
    ids = [f"{number:036}" for number in range(2000)]
    async with nodes(database_dsn, 2) as (sender, other):
        sender.board.publish("request", ids)
        await until(lambda: other.heard.get("request") == set(ids))


async def test_a_lost_connection_is_reopened_and_told_as_a_gap(database_dsn: str) -> None:
    """At its start a node looks once, too: something may have changed between its first look and its listening."""
    async with nodes(database_dsn, 2) as (sender, other):
        await until(lambda: other.gaps == 1)
        async with await psycopg.AsyncConnection.connect(database_dsn, autocommit=True) as conn:
            await conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'openhorde notices'"
            )
        await until(lambda: other.gaps == 2)
        await listening(database_dsn, 2)
        sender.board.publish("request", ["a"])
        await until(lambda: other.heard == {"request": {"a"}})


async def test_a_node_alone_sends_nothing(database_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notice costs both processes and the listener; there is nobody to hear it."""
    monkeypatch.setattr(notices, "ASSUME_PEERS_S", 0.0)
    sent = []
    async with await psycopg.AsyncConnection.connect(database_dsn, autocommit=True) as conn:
        conn.add_notify_handler(lambda notice: sent.append(json.loads(notice.payload)[1]))
        await conn.execute("LISTEN horde_changes")
        alone = Listener(database_dsn)
        task = asyncio.create_task(alone.board.run())
        try:
            async with asyncio.timeout(20):
                while not sent:  # its greeting
                    await conn.execute("SELECT 1")
                    await asyncio.sleep(0.01)
            alone.board.publish("request", ["a"])
            async with nodes_beside(database_dsn) as newcomer:
                await until(lambda: alone.board.has_peers and newcomer.board.has_peers)
                alone.board.publish("request", ["b"])
                await until(lambda: bool(newcomer.heard))
                assert newcomer.heard == {"request": {"b"}}
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def nodes_beside(dsn: str) -> AsyncIterator[Listener]:
    """One more node."""
    newcomer = Listener(dsn)
    task = asyncio.create_task(newcomer.board.run())
    try:
        yield newcomer
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_every_payload_is_below_the_limit_of_postgresql() -> None:
    ids = dict.fromkeys(f"{number:036}" for number in range(1000))
    made = payloads("node", {"request": ids, "worker": {"x": None}})
    assert max(map(len, made)) < 8000
    assert [
        changed for payload in made if json.loads(payload)[1] == "request" for changed in json.loads(payload)[2]
    ] == list(ids)
