"""Keeps `top 5` true: which models are used most, asked of the horde at the start and every hour."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import structlog

from horde_worker.commands.horde_questions import HordeQuestions, NoAnswer
from horde_worker.settings import WorkerSettings

log = structlog.get_logger(__name__)

EVERY_S: Final = 3600.0
AGAIN_S: Final = 60.0
MOST_NAMES: Final = 20_000


async def asked_ranking(horde: str, key: str) -> tuple[str, ...]:
    """Names, the most used of the last month first. Raises `NoAnswer`."""
    async with HordeQuestions(horde, key) as questions:
        found = await questions.ask("GET", "stats/img/models?model_state=known")
    counts = found.get("month") if isinstance(found, dict) else None
    if not isinstance(counts, dict):
        raise NoAnswer("the horde does not say which models are used")
    rows = [(name, count) for name, count in counts.items() if isinstance(count, int | float)][:MOST_NAMES]
    return tuple(name for name, count in sorted(rows, key=lambda row: -row[1]))


async def keep_ranking(settings: WorkerSettings, sleep: Callable[[float], Any] = asyncio.sleep) -> None:
    """Ask until cancelled. Without an answer the last one holds; before the first, such a word stands for nothing."""
    live = settings.wishes.live
    assert live is not None
    while True:
        try:
            ranking = await asked_ranking(settings.horde_url, settings.api_key)
        except NoAnswer as error:
            log.warning("worker.no_ranking", reason=str(error))
            await sleep(AGAIN_S)
            continue
        live.now = {**live.now, "choice": replace(settings.wishes.choice, ranking=ranking)}
        await sleep(EVERY_S)
