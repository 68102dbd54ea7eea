"""Change notices between server processes: which rows changed, never what they hold.

Sent after the commit, coalesced, on a connection of their own (a NOTIFY inside a transaction serialises all commits).
A notice may be lost, with a connection or a process: receivers reconcile, and `on_gap` tells them when they must.
Nodes greet each other; one that has heard no other lately sends nothing, as nobody listens.

Beside them go *messages*, on a channel of their own and on the same connections: what nodes tell each other that stands
in no row (streams). They are handed over at once, also while a notice is being taken over, and may be lost like these.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from typing import Any

import psycopg
import structlog

from horde_server.database.pool import PatientConnection, connect

log = structlog.get_logger(__name__)

CHANNEL = "horde_changes"
MESSAGES = "horde_messages"
FLUSH_INTERVAL_S = 0.02
RECONNECT_S = 0.5
GREETING_INTERVAL_S = 10.0
PEER_LIFETIME_S = 35.0
"""A node that has not greeted for so long is gone: three greetings may get lost."""
ASSUME_PEERS_S = 2.0
"""A node that starts sends as if there were others: they need a moment to hear of it and to greet back."""
GREETED_S = 0.2
"""How long after its greeting a node can be sure that the others send what it must hear."""
_GREETING = "greeting"
_PAYLOAD_LIMIT_BYTES = 7500  # PostgreSQL takes 8000
_PENDING_LIMIT = 100_000  # while the database is away; receivers reconcile anyway

_UNHANDLED_LIMIT = 1000
"""Notices read and not taken over yet; then what comes stays with the database."""
_MESSAGES_LIMIT = 10_000
"""Not sent yet, while the database is away or slow: the oldest are dropped."""
MESSAGE_BYTES = 7000

Handler = Callable[[str, list[str]], Awaitable[None]]


class NoticeBoard:
    """Publishes this process's changes and hears of the others'. `run()` does the work; `publish` only takes note."""

    def __init__(self, dsn: str, handler: Handler, on_gap: Callable[[], Awaitable[None]]) -> None:
        self._dsn = dsn
        self._handler = handler
        self._on_gap = on_gap
        self._node = uuid.uuid4().hex[:12]
        self._pending: dict[str, dict[str, None]] = {}
        self._pending_count = 0
        self._something = asyncio.Event()
        self._peer_heard_at_s = time.monotonic() - PEER_LIFETIME_S + ASSUME_PEERS_S
        self._unhandled: asyncio.Queue[tuple[str, list[str]]] = asyncio.Queue(_UNHANDLED_LIMIT)
        self._messages: deque[str] = deque(maxlen=_MESSAGES_LIMIT)
        self.on_message: Callable[[str, str], None] = lambda _, __: None
        """Takes the name of another node, and what it sent. It must be quick, and raise nothing."""

    @property
    def has_peers(self) -> bool:
        """Whether another node was heard lately."""
        return time.monotonic() - self._peer_heard_at_s < PEER_LIFETIME_S

    def publish(self, topic: str, ids: Iterable[str]) -> None:
        """Tell the other nodes, soon, that these changed. Call it after the commit. Cheap."""
        if self._pending_count > _PENDING_LIMIT or not self.has_peers:
            return
        waiting = self._pending.setdefault(topic, {})
        for changed in ids:
            waiting[changed] = None
            self._pending_count += 1
        self._something.set()

    def send(self, message: str) -> None:
        """Have the other nodes hear of this soon: JSON of at most `MESSAGE_BYTES`. Those of one moment go together."""
        if self.has_peers:
            self._messages.append(message)
            self._something.set()

    async def run(self) -> None:
        """Send and listen until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for name, work in self.work().items():
                tasks.create_task(work, name=name)

    def work(self) -> dict[str, Coroutine[Any, Any, None]]:
        """The parts of `run`, for a caller with tasks of his own."""
        return {
            "notices-send": self._send_forever(),
            "notices-listen": self._listen_forever(),
            "notices-handle": self._handle_forever(),
            "notices-greet": self._greet_forever(),
        }

    async def _greet_forever(self) -> None:
        while True:
            await asyncio.sleep(GREETING_INTERVAL_S)
            self._greet()

    def _greet(self) -> None:
        self._pending.setdefault(_GREETING, {})
        self._something.set()

    async def _connect(self) -> PatientConnection:
        return await connect(self._dsn, "openhorde notices")

    async def _send_forever(self) -> None:
        is_told = False
        while True:
            try:
                async with await self._connect() as conn:
                    is_told = False
                    while True:
                        await self._something.wait()
                        await asyncio.sleep(FLUSH_INTERVAL_S)
                        self._something.clear()
                        await self._flush(conn)
            except psycopg.OperationalError as error:
                if not is_told:
                    log.warning("notices.sender_lost", reason=(str(error).splitlines() or [""])[0])
                    is_told = True
                await asyncio.sleep(RECONNECT_S)

    async def _flush(self, conn: psycopg.AsyncConnection) -> None:
        """Send what is pending; what could not be sent is pending again. Hearing twice does no harm."""
        for payload in self._message_payloads():
            await conn.execute("SELECT pg_notify(%s, %s)", (MESSAGES, payload))
        pending, self._pending, self._pending_count = self._pending, {}, 0
        try:
            for payload in payloads(self._node, pending):
                await conn.execute("SELECT pg_notify(%s, %s)", (CHANNEL, payload))
        except psycopg.OperationalError:
            for topic, ids in pending.items():
                self.publish(topic, ids)
            raise

    def _message_payloads(self) -> Iterator[str]:
        """The messages that wait, put together as far as one notification holds them."""
        while self._messages:
            batch = [self._messages.popleft()]
            size = len(batch[0].encode())
            while self._messages and size + len(self._messages[0].encode()) < MESSAGE_BYTES:
                batch.append(self._messages.popleft())
                size += len(batch[-1].encode()) + 1
            yield f"{self._node}[{','.join(batch)}]"

    async def _handle_forever(self) -> None:
        """Take over what other nodes changed, one after the other."""
        while True:
            topic, ids = await self._unhandled.get()
            try:
                await self._handler(topic, ids)
            except psycopg.OperationalError:  # what this one told is lost
                await self._recover()

    async def _recover(self) -> None:
        while True:
            await asyncio.sleep(RECONNECT_S)
            with contextlib.suppress(psycopg.OperationalError):
                await self._on_gap()
                return

    async def _listen_forever(self) -> None:
        is_told = False
        while True:
            try:
                async with await self._connect() as conn:
                    is_told = False
                    await conn.execute(f"LISTEN {CHANNEL}")
                    await conn.execute(f"LISTEN {MESSAGES}")
                    self._greet()
                    await asyncio.sleep(GREETED_S)
                    await self._on_gap()
                    async for notice in conn.notifies():
                        if notice.channel == MESSAGES:
                            node, message = notice.payload[: len(self._node)], notice.payload[len(self._node) :]
                            if node != self._node:
                                self.on_message(node, message)
                            continue
                        node, topic, ids = json.loads(notice.payload)
                        if node != self._node:
                            await self._hear(topic, ids)
                raise psycopg.OperationalError("the connection was closed")
            except psycopg.OperationalError as error:
                if not is_told:
                    log.warning("notices.listener_lost", reason=(str(error).splitlines() or [""])[0])
                    is_told = True
                await asyncio.sleep(RECONNECT_S)

    async def _hear(self, topic: str, ids: list[str]) -> None:
        if not self.has_peers:
            self._greet()  # a newcomer need not wait for the next greeting to know of this node
        self._peer_heard_at_s = time.monotonic()
        if topic != _GREETING:
            await self._unhandled.put((topic, ids))


async def tell(conn: psycopg.AsyncConnection[Any], topic: str, ids: Iterable[str]) -> None:
    """Tell all nodes, from a process that is none, that these changed. Call it after the commit."""
    for payload in payloads("command line", {topic: dict.fromkeys(ids)}):
        await conn.execute("SELECT pg_notify(%s, %s)", (CHANNEL, payload))


def payloads(node: str, pending: dict[str, dict[str, None]]) -> list[str]:
    """The pending notices as payloads, each below PostgreSQL's limit."""
    found = []
    for topic, ids in pending.items():
        batch: list[str] = []
        size = 0
        for changed in ids:
            if size + len(changed) + 3 > _PAYLOAD_LIMIT_BYTES - 100:
                found.append(json.dumps([node, topic, batch], separators=(",", ":")))
                batch, size = [], 0
            batch.append(changed)
            size += len(changed) + 3
        if batch or not ids:
            found.append(json.dumps([node, topic, batch], separators=(",", ":")))
    return found
