"""A whole server in process, spoken to over HTTP, on a PostgreSQL of its own: what the contract tests drive."""

from __future__ import annotations

import asyncio
import base64
import select
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import MappingProxyType
from typing import Any

import httpx
import psycopg
from alchemy_routes import Alchemy
from embedding_routes import Embeddings
from pictures import picture
from text_routes import Texts

from horde_server.accounts.creation import NewAccount, create_account
from horde_server.app import create_app
from horde_server.settings import Profile, Settings

AGENT = "AI Horde Worker reGen:13.0.0:https://example.org"
LIMIT_S = 15.0


class Horde:
    """One server process, in this process. `client` speaks to it as 127.0.0.1 would."""

    def __init__(self, app: Any, settings: Settings, dsn: str) -> None:
        self.app = app
        self.settings = settings
        self.dsn = dsn
        self.client = self.client_at("127.0.0.1")
        self._idle: list[psycopg.AsyncConnection[Any]] = []
        self._is_stopped = False
        self.texts = Texts(self.client)
        self.embeddings = Embeddings(self.client)
        self.alchemy = Alchemy(self.client)

    def client_at(self, address: str) -> httpx.AsyncClient:
        """A client that connects from an address."""
        transport = httpx.ASGITransport(self.app, client=(address, 50_000), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://horde.test")

    # ---------------------------------------------------------------- words of the tests

    @staticmethod
    def outcome(answer: httpx.Response) -> tuple[int, str | None]:
        """Status and return code of an answer."""
        return answer.status_code, answer.json().get("rc")

    @staticmethod
    def picture(color: str = "teal", kind: str = "WEBP") -> bytes:
        """A small picture."""
        return picture(color, kind)

    @staticmethod
    async def until(condition: Callable[[], Awaitable[Any]], what: str) -> Any:
        """Poll until the condition holds; its value."""
        return await until(condition, what)

    # ---------------------------------------------------------------- the clients' side

    async def ask(self, key: str | None = "0000000000", prompt: str = "a lighthouse", **body: Any) -> httpx.Response:
        """POST /generate/async."""
        headers = {"apikey": key} if key is not None else {}
        return await self.client.post("/api/v2/generate/async", json={"prompt": prompt, **body}, headers=headers)

    async def request(self, key: str = "0000000000", prompt: str = "a lighthouse", **body: Any) -> str:
        """An accepted request; its id."""
        answer = await self.ask(key, prompt, **body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    async def check(self, request_id: str) -> dict[str, Any]:
        """GET /generate/check/{id}."""
        answer = await self.client.get(f"/api/v2/generate/check/{request_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def status(self, request_id: str) -> dict[str, Any]:
        """GET /generate/status/{id}."""
        answer = await self.client.get(f"/api/v2/generate/status/{request_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def cancel(self, request_id: str) -> dict[str, Any]:
        """DELETE /generate/status/{id}."""
        answer = await self.client.delete(f"/api/v2/generate/status/{request_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    # ---------------------------------------------------------------- the workers' side

    async def try_pop(self, key: str | None, name: str = "worker", **body: Any) -> httpx.Response:
        """POST /generate/pop as an up-to-date image worker."""
        offer = {"name": name, "models": ["stable_diffusion"], "bridge_agent": AGENT, "max_pixels": 1_048_576, **body}
        headers = {"apikey": key} if key is not None else {}
        return await self.client.post("/api/v2/generate/pop", json=offer, headers=headers)

    async def pop(self, key: str, name: str = "worker", **body: Any) -> dict[str, Any]:
        """The answer of a pop that is not refused."""
        answer = await self.try_pop(key, name, **body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def job(self, key: str, name: str = "worker", **body: Any) -> dict[str, Any]:
        """The answer of a pop that gets a job."""
        answer = await self.pop(key, name, **body)
        assert answer["id"], answer["skipped"]
        return answer

    async def try_submit(self, key: str | None, job_id: str, **body: Any) -> httpx.Response:
        """POST /generate/submit; with an inline picture unless told otherwise."""
        result = {"id": job_id, "generation": base64.b64encode(picture()).decode(), "seed": 7, **body}
        headers = {"apikey": key} if key is not None else {}
        return await self.client.post("/api/v2/generate/submit", json=result, headers=headers)

    async def submit(self, key: str, job_id: str, **body: Any) -> dict[str, Any]:
        """The answer of a submit that is taken."""
        answer = await self.try_submit(key, job_id, **body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    # ---------------------------------------------------------------- behind the API

    async def account(
        self, name: str = "ada", columns: Mapping[str, Any] = MappingProxyType({}), **given: Any
    ) -> NewAccount:
        """A new account; its kudos are in its balance already. `columns`: roles that creation does not give."""
        async with self._connection() as conn:
            made = await create_account(conn, name, **given)
            for column, value in columns.items():
                await conn.execute(f"UPDATE account SET {column} = %s WHERE id = %s".encode(), (value, made.id))
        await self.folded()
        return made

    async def sql(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """A look into the database, or a change of what the API cannot change."""
        assert not query.lstrip().startswith("SELECT FROM"), "without a column no row is told"
        async with self._connection() as conn:
            cursor = await conn.execute(query.encode(), values)
            return await cursor.fetchall() if cursor.description else []

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """One of our own to the database, used again and again: a new one costs more than most questions."""
        conn = self._idle.pop() if self._idle else None
        if conn is not None and not _is_quiet(conn):
            await conn.close()
            conn = None
        if conn is None:
            conn = await psycopg.AsyncConnection.connect(self.dsn, autocommit=True, prepare_threshold=None)
        try:
            yield conn
        except BaseException:
            await conn.close()  # whatever state it is in
            raise
        if self._is_stopped:  # a test may still look into the database of a server that is no more
            await conn.close()
        else:
            self._idle.append(conn)

    async def close(self) -> None:
        """End the connections of the tests."""
        self._is_stopped = True
        await self.client.aclose()
        for conn in self._idle:
            await conn.close()

    async def folded(self) -> None:
        """Wait until every movement of kudos has reached the balances."""

        async def inbox_is_empty() -> bool:
            [(waiting,)] = await self.sql("SELECT count(*) FROM ledger_inbox")
            return bool(waiting == 0)

        await until(inbox_is_empty, "the ledger's inbox is folded")

    async def user(self, account: NewAccount) -> dict[str, Any]:
        """What the owner of an account sees of it."""
        answer = await self.client.get("/api/v2/find_user", headers={"apikey": account.api_key})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def _is_quiet(conn: psycopg.AsyncConnection[Any]) -> bool:
    """Whether an idle connection is as it was left: the server has neither said something since nor gone."""
    return not conn.closed and not select.select([conn.fileno()], [], [], 0)[0]


async def until(condition: Callable[[], Awaitable[Any]], what: str, limit_s: float = LIMIT_S) -> Any:
    """Poll until the condition holds; its value."""
    deadline = time.monotonic() + limit_s
    while not (value := await condition()):
        assert time.monotonic() < deadline, f"not within {limit_s:g} s: {what}"
        await asyncio.sleep(0.01)
    return value


@asynccontextmanager
async def running(app: Any) -> AsyncIterator[None]:
    """The ASGI lifespan, by hand."""
    inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    outbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    task = asyncio.create_task(app({"type": "lifespan", "asgi": {"version": "3.0"}}, inbox.get, outbox.put))
    for phase in ("startup", "shutdown"):
        await inbox.put({"type": f"lifespan.{phase}"})
        message = await asyncio.wait_for(outbox.get(), LIMIT_S)
        assert message["type"] == f"lifespan.{phase}.complete", message
        if phase == "startup":
            yield
    await task


@asynccontextmanager
async def running_horde(dsn: str, settings: Mapping[str, Any]) -> AsyncIterator[Horde]:
    """A server on a database, with the settings of the tests where none are given."""
    plain: dict[str, Any] = {
        "rate_limits": False, "database_pool_size": 4, "fold_interval_s": 0.05, "sweep_interval_s": 0.1,
        "profile": Profile.PUBLIC,
    }  # fmt: skip
    chosen = Settings(**{**plain, **settings})
    app = create_app(chosen, dsn)
    horde = Horde(app, chosen, dsn)
    async with running(app):
        try:
            yield horde
        finally:
            await horde.close()


StartHorde = Callable[..., Awaitable[Horde]]
"""Starts a server with these settings; it ends with the test."""

RunHorde = Callable[..., AbstractAsyncContextManager[Horde]]
"""A server with these settings, for the time of a block."""

Pop = Callable[..., Awaitable[dict[str, Any]]]
"""The answer of a pop with this offer."""
