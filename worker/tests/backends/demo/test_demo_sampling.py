"""Samplers against a net that always knows the answer: all must arrive at it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from horde_worker.backends.demo.noise_schedule import blend_share, sigmas
from horde_worker.backends.demo.samplers import NEAREST, SAMPLERS, sampler_for
from horde_worker.backends.demo.weights import Array

ANSWER = np.full((2, 2, 3), 0.25, dtype=np.float32)
HORDE_SAMPLERS = (
    "k_lms k_heun k_euler k_euler_a k_dpm_2 k_dpm_2_a k_dpm_fast k_dpm_adaptive k_dpmpp_2s_a k_dpmpp_2m "
    "dpmsolver k_dpmpp_sde lcm DDIM"
)


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("karras", [True, False])
@pytest.mark.parametrize("steps", [1, 2, 20])
def test_a_sampler_arrives_where_the_net_points(name: str, karras: bool, steps: int) -> None:
    dice = np.random.default_rng(0)

    def draw_noise() -> Array:
        return dice.standard_normal(ANSWER.shape, dtype=np.float32)

    levels = sigmas(steps, karras=karras)
    walk = list(SAMPLERS[name](draw_noise() * levels[0], levels, lambda x, sigma: ANSWER, draw_noise))
    assert len(walk) == steps
    np.testing.assert_allclose(walk[-1], ANSWER, atol=1e-3)


def test_heun_looks_twice_at_every_step_but_the_last() -> None:
    looks: list[float] = []

    def denoise(x: Array, sigma: float) -> Array:
        looks.append(sigma)
        return ANSWER

    list(SAMPLERS["k_heun"](ANSWER, sigmas(5, karras=True), denoise, lambda: ANSWER))
    assert len(looks) == 9


def test_only_the_ancestral_sampler_draws_fresh_noise() -> None:
    def draws(name: str) -> int:
        drawn = itertools.count()

        def draw_noise() -> Array:
            next(drawn)
            return ANSWER

        list(SAMPLERS[name](ANSWER, sigmas(5, karras=True), lambda x, sigma: ANSWER, draw_noise))
        return next(drawn)

    assert {name: draws(name) for name in SAMPLERS} == {"k_euler": 0, "k_euler_a": 4, "k_heun": 0, "k_dpmpp_2m": 0}


@pytest.mark.parametrize("name", HORDE_SAMPLERS.split())
def test_every_horde_sampler_name_means_one_that_exists(name: str) -> None:
    assert name.lower() in NEAREST
    assert sampler_for(name) in SAMPLERS


def test_an_unknown_sampler_name_means_euler() -> None:
    assert sampler_for("no_such_sampler") == "k_euler"


@pytest.mark.parametrize("karras", [True, False])
@pytest.mark.parametrize("steps", [1, 2, 30, 500])
def test_noise_falls_to_nothing_in_exactly_the_steps_asked_for(karras: bool, steps: int) -> None:
    levels = sigmas(steps, karras=karras)
    assert len(levels) == steps + 1
    assert levels[-1] == 0
    assert all(here > below for here, below in itertools.pairwise(levels))


def test_karras_spacing_spends_its_last_steps_at_lower_noise() -> None:
    assert sigmas(20, karras=True)[-3] < sigmas(20, karras=False)[-3]


def test_the_blend_of_training_goes_from_picture_to_noise() -> None:
    assert blend_share(0) == 0
    assert blend_share(1) == 0.5
    assert blend_share(1e6) == pytest.approx(1, abs=1e-5)
