"""Statistics as they are told: remembered for a while by this node, so that no number of readers costs the database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Generic, TypeVar

from horde_server.database.pool import Pool
from horde_server.dispatch.kind import WorkerRules
from horde_server.statistics import store
from horde_server.statistics.store import Work

TOTALS_KEPT_S = 1.0
MODELS_KEPT_S = 50.0
"""As long as the original remembers its own."""
MOST_MODELS = 2000
"""Models told of one window: the most used."""
MODEL_STATES = ("known", "custom", "all")

AnswerT = TypeVar("AnswerT")
Counts = dict[str, dict[str, int]]


class _Remembered(Generic[AnswerT]):
    """An answer, asked for again once it is too old; who comes meanwhile waits for that one question."""

    def __init__(self, ask: Callable[[], Awaitable[AnswerT]], kept_s: float, monotonic: Callable[[], float]) -> None:
        self._ask = ask
        self._kept_s = kept_s
        self._monotonic = monotonic
        self._asking = asyncio.Lock()
        self._known: tuple[float, AnswerT] | None = None

    async def answer(self) -> AnswerT:
        async with self._asking:
            if self._known is None or self._monotonic() - self._known[0] >= self._kept_s:
                self._known = (self._monotonic(), await self._ask())
            return self._known[1]


class Statistics:
    """Work of each kind within rolling windows, and by model."""

    def __init__(self, pool: Pool, kinds: Mapping[str, WorkerRules], monotonic: Callable[[], float]) -> None:
        self._pool = pool
        self._totals = {name: _Remembered(partial(self._look_up, name), TOTALS_KEPT_S, monotonic) for name in kinds}
        self._models = {
            name: _Remembered(partial(self._look_up_models, name), MODELS_KEPT_S, monotonic) for name in kinds
        }
        self._kinds = kinds

    async def totals(self, kind: str) -> dict[str, Work]:
        """Jobs and things of the past `minute`, `hour`, `day`, `month` (30 days), and in `total`."""
        return await self._totals[kind].answer()

    async def models(self, kind: str, model_state: str) -> Counts:
        """Jobs by model, the most used first; of the models that the reference knows, of the others, or of all."""
        return (await self._models[kind].answer())[model_state]

    async def forget(self) -> None:
        """Drop grains too fine for their age."""
        async with self._pool.connection() as conn:
            await store.forget_fine_grains(conn)

    async def _look_up(self, kind: str) -> dict[str, Work]:
        async with self._pool.connection() as conn:
            return await store.windows(conn, kind)

    async def _look_up_models(self, kind: str) -> dict[str, Counts]:
        async with self._pool.connection() as conn:
            found = await store.most_used_models(conn, kind, MOST_MODELS)
        knows = self._kinds[kind].knows_model
        names = {name for counts in found.values() for name in counts}
        known = {name for name in names if knows(name)}
        return {
            "known": _only(found, known),
            "custom": _only(found, names - known),
            "all": found,
        }


def _only(found: Counts, names: set[str]) -> Counts:
    return {window: {name: jobs for name, jobs in counts.items() if name in names} for window, counts in found.items()}
