"""Sizes of pictures: multiples of 64, within bounds; the same area where another maker wants fewer pixels."""

from __future__ import annotations

from typing import Final, TypeAlias

Size: TypeAlias = tuple[int, int]
"""Width and height in pixels."""

MULTIPLE: Final = 64
LEAST_SIDE: Final = 64
MOST_SIDE: Final = 3072


def rounded_up(side: int, multiple: int = MULTIPLE) -> int:
    """The next multiple, within what models can paint."""
    return min(max(-(-side // multiple) * multiple, LEAST_SIDE), MOST_SIDE)


def rounded_down(side: float, multiple: int = MULTIPLE) -> int:
    """The multiple below, one at least."""
    return max(int(side // multiple), 1) * multiple


def painted_size(width: int, height: int) -> Size:
    """The size at which a picture of this size is painted: models want multiples of 64, so it may be larger."""
    return rounded_up(width), rounded_up(height)
