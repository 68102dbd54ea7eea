"""One question to a program on this machine: soon, small, and to nowhere else."""

from __future__ import annotations

import json
from typing import Any, Final

import aiohttp

ANSWER_LIMIT_S: Final = 3.0
ANSWER_LIMIT_BYTES: Final = 4 * 1024 * 1024
WANTS_KEY: Final = object()
"""The answer of a program that lets nobody in without a key."""


class Asker:
    """Asks one address. Whatever goes wrong is no answer: None."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self.url = url

    async def json(self, path: str) -> Any:
        """What it answers, `WANTS_KEY`, or None."""
        raw = await self._read(path)
        if raw is WANTS_KEY or raw is None:
            return raw
        try:
            return json.loads(raw)  # type: ignore[arg-type]
        except (ValueError, RecursionError):
            return None

    async def _read(self, path: str) -> bytes | object | None:
        timeout = aiohttp.ClientTimeout(total=ANSWER_LIMIT_S)
        try:
            async with self._session.get(self.url + path, timeout=timeout, allow_redirects=False) as answer:
                if answer.status in (401, 403):
                    return WANTS_KEY
                if answer.status != 200:
                    return None
                raw = await answer.content.read(ANSWER_LIMIT_BYTES + 1)
                while len(raw) <= ANSWER_LIMIT_BYTES and (more := await answer.content.read(ANSWER_LIMIT_BYTES)):
                    raw += more
                return raw if len(raw) <= ANSWER_LIMIT_BYTES else None
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            return None
