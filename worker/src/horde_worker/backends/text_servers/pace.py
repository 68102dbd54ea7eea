"""How fast a server writes: how long texts may take and which are offered, and what a horde would not believe."""

from __future__ import annotations

import re
from typing import Final

import structlog

log = structlog.get_logger(__name__)

WEIGHT_OF_THE_LATEST: Final = 0.3
MEASURED_FROM_TOKENS: Final = 8
SURE_FROM_TEXTS: Final = 3
GRACE_S: Final = 30.0
"""On top of twice the usual time, so that a machine that does something else for a moment costs no job."""
OFFERED_S: Final = 120.0
"""No longer texts are offered than are written in this time: a text has 150 s (requests.md §8)."""
PROLONGED: Final = 3
"""How many times longer texts are offered to a horde that takes signs of life: it waits up to four times as long."""
SUSPECTED_FROM_TOKENS: Final = 32


def believed_tokens_per_s(model: str) -> float:
    """Above this, hordes suspect a worker of not running the model that it names (moderation.md §3.3)."""
    sizes = [float(size) for size in re.findall(r"(?<![\d.])(\d+(?:\.\d+)?)\s*b(?![a-z])", model.lower())]
    size = max(sizes, default=0.0)
    limit = 30.0 if size >= 70 else 100.0 if size >= 14 else 150.0
    return limit * 3 if "8x" in model.lower() else limit


class Pace:
    """Measured on the texts that were written; a moving average."""

    def __init__(self) -> None:
        self.tokens_per_s: float | None = None
        self._first_s_per_character = 0.0
        self._texts = 0
        self._warned: set[str] = set()

    def note(self, model: str, *, prompt_characters: int, tokens: int, first_s: float, rest_s: float) -> None:
        """A text is there: `first_s` seconds until its first piece, `rest_s` for the others."""
        if tokens < MEASURED_FROM_TOKENS or rest_s <= 0:
            return
        self._texts += 1
        speed = (tokens - 1) / rest_s
        if self.tokens_per_s is None:
            self.tokens_per_s = speed
        self.tokens_per_s += WEIGHT_OF_THE_LATEST * (speed - self.tokens_per_s)
        slowness = first_s / max(prompt_characters, 1)
        self._first_s_per_character = max(slowness, self._first_s_per_character * (1 - WEIGHT_OF_THE_LATEST))
        self._suspect(model, tokens, tokens / (first_s + rest_s))

    def limit_s(self, max_length: int, prompt_characters: int) -> float | None:
        """How long a text may take before it counts as stuck; None while too little is known."""
        if self._texts < SURE_FROM_TEXTS or not self.tokens_per_s:
            return None
        reading_s = self._first_s_per_character * prompt_characters
        return GRACE_S + 2 * (max_length / self.tokens_per_s + reading_s)

    def longest_text(self, most: int, *, is_prolonged: bool = False) -> int:
        """How many tokens to offer: those that are written in time, of which signs of life make more."""
        if self._texts < SURE_FROM_TEXTS or not self.tokens_per_s:
            return most
        seconds = OFFERED_S * (PROLONGED if is_prolonged else 1)
        return max(min(most, int(self.tokens_per_s * seconds) // 16 * 16), min(most, 16))

    def _suspect(self, model: str, tokens: int, speed: float) -> None:
        limit = believed_tokens_per_s(model)
        if tokens >= SUSPECTED_FROM_TOKENS and speed > limit and model not in self._warned:
            self._warned.add(model)
            log.warning(
                "worker.suspicious_speed",
                model=model,
                tokens_per_s=round(speed),
                believed=round(limit),
                advice="hordes suspect workers that write faster than this for a model of that name; see that the "
                "name tells the model's size truly",
            )
