"""What a form costs (kudos.md §4.1; of its two readings of the burn the one by which slow workers are cheaper)."""

from __future__ import annotations

_BURN_HUNDREDTHS = 100
_FAST_BURN_HUNDREDTHS = 200


def reward_hundredths(form: str, picture_tiles: int, *, makes_picture: bool) -> int:
    """What an alchemist earns for a form: 3 kudos a tile for pictures, 3 for an interrogation, else 1."""
    if makes_picture:
        return 300 * picture_tiles
    return 300 if form == "interrogation" else 100


def debit_hundredths(reward: int, *, slow_workers: bool) -> int:
    """What the requester pays: the reward and what is burnt, more where slow workers are refused. There is no tax."""
    return reward + (_BURN_HUNDREDTHS if slow_workers else _FAST_BURN_HUNDREDTHS)
