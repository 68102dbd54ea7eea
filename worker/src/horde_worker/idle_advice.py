"""What an owner is told whose worker has nothing to do: why, and which models would change that."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Protocol

import structlog

from horde_worker.horde_api import Refused, Unreachable

log = structlog.get_logger(__name__)

ADVICE_EVERY_S = 60.0
WANTED_EVERY_S = 300.0
WANTED_TOLD = 5


class AsksForModels(Protocol):
    """Who asks the horde which models are wanted: None when there was no time for that."""

    async def __call__(self) -> Sequence[tuple[str, int]] | None: ...


class IdleAdvice:
    """Tells now and then, and asks the horde more rarely still."""

    def __init__(self, ask: AsksForModels) -> None:
        self._ask = ask
        self._advised_at = -ADVICE_EVERY_S
        self._asked_at = -WANTED_EVERY_S
        self._wanted: tuple[tuple[str, int], ...] = ()

    async def give(self, skipped: Mapping[str, int]) -> None:
        """A pop brought nothing, as so many requests were not for this worker, by reason."""
        now = time.monotonic()
        if not skipped or now - self._advised_at <= ADVICE_EVERY_S:
            return
        self._advised_at = now
        wanted = await self._wanted_models(now) if "models" in skipped else {}
        log.info("worker.idle", requests_not_for_us=dict(skipped), **({"wanted_models": wanted} if wanted else {}))

    async def _wanted_models(self, now: float) -> dict[str, int]:
        """The most wanted models that are not offered, each with the jobs that wait."""
        if now - self._asked_at > WANTED_EVERY_S:
            self._asked_at = now
            try:
                self._wanted = tuple(await self._ask() or ())[:WANTED_TOLD]
            except (Refused, Unreachable):
                self._wanted = ()
        return dict(self._wanted)
