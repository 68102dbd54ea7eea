"""Why a worker and its owner may be suspected, and from when on that counts (moderation.md §3)."""

from __future__ import annotations

from enum import IntEnum

SUSPICIOUS_FROM = 5
"""Reasons from which on a worker is paused, and an account gets no trust by itself and gives and receives no kudos."""
MOST_NOTED = 100
"""More reasons against one worker or account say nothing new."""
FASTEST_IMAGE_SPEED = 20e6
"""Pixelsteps per second beyond which no machine is believed (moderation.md §3.3)."""
_FASTEST_TEXT_SPEED = 150.0


class Suspicion(IntEnum):
    """Why somebody is suspected; the numbers up to 9 are the original's."""

    WORKER_NAME_LONG = 0
    WORKER_NAME_EXTREME = 1
    WORKER_PROFANITY = 2
    UNSAFE_IP = 3
    EXTREME_MAX_PIXELS = 4
    UNREASONABLY_FAST = 5
    USERNAME_LONG = 6
    USERNAME_PROFANITY = 7
    CORRUPT_PROMPT = 8
    TOO_MANY_JOBS_ABORTED = 9
    REPORTED_RESULT = 10  # ours: a user reported a result, and a moderator agreed


REPEATABLE = frozenset({Suspicion.UNREASONABLY_FAST, Suspicion.TOO_MANY_JOBS_ABORTED, Suspicion.REPORTED_RESULT})
"""Reasons that count each time; the others count once."""


def reason_name(number: int) -> str:
    """A reason in words; one of a later release by its number."""
    return Suspicion(number).name.lower() if number in list(Suspicion) else f"reason_{number}"


def fastest_text_speed(model: str, parameters_billions: float | None) -> float:
    """Tokens per second beyond which no machine is believed; `None`: a model of unknown size."""
    if parameters_billions is None:
        return _FASTEST_TEXT_SPEED
    limit = 30.0 if parameters_billions >= 70 else 100.0 if parameters_billions >= 14 else _FASTEST_TEXT_SPEED
    return limit * 3 if "8x" in model else limit
