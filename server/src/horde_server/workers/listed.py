"""The list of workers online, ready as bytes, for a second: to make it of a thousand workers takes 20 ms.

Two of each are kept, as anybody and as moderators see it; owners get the first with their own workers in their places.
What is changed in between – a worker that comes or goes, a rename, maintenance, a pause, new abilities – is in the next
answer. Only what time and work change (uptime, kudos, jobs, who fell silent), and the text that another node changed,
may be a second old (workers.md §11.6).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.workers.directory import WorkerDirectory
from horde_server.workers.shown import ShownWorkers

REMEMBERED_S: Final = 1.0

_encode = msgspec.json.Encoder().encode


class _Wanted(NamedTuple):
    kind: str  # "" for all
    by_moderators: bool


class _Remembered(NamedTuple):
    at_s: float
    version: int  # of the directory
    parts: Mapping[str, bytes]  # each worker by its id, in the list's order
    body: bytes


class ListedWorkers:
    """Lists of workers online, as JSON."""

    def __init__(self, shown: ShownWorkers, directory: WorkerDirectory, monotonic: Callable[[], float]) -> None:
        self._shown = shown
        self._directory = directory
        self._monotonic = monotonic
        self._remembered: dict[_Wanted, _Remembered] = {}
        self._making: defaultdict[_Wanted, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def online(self, viewer: Caller, *, name: str | None, kind: str | None) -> bytes:
        """Those online; with a name (of any case) only that one, else with a kind only those of it."""
        if name or (kind and not self._directory.has_kind(kind)):
            return _encode(await self._shown.online(viewer, name=name, kind=kind))
        moderates = viewer.account is not None and viewer.may(Right.MODERATE)
        wanted = _Wanted(kind or "", moderates)
        if (known := self._fresh(wanted)) is None:
            async with self._making[wanted]:  # one makes it, whoever comes meanwhile takes it from there
                known = self._fresh(wanted) or await self._made(wanted, viewer if moderates else _ANYBODY)
        if moderates or viewer.account is None or not viewer.may(Right.READ_OWN):
            return known.body
        if not self._directory.has_any_of(viewer.account.id):
            return known.body
        own = _parts(await self._shown.online_of(viewer, viewer.account.id))
        return _list(own.get(worker_id, part) for worker_id, part in known.parts.items())

    def _fresh(self, wanted: _Wanted) -> _Remembered | None:
        known = self._remembered.get(wanted)
        if known is None or known.version != self._directory.version:
            return None
        return known if self._monotonic() - known.at_s < REMEMBERED_S else None

    async def _made(self, wanted: _Wanted, viewer: Caller) -> _Remembered:
        version, at_s = self._directory.version, self._monotonic()  # as they were before the rows were read
        parts = _parts(await self._shown.online(viewer, name=None, kind=wanted.kind))
        made = self._remembered[wanted] = _Remembered(at_s, version, parts, _list(parts.values()))
        return made


def _parts(workers: list[dict[str, Any]]) -> dict[str, bytes]:
    return {worker["id"]: _encode(worker) for worker in workers}


def _list(parts: Iterable[bytes]) -> bytes:
    return b"[" + b",".join(parts) + b"]"


_ANYBODY: Final = Caller(None, "", "")
