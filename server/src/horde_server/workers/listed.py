"""The list of workers online as anybody sees it, ready as bytes, for a second: a thousand workers take 20 ms.

What is changed in between – a worker that comes or goes, a rename, maintenance, a pause, new abilities – is in the next
answer. Only what time and work change (uptime, kudos, jobs, who fell silent), and the text that another node changed,
may be a second old (workers.md §11.6).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec

from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.workers.directory import WorkerDirectory
from horde_server.workers.shown import ShownWorkers

REMEMBERED_S: Final = 1.0

_encode = msgspec.json.Encoder().encode


class _Remembered(NamedTuple):
    at_s: float
    version: int  # of the directory
    body: bytes


class ListedWorkers:
    """Lists of workers online, as JSON."""

    def __init__(self, shown: ShownWorkers, directory: WorkerDirectory, monotonic: Callable[[], float]) -> None:
        self._shown = shown
        self._directory = directory
        self._monotonic = monotonic
        self._remembered: dict[str, _Remembered] = {}  # by kind
        self._making: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def online(self, viewer: Caller, *, name: str | None, kind: str | None) -> bytes:
        """Those online; with a name (of any case) only that one, else with a kind only those of it."""
        wanted = kind or ""
        if name or (wanted and not self._directory.has_kind(wanted)) or self._sees_more(viewer):
            return _encode(await self._shown.online(viewer, name=name, kind=kind))
        if (known := self._fresh(wanted)) is None:
            async with self._making[wanted]:  # one makes it, whoever comes meanwhile takes it from there
                known = self._fresh(wanted) or await self._made(wanted, kind)
        return known.body

    def _sees_more(self, viewer: Caller) -> bool:
        """Whether this viewer is shown fields that not everybody sees: as a moderator, or of workers of their own."""
        if viewer.account is None:
            return False
        return viewer.may(Right.MODERATE) or self._directory.has_any_of(viewer.account.id)

    def _fresh(self, wanted: str) -> _Remembered | None:
        known = self._remembered.get(wanted)
        if known is None or known.version != self._directory.version:
            return None
        return known if self._monotonic() - known.at_s < REMEMBERED_S else None

    async def _made(self, wanted: str, kind: str | None) -> _Remembered:
        version, at_s = self._directory.version, self._monotonic()  # as they were before the rows were read
        rows: list[dict[str, Any]] = await self._shown.online(_ANYBODY, name=None, kind=kind)
        made = self._remembered[wanted] = _Remembered(at_s, version, _encode(rows))
        return made


_ANYBODY: Final = Caller(None, "", "")
