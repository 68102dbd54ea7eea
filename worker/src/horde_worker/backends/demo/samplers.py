"""The four samplers that `ember-demo` really has, and which of them each sampler name of the horde means here."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from horde_worker.backends.demo.noise_schedule import blend_share
from horde_worker.backends.demo.weights import Array

Denoise: TypeAlias = Callable[[Array, float], Array]
"""Clean picture from a noisy one and its sigma."""
DrawNoise: TypeAlias = Callable[[], Array]
Sampler: TypeAlias = Callable[[Array, tuple[float, ...], Denoise, DrawNoise], Iterator[Array]]
"""Walks down the sigmas; yields the picture after every step, so that the caller can count steps and stop."""


def euler(x: Array, sigmas: tuple[float, ...], denoise: Denoise, draw_noise: DrawNoise) -> Iterator[Array]:
    """First order, no new noise."""
    for here, below in _pairs(sigmas):
        slope = (x - denoise(x, here)) / here
        x = x + slope * (below - here)
        yield x


def euler_ancestral(x: Array, sigmas: tuple[float, ...], denoise: Denoise, draw_noise: DrawNoise) -> Iterator[Array]:
    """Euler that goes a little too far down and adds fresh noise at every step."""
    for here, below in _pairs(sigmas):
        up = min(below, math.sqrt(below**2 * (here**2 - below**2) / here**2))
        down = math.sqrt(below**2 - up**2)
        slope = (x - denoise(x, here)) / here
        x = x + slope * (down - here)
        if up > 0:
            x = x + draw_noise() * up
        yield x


def heun(x: Array, sigmas: tuple[float, ...], denoise: Denoise, draw_noise: DrawNoise) -> Iterator[Array]:
    """Second order: the mean of the slopes at both ends, so two looks at the net for each step but the last.

    Taken in the blend the net was trained on, where its paths are nearly straight: in sigma the first step spans most
    of the range, and the mean of its ends paints wrong colours when steps are few.
    """
    for here, below in _pairs(sigmas):
        t, u = blend_share(here), blend_share(below)
        blend = x * (1 - t)
        slope: Array = (blend - denoise(x, here)) / t
        if u > 0:
            guess: Array = blend + slope * (u - t)
            slope_below: Array = (guess - denoise(guess / (1 - u), below)) / u
            slope = slope * 0.5 + slope_below * 0.5
        reached: Array = blend + slope * (u - t)
        x = reached / (1 - u)
        yield x


def dpmpp_2m(x: Array, sigmas: tuple[float, ...], denoise: Denoise, draw_noise: DrawNoise) -> Iterator[Array]:
    """Second order with one look per step: leans on the previous step's clean picture."""
    before: Array | None = None
    step_before = 0.0
    for here, below in _pairs(sigmas):
        clean = denoise(x, here)
        if below == 0:
            x = clean
        else:
            step = math.log(here / below)
            lead = clean
            if before is not None:
                lean = step / (2 * step_before)
                lead = clean * (1 + lean) - before * lean
            x = x * (below / here) + lead * (1 - below / here)
            step_before = step
        before = clean
        yield x


SAMPLERS: Final[dict[str, Sampler]] = {
    "k_euler": euler,
    "k_euler_a": euler_ancestral,
    "k_heun": heun,
    "k_dpmpp_2m": dpmpp_2m,
}

NEAREST: Final[dict[str, str]] = {
    **{name: name for name in SAMPLERS},
    "k_lms": "k_dpmpp_2m",
    "k_dpm_2": "k_heun",
    "k_dpm_2_a": "k_euler_a",
    "k_dpm_fast": "k_dpmpp_2m",
    "k_dpm_adaptive": "k_heun",
    "k_dpmpp_2s_a": "k_euler_a",
    "k_dpmpp_sde": "k_euler_a",
    "dpmsolver": "k_dpmpp_2m",
    "ddim": "k_euler",
    "plms": "k_euler",
    "lcm": "k_euler_a",
    "uni_pc": "k_dpmpp_2m",
    "uni_pc_bh2": "k_dpmpp_2m",
}
"""Horde sampler name in lower case -> the one that runs. Multistep names lean on 2M, two-look names on Heun,
noisy ones on Euler-a, and DDIM without noise is Euler."""


def sampler_for(horde_name: str) -> str:
    """The name of the sampler that runs for a horde name; a name nobody knows means `k_euler`."""
    return NEAREST.get(horde_name.strip().lower(), "k_euler")


def _pairs(sigmas: tuple[float, ...]) -> Iterator[tuple[float, float]]:
    return itertools.pairwise(sigmas)
