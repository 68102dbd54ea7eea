"""The options of forms as they come over the wire: numbers as text, out of bounds, or no numbers at all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from horde_worker.backends.alchemy import Option


@dataclass(frozen=True, slots=True)
class FormOptions:
    """What was asked for. What makes no sense counts as absent, and bounds clamp."""

    sent: Mapping[str, Option]

    def number(self, name: str, default: float, least: float, most: float) -> float:
        """A number within its bounds."""
        value = self.sent.get(name)
        if value is None or isinstance(value, bool):
            return default
        try:
            number = float(value)
        except (ValueError, OverflowError):
            return default
        return default if math.isnan(number) else min(max(number, least), most)

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number within its bounds."""
        return round(self.number(name, default, least, most))

    def flag(self, name: str, default: bool) -> bool:
        """Yes or no; as text `true`, `1`, `yes` and their opposites."""
        value = self.sent.get(name)
        if isinstance(value, str):
            known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
            return known.get(value.strip().lower(), default)
        return value if isinstance(value, bool) else default
