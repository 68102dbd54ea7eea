"""Results on their way to the horde: kept on disk until it has them, sent again when they did not arrive."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from pydantic import ValidationError

from horde_worker.hooks import Delivery, Hooks, Job
from horde_worker.horde_api import Refused, Unreachable
from horde_worker.kinds.interface import Kind
from horde_worker.kinds.parcel import Parcel, Undeliverable
from horde_worker.named_places import Sleep
from horde_worker.spool.parcel_file import Spooled
from horde_worker.spool.spool import Spool
from horde_worker.steady_clock import steady_s
from horde_worker.waiting import unless_stopped

log = structlog.get_logger(__name__)

RESEND_EVERY_S: Final = 30.0
TOO_LATE_BEFORE_LESS: Final = 3
_NOT_NOW: Final = frozenset({401, 403, 408, 429})
"""A result that is refused like this is as good as before: once the key is right, or the horde less busy."""


@dataclass(frozen=True, slots=True)
class EarlierJob:
    """What is known of a job whose result lay in the spool."""

    ids: tuple[str, ...]
    model: str
    kept_s: float
    ttl_s: float = 0.0

    def log_fields(self) -> Mapping[str, Any]:
        """How long it lay there."""
        return {"kept_s": round(self.kept_s)}


class Delivering:
    """Hands results of one kind over. Calls `on_refused` when the horde will not have this worker any more."""

    def __init__(
        self,
        kind: Kind[Any, Any],
        spool: Spool | None,
        *,
        on_refused: Callable[[Refused], None],
        on_late: Callable[[], None],
    ) -> None:
        self._kind = kind
        self._spool = spool
        self._on_refused = on_refused
        self._on_late = on_late
        self._on_the_way: set[str] = set()
        self._late_in_a_row = 0
        self.usual_s = 0.0
        """How long a delivery takes: a running mean."""

    async def deliver(self, job: Job, place: int, parcel: Parcel, began: float, hooks: Hooks) -> None:
        """Hand over a result that was just made; whatever becomes of it is told to the hooks."""
        self._on_the_way.add(parcel.job_id)
        try:
            if self._spool is not None:
                await self._spool.keep(parcel, job.model)
            seconds, since = steady_s() - began, steady_s()
            kudos = await self._sent(parcel, is_from_before=False, lost=lambda why: hooks.on_lost(job, place, why))
            if kudos is not None:
                self.usual_s += (steady_s() - since - self.usual_s) * 0.3
                await hooks.on_delivered(job, Delivery(place, seconds, kudos))
        finally:
            self._on_the_way.discard(parcel.job_id)

    async def resend_until(self, stop: asyncio.Event, hooks: Hooks, sleep: Sleep) -> None:
        """Hand over what is kept: at the start, and from time to time. What is under way is finished at the stop."""
        while self._spool is not None and not stop.is_set():
            for spooled in await self._spool.left_over():
                if spooled.parcel.job_id in self._on_the_way:
                    continue
                if stop.is_set() or not await self._resend(spooled, hooks):
                    break  # the horde is not reached: the others would not arrive either
            await unless_stopped(stop, sleep(RESEND_EVERY_S))

    async def _resend(self, spooled: Spooled, hooks: Hooks) -> bool:
        """Hand over one result; whether the horde has answered."""
        parcel = spooled.parcel
        job = EarlierJob((parcel.job_id,), spooled.model, max(time.time() - spooled.made_at, 0.0))
        self._on_the_way.add(parcel.job_id)
        try:
            kudos = await self._sent(parcel, is_from_before=True, lost=lambda why: hooks.on_lost(job, 0, why))
        finally:
            self._on_the_way.discard(parcel.job_id)
        if kudos is not None:
            await hooks.on_delivered(job, Delivery(0, 0.0, kudos))
        return kudos is not None or not await self._is_kept(parcel)

    async def _is_kept(self, parcel: Parcel) -> bool:
        assert self._spool is not None
        return any(one.parcel.job_id == parcel.job_id for one in await self._spool.left_over())

    async def _sent(
        self, parcel: Parcel, *, is_from_before: bool, lost: Callable[[str], Awaitable[None]]
    ) -> float | None:
        """The reward; None when the result is kept for later, or lost for good, which is told."""
        try:
            kudos = await self._kind.deliver(parcel)
        except Refused as refusal:
            if refusal.rc == "DuplicateGen" and is_from_before:
                await self._forget(parcel)  # it had arrived, and only the answer was lost
                return 0.0
            if refusal.status in (401, 403) and not is_from_before:
                self._on_refused(refusal)
            if refusal.status in _NOT_NOW and self._spool is not None:
                self._tell_kept(parcel, refusal)
                return None
            await self._forget(parcel)
            await lost(str(refusal))
            if refusal.rc == "AbortedGen":
                self._count_late()
            return None
        except Unreachable as error:
            if self._spool is None:
                await lost(str(error))
            else:
                self._tell_kept(parcel, error)
            return None
        except (Undeliverable, ValidationError) as error:
            await self._forget(parcel)
            await lost(str(error) if isinstance(error, Undeliverable) else "it is no result of this kind")
            return None
        self._late_in_a_row = 0
        await self._forget(parcel)
        return kudos

    def _count_late(self) -> None:
        """The horde had given the job away: too many of those in a row, and less is offered."""
        self._late_in_a_row += 1
        if self._late_in_a_row >= TOO_LATE_BEFORE_LESS:
            self._late_in_a_row = 0
            self._on_late()

    def _tell_kept(self, parcel: Parcel, error: Exception) -> None:
        log.warning("worker.result_kept", job=parcel.job_id, reason=str(error))

    async def _forget(self, parcel: Parcel) -> None:
        if self._spool is not None:
            # A worker that leaves at this very moment must not send it twice.
            await asyncio.shield(self._spool.forget(parcel))
