"""How the noise goes down from step to step.

Samplers work in k-diffusion's terms: picture plus sigma times noise. The net was trained on the straight blend
`(1 - t) * picture + t * noise`; both describe the same thing with `t = sigma / (1 + sigma)`.
"""

from __future__ import annotations

from typing import Final

SIGMA_MAX: Final = 60.0
SIGMA_MIN: Final = 0.05
KARRAS_RHO: Final = 7.0


def sigmas(steps: int, *, karras: bool) -> tuple[float, ...]:
    """`steps` falling noise levels and a final 0; Karras spacing lingers at low noise, the other is even in t."""
    steps = max(1, steps)
    if steps == 1:
        return (SIGMA_MAX, 0.0)
    if karras:
        high, low = SIGMA_MAX ** (1 / KARRAS_RHO), SIGMA_MIN ** (1 / KARRAS_RHO)
        levels = [(high + i / (steps - 1) * (low - high)) ** KARRAS_RHO for i in range(steps)]
    else:
        most, least = blend_share(SIGMA_MAX), blend_share(SIGMA_MIN)
        shares = [most + i / (steps - 1) * (least - most) for i in range(steps)]
        levels = [share / (1 - share) for share in shares]
    return (*levels, 0.0)


def blend_share(sigma: float) -> float:
    """The `t` of training that goes with a sigma."""
    return sigma / (1 + sigma)
