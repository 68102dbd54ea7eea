"""Balances that an account never falls below, by its kind: what a newcomer has to begin with."""

from __future__ import annotations

from typing import Final

_FLOORS_HUNDREDTHS: Final = {"anonymous": -5000, "pseudonymous": 1400}
_FLOOR_OF_OTHERS_HUNDREDTHS: Final = 2500
HIGHEST_FLOOR_HUNDREDTHS: Final = max(_FLOOR_OF_OTHERS_HUNDREDTHS, *_FLOORS_HUNDREDTHS.values())

_CASES = " ".join(f"WHEN '{kind}' THEN {floor}" for kind, floor in _FLOORS_HUNDREDTHS.items())
FLOOR_SQL: Final = f"CASE account.kind {_CASES} ELSE {_FLOOR_OF_OTHERS_HUNDREDTHS} END"
"""The floor of a row of `account`, in hundredths of kudos."""


def floor_hundredths(kind: str) -> int:
    """The balance an account of this kind never falls below, in hundredths of kudos (kudos.md §6.1)."""
    return _FLOORS_HUNDREDTHS.get(kind, _FLOOR_OF_OTHERS_HUNDREDTHS)
