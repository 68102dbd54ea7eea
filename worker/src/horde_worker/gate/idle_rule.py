"""The owner's own use comes first: not while he uses the backend, the card or the day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

import structlog

from horde_worker.gate.gpu_load import GpuLoad
from horde_worker.gate.schedule import is_time, windows_of
from horde_worker.kinds.interface import Kind
from horde_worker.settings import IdleSettings
from horde_worker.steady_clock import steady_s

log = structlog.get_logger(__name__)

GPU_ASKED_EVERY_S: Final = 10.0


class IdleRule:
    """Against work outside of the hours, shortly after somebody else used the backend, and on a busy card."""

    def __init__(
        self,
        settings: IdleSettings,
        kind: Kind[Any, Any],
        *,
        wall_clock: Callable[[], dt.datetime] = dt.datetime.now,
        clock: Callable[[], float] = steady_s,
        gpu: GpuLoad | None = None,
    ) -> None:
        """Raises `NoSchedule`."""
        self._settings = settings
        self._windows = windows_of(settings.schedule)
        self._kind = kind
        self._wall_clock = wall_clock
        self._clock = clock
        self._gpu = gpu or GpuLoad()
        self._used_at: float | None = None
        self._gpu_asked_at: float | None = None
        self._gpu_percent: int | None = None
        if settings.gpu_util_below is not None and not self._gpu.is_known:
            log.warning("worker.idle_rule_off", rule="gpu_util_below", reason="there is no nvidia-smi to ask")

    async def reason(self, jobs_in_hand: int) -> str:
        """By the clock, by the backend, by the card, in this order."""
        if not is_time(self._windows, self._wall_clock()):
            return f"it is outside of {self._settings.schedule}"
        return self._after_use() or await self._on_a_busy_card(jobs_in_hand)

    def _after_use(self) -> str:
        wait_s = self._settings.after_local_use_s
        if wait_s is None:
            return ""
        now = self._clock()
        if self._kind.is_used_by_others:
            self._used_at = now
        if self._used_at is None or now - self._used_at >= wait_s:
            return ""
        return f"the backend was used by somebody else less than {wait_s:.0f} seconds ago"

    async def _on_a_busy_card(self, jobs_in_hand: int) -> str:
        """While jobs of our own run, the card is busy with them."""
        most = self._settings.gpu_util_below
        if most is None or jobs_in_hand or not self._gpu.is_known:
            return ""
        now = self._clock()
        if self._gpu_asked_at is None or now - self._gpu_asked_at >= GPU_ASKED_EVERY_S:
            self._gpu_asked_at = now
            self._gpu_percent = await self._gpu.percent()
        if self._gpu_percent is None or self._gpu_percent < most:
            return ""
        return f"the graphics card is busy to {self._gpu_percent} %"
