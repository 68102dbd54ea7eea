"""Sizes, baselines and the two passes of hires fix."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from plain_jobs import an_image_job

from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_GENERATION_BASELINE as BASELINE
from horde_worker.backends.image import SourceGiven
from horde_worker.backends.normalise.baselines import baseline_by_clues, baseline_named, native_side
from horde_worker.backends.normalise.hires_fix import SDXL_SIZES, first_pass_size, hires_fix, second_pass_steps
from horde_worker.backends.normalise.sizes import painted_size, rounded_up

JOB = an_image_job(width=1024, height=768, steps=30, hires_fix=True)
SIDES = st.integers(min_value=1, max_value=8192)
BASELINES = st.sampled_from(list(BASELINE))


@pytest.mark.parametrize(
    ("side", "painted"), [(1, 64), (64, 64), (65, 128), (500, 512), (9999, 3072), (0, 64), (-5, 64)]
)
def test_sides_are_rounded_up_within_bounds(side: int, painted: int) -> None:
    """Up, so that nothing of the picture is missing."""
    assert rounded_up(side) == painted


@pytest.mark.parametrize(
    ("baseline", "size", "first"),
    [
        (BASELINE.stable_diffusion_1, (1024, 768), (640, 512)),
        (BASELINE.stable_diffusion_1, (768, 1536), (512, 1024)),
        (BASELINE.stable_diffusion_2_768, (1536, 1536), (768, 768)),
        (BASELINE.stable_cascade, (2048, 1024), (1024, 512)),
        (BASELINE.stable_diffusion_xl, (1536, 1536), (1024, 1024)),
        (BASELINE.stable_diffusion_xl, (2048, 1152), (1344, 768)),
        (BASELINE.stable_diffusion_xl, (1152, 2048), (768, 1344)),
    ],
)
def test_the_first_pass_has_a_size_of_the_models_own(
    baseline: BASELINE, size: tuple[int, int], first: tuple[int, int]
) -> None:
    """Of about the same shape."""
    assert first_pass_size(*size, baseline) == first


@pytest.mark.parametrize(
    ("changes", "baseline"),
    [
        ({"hires_fix": False}, BASELINE.stable_diffusion_1),
        ({"height": 512}, BASELINE.stable_diffusion_1),
        ({"width": 1536, "height": 1024}, BASELINE.stable_diffusion_xl),
        ({"mask": Image.new("L", (8, 8))}, BASELINE.stable_diffusion_1),
        ({"given": SourceGiven("x", is_inpainting=True)}, BASELINE.stable_diffusion_1),
    ],
)
def test_one_pass_is_right_where_two_gain_nothing_or_lose_something(
    changes: dict[str, Any], baseline: BASELINE
) -> None:
    """Not asked for, small enough for the model, or a part of the picture must stay."""
    assert hires_fix(replace(JOB, **changes), baseline) is None


def test_two_passes_know_how_strong_the_second_is() -> None:
    """The strength of the job, and steps by it."""
    plan = hires_fix(replace(JOB, hires_denoising_strength=0.5), BASELINE.stable_diffusion_1)
    assert plan is not None
    assert (plan.first, plan.strength) == ((640, 512), 0.5)
    assert 6 <= plan.steps <= JOB.steps


def test_a_weaker_second_pass_has_fewer_steps() -> None:
    """What is not painted anew costs nothing."""
    steps = [second_pass_steps(1024, 1024, 60, strength, BASELINE.stable_diffusion_1) for strength in (0.1, 0.5, 0.9)]
    assert steps == sorted(steps)
    assert steps[0] < steps[2]


@given(SIDES, SIDES, st.integers(1, 1000), st.floats(0.01, 1), BASELINES)
def test_any_job_has_a_plan_or_none(width: int, height: int, steps: int, strength: float, baseline: BASELINE) -> None:
    """The first pass is smaller than the picture, in multiples of 64, and the second has some steps and no more."""
    plan = hires_fix(replace(JOB, width=width, height=height, steps=steps, hires_denoising_strength=strength), baseline)
    if plan is not None:
        painted = painted_size(width, height)
        assert all(one < two and one % 64 == 0 and one >= 64 for one, two in zip(plan.first, painted, strict=True))
        assert min(6, steps) <= plan.steps <= steps


def test_sdxl_sizes_have_about_a_million_pixels() -> None:
    """A typing error would be a strange shape."""
    assert all(0.9 <= width * height / 1024**2 <= 1.05 for width, height in SDXL_SIZES)
    assert {(height, width) for width, height in SDXL_SIZES} == set(SDXL_SIZES)


@pytest.mark.parametrize(
    ("names", "baseline"),
    [
        (("Deliberate", "deliberate_v2.safetensors"), BASELINE.stable_diffusion_1),
        (("AlbedoBase XL (SDXL)",), BASELINE.stable_diffusion_xl),
        (("Juggernaut XL", "juggernautXL_v9"), BASELINE.stable_diffusion_xl),
        (("mine", "sd_xl_base_1.0.safetensors"), BASELINE.stable_diffusion_xl),
        (("Pony Diffusion XL",), BASELINE.stable_diffusion_xl),
        (("Flux.1-Schnell fp8",), BASELINE.flux_schnell),
        (("flux1-dev-bnb-nf4",), BASELINE.flux_dev),
        (("Stable Cascade 1.0",), BASELINE.stable_cascade),
        (("Z-Image-Turbo",), BASELINE.z_image_turbo),
        (("Qwen-Image_fp8",), BASELINE.qwen_image),
        (("SD 2.1", "v2-1_768-ema-pruned"), BASELINE.stable_diffusion_2_768),
        (("pixel art", ""), BASELINE.stable_diffusion_1),
        ((), BASELINE.stable_diffusion_1),
    ],
)
def test_names_give_a_baseline_away(names: tuple[str, ...], baseline: BASELINE) -> None:
    """As far as names go."""
    assert baseline_by_clues(*names) == baseline


@given(st.one_of(st.text(), st.integers(), st.none()))
def test_any_word_is_a_baseline_or_unknown(word: object) -> None:
    """An owner's file may say anything."""
    assert native_side(baseline_named(word)) in (512, 768, 1024)


def test_baselines_have_two_spellings() -> None:
    """References write them with spaces."""
    assert baseline_named("stable diffusion 1") == BASELINE.stable_diffusion_1
    assert baseline_named("Stable_Diffusion_XL") == BASELINE.stable_diffusion_xl
    assert baseline_named("something else") == BASELINE.infer
