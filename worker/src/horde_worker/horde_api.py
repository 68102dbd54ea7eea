"""What the worker says to a horde, and how it takes the answers (worker.md §1.1.6–1.1.7)."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog
from yarl import URL

from horde_sdk.guarded_connections import guarded_connector, was_forbidden
from horde_sdk.reach import PRIVATE_NETWORKS_VARIABLE, ForbiddenAddress, Reach, is_same_host, outside
from horde_worker import VERSION
from horde_worker.addresses import NoWebAddress, named_address
from horde_worker.backends.interface import Remark
from horde_worker.connection_failures import in_words
from horde_worker.popped import MAX_MODEL_CHARACTERS, finite_number

log = structlog.get_logger(__name__)

ANSWER_LIMIT_BYTES = 64 * 1024 * 1024  # two source pictures of 20 MiB in base64, and a margin
DOWNLOAD_LIMIT_BYTES = 20 * 1024 * 1024
UPLOAD_TRIES = 5
DOWNLOAD_TRIES = 4
SUBMIT_TRIES = 10
FAULT_TRIES = 3  # the horde will notice by the job's time anyway
RETRY_AFTER_LIMIT_S = 600.0
_CALL_TIMEOUT = aiohttp.ClientTimeout(total=40, connect=10)
_DOWNLOAD_TIMEOUT = aiohttp.ClientTimeout(total=10, connect=5)
MOST_WANTED = 50
_MOST_ERRORS = 20
_RETRIED = frozenset({408, 429})  # and everything from 500 on
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """The horde said no. Decide on `rc` first, on the status second, never on the text."""

    status: int
    rc: str
    message: str
    retry_after_s: float | None = None

    def __str__(self) -> str:
        return f"{self.message} ({self.rc or self.status})"


class Unreachable(Exception):
    """No answer, or none that can be read; worth another try."""


class HordeApi:
    """One horde, one key.

    The horde is wherever the owner says. What it names by URL lies there too, or within `reach`, by default on the
    internet: those connections are others, and the key is never on them. No redirect is followed on either.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        api_key: str,
        sleep: Sleep = asyncio.sleep,
        reach: Reach | None = None,
    ) -> None:
        self._session = session
        self._reach = reach or outside()
        self._outside: aiohttp.ClientSession | None = None
        self.url = re.sub(r"/api(/v2)?$", "", url.rstrip("/"))
        self._headers = {"apikey": api_key.strip(), "Client-Agent": f"OpenHorde Worker:{VERSION}:openhorde"}
        self._sleep = sleep

    async def aclose(self) -> None:
        """Close the connections to elsewhere; those to the horde are the caller's."""
        if self._outside is not None:
            await self._outside.close()
            self._outside = None

    async def pop(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Ask for jobs. Raises `Refused` or `Unreachable`; trying again is the caller's decision."""
        return await self._ask(path, body)

    async def download(self, url: str) -> bytes | None:
        """What lies at an address that the horde sent; None when it cannot be had or is too large."""
        if (way := self._way_to(url)) is None:
            return None
        session, address = way
        for attempt in range(DOWNLOAD_TRIES):
            if attempt:
                await self._sleep(float(attempt))
            try:
                async with session.get(address, timeout=_DOWNLOAD_TIMEOUT, allow_redirects=False) as answer:
                    if answer.status == 200:
                        return await _at_most(answer.content, DOWNLOAD_LIMIT_BYTES)
                    if answer.status < 500 and answer.status not in _RETRIED:
                        return None  # also for a redirect, which might lead anywhere
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                if self._is_refused(address, error):
                    return None
        return None

    async def upload(self, url: str, data: bytes) -> bool:
        """PUT an image to its address; whether it arrived."""
        if (way := self._way_to(url)) is None:
            return False
        session, address = way
        for attempt in range(UPLOAD_TRIES):
            if attempt:
                await self._sleep(float(attempt))
            try:
                async with session.put(
                    address,
                    data=data,
                    headers={"Content-Type": "image/webp"},
                    timeout=_CALL_TIMEOUT,
                    allow_redirects=False,
                ) as answer:
                    if answer.status < 300:
                        return True
                    if answer.status < 500 and answer.status not in _RETRIED:
                        return False
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                if self._is_refused(address, error):
                    return False
        return False

    def _way_to(self, url: str) -> tuple[aiohttp.ClientSession, URL] | None:
        """The connections to an address that the horde named; None for one that is none."""
        try:
            address = named_address(url)
        except NoWebAddress as error:
            log.warning("worker.address_refused", address=url[:100].partition("?")[0], reason=str(error))
            return None
        if is_same_host(url, self.url):
            return self._session, address
        if not self._may_reach(address):
            self._tell_refused(address)
            return None
        if self._outside is None:
            self._outside = aiohttp.ClientSession(
                connector=guarded_connector(self._reach), cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._outside, address

    def _may_reach(self, address: URL) -> bool:
        """Whether a host that is written as a number is within reach; a name is looked at when it is connected to."""
        try:
            self._reach.check(address.host or "", address.port or 0)
        except ForbiddenAddress:
            return False
        except ValueError:
            return True
        return True

    def _is_refused(self, address: URL, error: Exception) -> bool:
        """Whether an address is beyond the worker's reach: trying again would not help."""
        if not was_forbidden(error):
            return False
        self._tell_refused(address)
        return True

    def _tell_refused(self, address: URL) -> None:
        log.warning(
            "worker.address_refused",
            address=f"{address.host}:{address.port}"[:100],
            reason=f"the horde names an address in a private network; if that is yours, allow it by --private-network"
            f" or {PRIVATE_NETWORKS_VARIABLE}",
        )

    async def submit(
        self, path: str, job_id: str, generation: str, seed: int, remarks: Sequence[Remark], *, state: str = "ok"
    ) -> float:
        """Deliver an image or a text, or its fault; as `hand_in`."""
        body = {
            "id": job_id,
            "generation": generation,
            "seed": seed,
            "state": state,
            "gen_metadata": [
                {"type": one.type, "value": one.value, **({"ref": one.ref[:255]} if one.ref else {})}
                for one in remarks[:50]
            ],
        }
        return await self.hand_in(path, body)

    async def hand_in(self, path: str, body: dict[str, Any]) -> float:
        """Deliver a job or its fault; the reward. Retries what may pass; raises `Refused` for what will not."""
        tries = FAULT_TRIES if body["state"] == "faulted" else SUBMIT_TRIES
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = await self._ask(path, body)
                return finite_number(answer.get("reward"), 0.0)
            except Unreachable:
                if attempt >= tries:
                    raise
                pause_s = backoff_s(attempt)
            except Refused as refusal:
                if refusal.rc == "DuplicateGen" and attempt > 1:
                    return 0.0  # an earlier try arrived; what it earned was in the answer that got lost
                if refusal.status not in _RETRIED or attempt >= tries:
                    raise
                pause_s = refusal.retry_after_s or backoff_s(attempt)
            await self._sleep(pause_s)

    async def wanted_models(self, kind: str) -> list[tuple[str, int]]:
        """The models that requests of a kind wait for, the most wanted first, each with its jobs; some, at most."""
        rows = await self._call("GET", f"/api/v2/status/models?type={kind}", None)
        rows = rows if isinstance(rows, list) else []
        wanted = [
            (row["name"], int(finite_number(row.get("jobs"), 0.0)))
            for row in rows
            if isinstance(row, dict) and isinstance(row.get("name"), str) and len(row["name"]) <= MAX_MODEL_CHARACTERS
        ]
        return sorted((one for one in wanted if one[1] > 0), key=lambda one: -one[1])[:MOST_WANTED]

    async def _ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        found = await self._call("POST", path, body)
        if not isinstance(found, dict):
            raise Unreachable("the answer is no JSON object")
        return found

    async def _call(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        try:
            async with self._session.request(
                method,
                self.url + path,
                json=body,
                headers=self._headers,
                timeout=_CALL_TIMEOUT,
                allow_redirects=False,
            ) as answer:
                raw = await _at_most(answer.content, ANSWER_LIMIT_BYTES)
                if raw is None:
                    raise Unreachable(f"the answer is larger than {ANSWER_LIMIT_BYTES >> 20} MiB")
                if answer.status < 300:
                    return _json(raw)
                if answer.status < 400:
                    raise Unreachable(_pointed_elsewhere(answer.status, answer.headers.get("Location", "")))
                raise _refusal(answer.status, _json_object(raw), answer.headers.get("Retry-After"))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(in_words(error, _shown(self.url))) from error


def _shown(url: str) -> str:
    """Host and port of the horde."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _pointed_elsewhere(status: int, target: str) -> str:
    return (
        f"the horde answers {status} and points to {target[:200]!r}: not followed, the key would go along. "
        "If your horde has moved, give that address by --horde"
    )


async def _at_most(content: aiohttp.StreamReader, limit_bytes: int) -> bytes | None:
    """All of it, or None as soon as it is too much."""
    raw = bytearray()
    while chunk := await content.read(1 << 16):
        raw += chunk
        if len(raw) > limit_bytes:
            return None
    return bytes(raw)


def backoff_s(attempt: int) -> float:
    """Seconds to wait after the n-th failure in a row: 2, 4, 8 … 60, ± 20 %."""
    return float(min(2.0 ** min(attempt, 6), 60.0) * random.uniform(0.8, 1.2))


def _json(raw: bytes) -> Any:
    """What JSON says; None for what is none."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _json_object(raw: bytes) -> dict[str, Any] | None:
    found = _json(raw)
    return found if isinstance(found, dict) else None


def _refusal(status: int, body: dict[str, Any] | None, retry_after: str | None) -> Exception:
    if status >= 500:
        return Unreachable(f"the horde answered {status}")
    body = body or {}
    is_number = retry_after is not None and retry_after.isascii() and retry_after.isdigit()
    seconds = min(float(retry_after or 0), RETRY_AFTER_LIMIT_S) if is_number else None
    message = str(body.get("message") or f"status {status}")
    if isinstance(body.get("errors"), dict):
        told = islice(body["errors"].items(), _MOST_ERRORS)
        message += ": " + "; ".join(f"{name[:100]}: {str(text)[:200]}" for name, text in told)
    return Refused(status, str(body.get("rc") or "")[:100], message[:1000], seconds)
