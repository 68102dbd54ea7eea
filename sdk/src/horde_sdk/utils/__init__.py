"""Seeds, and how programs introduce themselves."""

from __future__ import annotations

import random

from horde_sdk.client_agent import create_bridge_agent_string, default_bridge_agent_string

__all__ = ["create_bridge_agent_string", "default_bridge_agent_string", "seed_to_int"]

_SEEDS = 1 << 32
"""How many seeds there are; a seed is one number of 32 bits."""


def seed_to_int(s: int | str | None = None) -> int:
    """Return the number that a seed of the API stands for.

    A number stays as it is, also a negative one. Digits are that number and other text its UTF-8 bytes, read
    little-endian, both modulo 2³². `None` and empty text draw one at random.

    Example:
        >>> seed_to_int("42"), seed_to_int("test_seed"), seed_to_int(-1)
        (42, 1953719668, -1)
    """
    if isinstance(s, int):
        return s
    if not s:
        return random.randrange(_SEEDS)
    if not s.isdecimal():
        return int.from_bytes(s.encode(), "little") % _SEEDS
    seed = 0
    for digit in s:  # int() refuses more than some thousand digits
        seed = (seed * 10 + int(digit)) % _SEEDS
    return seed
