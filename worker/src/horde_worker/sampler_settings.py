"""A text job's samplers as figures. Apart from what draws tokens by them, which needs numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DEFAULT_ORDER: Final = (6, 0, 1, 3, 4, 2, 5)
"""The order of the steps where a job names none; `text_sampling` says which number is which."""


@dataclass(frozen=True, slots=True)
class TextSampling:
    """A job's samplers; the defaults are neutral. `rep_pen_range` counts tokens, and None means all there are."""

    temperature: float = 1.0
    top_k: int = 0
    top_a: float = 0.0
    top_p: float = 1.0
    min_p: float = 0.0
    tfs: float = 1.0
    typical: float = 1.0
    rep_pen: float = 1.0
    rep_pen_range: int | None = None
    rep_pen_slope: float = 0.0
    smoothing_factor: float = 0.0
    dynatemp_range: float = 0.0
    dynatemp_exponent: float = 1.0
    sampler_order: tuple[int, ...] = DEFAULT_ORDER


NEUTRAL: Final = TextSampling()
