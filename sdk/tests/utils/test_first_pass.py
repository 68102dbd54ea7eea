"""Hires-fix, held to what the published release 0.27.0 answers (measured by running it)."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_GENERATION_BASELINE
from horde_sdk.utils import image_utils
from horde_sdk.utils.image_utils import (
    IDEAL_SDXL_RESOLUTIONS,
    calc_upscale_sampler_steps,
    get_first_pass_image_resolution_by_baseline,
    get_first_pass_image_resolution_max,
    get_first_pass_image_resolution_min,
    is_hires_fix_of_use,
    native_resolution,
    resize_image_dimensions,
)

SIDES = st.integers(min_value=1, max_value=48).map(lambda chunks: chunks * 64)
BASELINES = st.sampled_from([None, *KNOWN_IMAGE_GENERATION_BASELINE])


def published(name: str) -> list[dict[str, str]]:
    with (Path(__file__).parent / "published_0_27_0" / name).open(newline="") as file:
        return list(csv.DictReader(file))


def test_first_pass_sizes_are_the_published_ones() -> None:
    rows = published("first_pass_sizes.csv")

    ours = [
        get_first_pass_image_resolution_by_baseline(int(row["width"]), int(row["height"]), row["baseline"] or None)
        for row in rows
    ]

    assert len(rows) == 168
    assert ours == [(int(row["first_width"]), int(row["first_height"])) for row in rows]


def test_second_pass_steps_are_the_published_ones() -> None:
    rows = published("second_pass_steps.csv")

    ours = [
        calc_upscale_sampler_steps(
            int(row["native"]) if row["native"] else None,
            int(row["width"]),
            int(row["height"]),
            float(row["denoising_strength"]),
            int(row["steps"]),
        )
        for row in rows
    ]

    assert len(rows) == 800
    assert ours == [int(row["second_pass_steps"]) for row in rows]


@given(SIDES, SIDES, BASELINES)
def test_sides_of_the_first_pass_are_multiples_of_64_and_never_nothing(
    width: int, height: int, baseline: KNOWN_IMAGE_GENERATION_BASELINE | None
) -> None:
    sides = get_first_pass_image_resolution_by_baseline(width, height, baseline)

    assert all(side >= 64 and side % 64 == 0 for side in sides)


@given(SIDES, SIDES)
def test_the_first_pass_is_never_larger(width: int, height: int) -> None:
    for first_width, first_height in (
        get_first_pass_image_resolution_min(width, height),
        get_first_pass_image_resolution_max(width, height),
    ):
        assert first_width <= width
        assert first_height <= height


def test_a_side_that_would_vanish_keeps_64_pixels() -> None:
    assert get_first_pass_image_resolution_max(3072, 64) == (1024, 64)


def test_another_chunk_size_rounds_to_its_multiples() -> None:
    assert resize_image_dimensions(1000, 900, 512, use_min=True, image_chunk_size=8) == (568, 512)


@given(SIDES, SIDES)
def test_sdxl_begins_at_a_size_it_was_trained_on(width: int, height: int) -> None:
    size = get_first_pass_image_resolution_by_baseline(width, height, "stable_diffusion_xl")

    assert size in IDEAL_SDXL_RESOLUTIONS


@pytest.mark.parametrize("name", ["stable diffusion xl", "Stable_Diffusion_XL", " stable_diffusion_xl "])
def test_baselines_may_be_written_with_spaces_and_capitals(name: str) -> None:
    assert get_first_pass_image_resolution_by_baseline(2048, 1024, name) == (1344, 768)
    assert native_resolution(name) == 1024


def test_the_native_size_of_an_unknown_baseline_is_not_known() -> None:
    assert native_resolution(None) is None
    assert native_resolution("infer") is None
    assert native_resolution("made_up") is None


@given(
    st.sampled_from([None, 512, 768, 1024]),
    SIDES,
    SIDES,
    st.floats(min_value=0, max_value=2),
    st.integers(min_value=1, max_value=500),
)
def test_second_pass_has_at_least_six_steps_and_no_more_than_the_first(
    native: int | None, width: int, height: int, strength: float, steps: int
) -> None:
    assert min(6, steps) <= calc_upscale_sampler_steps(native, width, height, strength, steps) <= steps


@pytest.mark.parametrize(
    ("width", "height", "baseline", "of_use"),
    [
        (512, 1024, "stable_diffusion_1", False),
        (576, 1024, "stable_diffusion_1", True),
        (1024, 2048, "stable_diffusion_xl", False),
        (1088, 1088, "stable_diffusion_xl", True),
        (1024, 1024, "stable_cascade", False),
        (1536, 1024, "stable_cascade", True),
        (512, 512, None, False),
        (1024, 1024, None, True),
    ],
)
def test_hires_fix_is_of_use_where_the_first_pass_is_smaller(
    width: int, height: int, baseline: str | None, of_use: bool
) -> None:
    assert is_hires_fix_of_use(width, height, baseline) is of_use


def test_everything_is_reached_from_one_module() -> None:
    assert all(hasattr(image_utils, name) for name in image_utils.__all__)
