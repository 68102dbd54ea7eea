"""How fast jobs of each model were made, and so how long the next ones will take."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

WEIGHT_OF_THE_LAST: Final = 0.3
MOST_MODELS: Final = 500


class Speeds:
    """Effort per second by model: a running mean, in which the last jobs count most."""

    def __init__(self) -> None:
        self._by_model: OrderedDict[str, float] = OrderedDict()

    def learn(self, model: str, effort: float, seconds: float) -> None:
        """A job was made in so many seconds."""
        if effort <= 0 or seconds <= 0:
            return
        now = effort / seconds
        before = self._by_model.pop(model, now)
        self._by_model[model] = before + (now - before) * WEIGHT_OF_THE_LAST
        if len(self._by_model) > MOST_MODELS:
            self._by_model.popitem(last=False)

    def expected_s(self, model: str, effort: float) -> float | None:
        """Seconds that a job will take; None for a model of which none was made yet."""
        speed = self._by_model.get(model)
        return None if not speed else effort / speed
