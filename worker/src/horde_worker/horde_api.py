"""What the worker says to a horde, and how it takes the answers (worker.md §1.1.6–1.1.7)."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

from horde_worker import VERSION
from horde_worker.addresses import check_address
from horde_worker.backends.interface import Remark
from horde_worker.popped import finite_number

ANSWER_LIMIT_BYTES = 64 * 1024 * 1024  # two source pictures of 20 MiB in base64, and a margin
DOWNLOAD_LIMIT_BYTES = 20 * 1024 * 1024
UPLOAD_TRIES = 5
DOWNLOAD_TRIES = 4
SUBMIT_TRIES = 10
RETRY_AFTER_LIMIT_S = 600.0
_CALL_TIMEOUT = aiohttp.ClientTimeout(total=40, connect=10)
_DOWNLOAD_TIMEOUT = aiohttp.ClientTimeout(total=10, connect=5)
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
    """One horde, one key."""

    def __init__(self, session: aiohttp.ClientSession, url: str, api_key: str, sleep: Sleep = asyncio.sleep) -> None:
        self._session = session
        self.url = re.sub(r"/api(/v2)?$", "", url.rstrip("/"))
        self._headers = {"apikey": api_key, "Client-Agent": f"OpenHorde Worker:{VERSION}:openhorde"}
        self._sleep = sleep

    async def pop(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Ask for jobs. Raises `Refused` or `Unreachable`; trying again is the caller's decision."""
        return await self._call("POST", path, body)

    async def download(self, url: str) -> bytes | None:
        """What lies at an address that the horde sent; None when it cannot be had or is too large."""
        try:
            await check_address(url, self.url)
            address = URL(url, encoded=True)
        except ValueError:
            return None
        for attempt in range(DOWNLOAD_TRIES):
            if attempt:
                await self._sleep(float(attempt))
            try:
                async with self._session.get(address, timeout=_DOWNLOAD_TIMEOUT, allow_redirects=False) as answer:
                    if answer.status == 200:
                        return await _at_most(answer.content, DOWNLOAD_LIMIT_BYTES)
                    if answer.status < 500 and answer.status not in _RETRIED:
                        return None  # also for a redirect, which might lead anywhere
            except (aiohttp.ClientError, TimeoutError, OSError):
                continue
        return None

    async def upload(self, url: str, data: bytes) -> bool:
        """PUT an image to its address; whether it arrived."""
        try:
            await check_address(url, self.url)
            address = URL(url, encoded=True)  # verbatim: a signature may cover how it is written
        except ValueError:
            return False
        for attempt in range(UPLOAD_TRIES):
            if attempt:
                await self._sleep(float(attempt))
            try:
                async with self._session.put(
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
            except (aiohttp.ClientError, TimeoutError, OSError):
                continue
        return False

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
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = await self._call("POST", path, body)
                return finite_number(answer.get("reward"), 0.0)
            except Unreachable:
                if attempt >= SUBMIT_TRIES:
                    raise
                pause_s = backoff_s(attempt)
            except Refused as refusal:
                if refusal.rc == "DuplicateGen" and attempt > 1:
                    return 0.0  # an earlier try arrived; what it earned was in the answer that got lost
                if refusal.status not in _RETRIED or attempt >= SUBMIT_TRIES:
                    raise
                pause_s = refusal.retry_after_s or backoff_s(attempt)
            await self._sleep(pause_s)

    async def _call(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            async with self._session.request(
                method, self.url + path, json=body, headers=self._headers, timeout=_CALL_TIMEOUT
            ) as answer:
                raw = await _at_most(answer.content, ANSWER_LIMIT_BYTES)
                if raw is None:
                    raise Unreachable(f"the answer is larger than {ANSWER_LIMIT_BYTES >> 20} MiB")
                found = _object(raw)
                if answer.status < 300:
                    if found is None:
                        raise Unreachable("the answer is no JSON object")
                    return found
                raise _refusal(answer.status, found, answer.headers.get("Retry-After"))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from error


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


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _refusal(status: int, body: dict[str, Any] | None, retry_after: str | None) -> Exception:
    if status >= 500:
        return Unreachable(f"the horde answered {status}")
    body = body or {}
    is_number = retry_after is not None and retry_after.isascii() and retry_after.isdigit()
    seconds = min(float(retry_after or 0), RETRY_AFTER_LIMIT_S) if is_number else None
    message = str(body.get("message") or f"status {status}")
    if isinstance(body.get("errors"), dict):
        message += ": " + "; ".join(f"{name}: {text}" for name, text in body["errors"].items())
    return Refused(status, str(body.get("rc") or ""), message[:1000], seconds)
