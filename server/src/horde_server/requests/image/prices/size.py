"""How setup and step of an image grow with its size."""

from __future__ import annotations

from typing import NamedTuple


class SizeCurve(NamedTuple):
    """1 at 512×512, plus parts that never fall as a side grows: no slope is negative."""

    area_slope: float
    knots: tuple[tuple[float, float], ...]  # (mean side above which it counts, slope), sides in units of 512

    def at(self, side: float, area: float) -> float:
        """The factor for a mean side and an area, in units of 512 pixels and 512² pixels."""
        factor = 1.0 + self.area_slope * (area - 1.0)
        for knot, slope in self.knots:
            if side > knot:
                factor += slope * (side - knot)
        return factor


class Sizes(NamedTuple):
    """Kudos of setup and of one step at 512×512, and how they grow."""

    setup: float
    step: float
    setup_size: SizeCurve
    step_size: SizeCurve
