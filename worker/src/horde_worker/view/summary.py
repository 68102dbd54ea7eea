"""The plain view: beside a line for each result, one for the whole from time to time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import structlog

from horde_worker.view.shown import headline
from horde_worker.view.state import WorkerState

log = structlog.get_logger(__name__)

EVERY_S: Final = 900.0


async def summaries(state: WorkerState, sleep: Callable[[float], Any] = asyncio.sleep) -> None:
    """Write one every quarter of an hour, until cancelled."""
    while True:
        await sleep(EVERY_S)
        per_hour = state.kudos_of_last_hour()
        log.info(
            "worker.summary",
            doing=headline(state),
            results=state.total_results,
            kudos=state.total_kudos,
            kudos_of_last_hour=None if per_hour is None else round(per_hour, 1),
            dropped_in_last_hour=state.drops_of_last_hour(),
        )
