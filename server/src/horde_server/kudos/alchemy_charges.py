"""What a form costs (kudos.md §4; of its two readings of the burn the one by which slow workers are cheaper)."""

from __future__ import annotations

from math import ceil

TILE_SIDE_PIXELS = 512
_BURN_HUNDREDTHS = 100
_FAST_BURN_HUNDREDTHS = 200


def tiles(width: int, height: int) -> int:
    """How many tiles of 512×512 pixels cover a picture."""
    return ceil(width / TILE_SIDE_PIXELS) * ceil(height / TILE_SIDE_PIXELS)


def reward_hundredths(form: str, picture_tiles: int, *, makes_picture: bool) -> int:
    """What an alchemist earns for a form: 3 kudos a tile for pictures, 3 for an interrogation, else 1."""
    if makes_picture:
        return 300 * picture_tiles
    return 300 if form == "interrogation" else 100


def debit_hundredths(reward: int, *, slow_workers: bool) -> int:
    """What the requester pays: the reward and what is burnt, more where slow workers are refused. There is no tax."""
    return reward + (_BURN_HUNDREDTHS if slow_workers else _FAST_BURN_HUNDREDTHS)
