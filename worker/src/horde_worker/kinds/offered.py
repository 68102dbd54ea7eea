"""What the offers of images and texts have in common, and how a hand-out is held against the offer it answers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from horde_worker.kinds.hand_out import UnusableJob

MOST_AT_A_TIME: Final = 20
"""Results of one request that a worker may ask for, by the API."""

MOST_LOADED: Final = 20


def least(able: int, wished: int | None, most: int | None = None) -> int:
    """What the backend can do, the operator allows, and the API takes."""
    return min(number for number in (able, wished, most) if number is not None)


def offered_models(wished: Sequence[str], able: Sequence[str]) -> list[str]:
    """Aliases and the backend's own models: those that it has at this moment."""
    return list(dict.fromkeys((*wished, *able)))


def offered_and_loaded(offered: Sequence[str], loaded: Sequence[str]) -> list[str] | None:
    """Models that need not be loaded first, as many as a pop takes; None where nobody knows of any."""
    return [name for name in loaded if name in offered][:MOST_LOADED] or None


def check_models_and_amount(model: str, ids: tuple[str, ...], models: Collection[str], amount: int) -> None:
    """Raise `UnusableJob` for another model or more results than offered: a horde may go by an older pop."""
    if model not in models:
        raise UnusableJob(f"the model {model!r} is not offered", ids)
    if len(ids) > amount:
        raise UnusableJob(f"{len(ids)} results are more than {amount} at a time", ids)
