"""What an owner's commands ask a horde: who he is, what it knows of his worker. Small answers, soon, or a reason."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final, Self
from urllib.parse import quote, urlsplit

import aiohttp

from horde_sdk.harmless_text import one_line
from horde_worker.connection_failures import in_words

LIMIT_S: Final = 15.0
ANSWER_LIMIT_BYTES: Final = 8 * 1024 * 1024


class NoAnswer(Exception):
    """The horde said no, or nothing; the text is why. `status` is 0 where it was not reached."""

    def __init__(self, reason: str, status: int = 0, rc: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.rc = rc


@dataclass(frozen=True, slots=True)
class Owner:
    """The account behind a key."""

    username: str
    kudos: float
    is_trusted: bool
    worker_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KnownWorker:
    """A worker as the horde knows it."""

    id: str
    name: str
    kind: str
    is_online: bool
    is_in_maintenance: bool
    is_paused: bool
    results: int
    kudos: float
    owner: str
    performance: str


class HordeQuestions:
    """One horde and one key. To be used in a `with`."""

    def __init__(self, horde: str, key: str) -> None:
        self.horde = horde.rstrip("/").removesuffix("/v2").removesuffix("/api")
        self._key = key
        self._session: aiohttp.ClientSession | None = None
        self.clock_ahead_s: float | None = None
        """How much the horde's clock is ahead of this machine's, by its last answer."""

    async def __aenter__(self) -> Self:
        tls = ssl.create_default_context() if self.horde.startswith("https:") else None
        connector = aiohttp.TCPConnector(ssl=tls) if tls else aiohttp.TCPConnector()
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), connector=connector, timeout=aiohttp.ClientTimeout(total=LIMIT_S)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._session is not None
        await self._session.close()

    async def owner(self) -> Owner:
        """Whose key it is. Raises `NoAnswer`."""
        found = _object(await self.ask("GET", "find_user"))
        ids = found.get("worker_ids")
        return Owner(
            username=_text(found, "username") or "somebody",
            kudos=_number(found, "kudos"),
            is_trusted=found.get("trusted") is True,
            worker_ids=tuple(str(one) for one in ids[:1000]) if isinstance(ids, list) else (),
        )

    async def worker(self, name: str) -> KnownWorker | None:
        """The worker of a name; None where the name is free. Raises `NoAnswer`."""
        try:
            found = _object(await self.ask("GET", f"workers/name/{quote(name, safe='')}"))
        except NoAnswer as error:
            if error.status == 404:
                return None
            raise
        return KnownWorker(
            id=_text(found, "id"),
            name=_text(found, "name"),
            kind=_text(found, "type"),
            is_online=found.get("online") is True,
            is_in_maintenance=found.get("maintenance_mode") is True,
            is_paused=found.get("paused") is True,
            results=int(_number(found, "requests_fulfilled")),
            kudos=_number(found, "kudos_rewards"),
            owner=_text(found, "owner"),
            performance=_text(found, "performance"),
        )

    async def models(self, kind: str) -> dict[str, int]:
        """The models that are served or wanted, each with the jobs that wait. Raises `NoAnswer`."""
        rows = await self.ask("GET", f"status/models?type={kind}")
        return {
            _text(row, "name"): int(_number(row, "jobs"))
            for row in (rows[:5000] if isinstance(rows, list) else [])
            if isinstance(row, dict) and row.get("name")
        }

    async def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer to a call of the API v2. Raises `NoAnswer`."""
        assert self._session is not None
        try:
            async with self._session.request(
                method,
                f"{self.horde}/api/v2/{path}",
                json=body,
                headers={"apikey": self._key, "Accept": "application/json"},
                allow_redirects=False,
            ) as answer:
                raw = await answer.content.read(ANSWER_LIMIT_BYTES + 1)
                while len(raw) <= ANSWER_LIMIT_BYTES and (more := await answer.content.read(ANSWER_LIMIT_BYTES)):
                    raw += more
                self._hear_clock(answer.headers.get("Date"))
                status = answer.status
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise NoAnswer(in_words(error, urlsplit(self.horde).netloc.rpartition("@")[2])) from None
        try:
            found = json.loads(raw) if len(raw) <= ANSWER_LIMIT_BYTES else None
        except (ValueError, RecursionError):
            found = None
        if status >= 400:
            told = found if isinstance(found, dict) else {}
            raise NoAnswer(_text(told, "message") or f"the horde answered {status}", status, _text(told, "rc"))
        if status >= 300 or found is None:
            raise NoAnswer("what answers there is no horde", status)
        return found

    def _hear_clock(self, date: str | None) -> None:
        if date:
            try:
                self.clock_ahead_s = parsedate_to_datetime(date).timestamp() - time.time()
            except (ValueError, TypeError):
                self.clock_ahead_s = None


def _object(found: Any) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise NoAnswer("what answers there is no horde")
    return found


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    return one_line(value)[:500] if isinstance(value, str) else ""


def _number(found: Mapping[str, Any], name: str) -> float:
    value = found.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15 else 0.0
