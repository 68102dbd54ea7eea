"""Starting from a picture, and keeping a part of one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ember_training.colour_naming import name_colours
from PIL import Image

from horde_worker.backends.demo.canvas import CANVASES, to_canvas, to_picture
from horde_worker.backends.demo.model import DemoModel, Scene
from horde_worker.backends.demo.source_picture import noise_levels

GREEN = Image.new("RGB", (128, 128), (50, 165, 70))
SCENE = Scene("a red circle on a blue background", width=128, height=128, steps=10, seed=3, source=GREEN)


def half_mask(size: int = 128) -> Image.Image:
    """White, so to be repainted, on the right."""
    mask = Image.new("L", (size, size), 0)
    mask.paste(255, (size // 2, 0, size, size))
    return mask


def test_full_strength_repaints_all_of_the_source(ember: DemoModel) -> None:
    assert name_colours(ember.generate(SCENE).image).background == "blue"


def test_little_strength_keeps_the_source(ember: DemoModel) -> None:
    assert name_colours(ember.generate(replace(SCENE, denoising_strength=0.05)).image).background == "green"


def test_what_the_mask_leaves_black_is_kept_to_the_pixel(ember: DemoModel) -> None:
    pixels = np.asarray(ember.generate(replace(SCENE, mask=half_mask())).image)
    assert (pixels[:, :60] == np.asarray(GREEN)[:, :60]).all()
    assert (pixels[:, 68:] != np.asarray(GREEN)[:, 68:]).any()


def test_source_and_mask_of_other_sizes_are_fitted(ember: DemoModel) -> None:
    scene = replace(SCENE, width=192, height=64, steps=2, source=GREEN.convert("RGBA"), mask=half_mask(50))
    assert ember.generate(scene).image.size == (192, 64)


def test_painting_over_a_picture_keeps_its_composition(ember: DemoModel) -> None:
    """img2img: what was on the right stays on the right, while the colours become those of the prompt."""
    source = Image.new("RGB", (128, 128), (45, 85, 215))
    source.paste((245, 215, 50), (84, 40, 120, 90))
    scene = replace(SCENE, prompt="a red square on a blue background", source=source, denoising_strength=0.6)
    kept = []
    for seed in range(4):
        pixels = np.asarray(ember.generate(replace(scene, seed=seed)).image, dtype=int)
        is_thing = pixels[..., 0] > pixels[..., 2] + 40
        columns, rows = np.flatnonzero(is_thing.any(axis=0)), np.flatnonzero(is_thing.any(axis=1))
        kept.append(len(columns) > 0 and columns.mean() > 74 and 45 < rows.mean() < 85)
    assert sum(kept) >= 3


def test_more_strength_changes_more(ember: DemoModel) -> None:
    """From the source almost as it is, to one that has nothing of it."""
    source = np.asarray(GREEN, dtype=float)
    changed = [
        np.abs(np.asarray(ember.generate(replace(SCENE, denoising_strength=strength)).image) - source).mean()
        for strength in (0.05, 0.5, 1.0)
    ]
    assert changed[0] < 8 < changed[2]
    assert changed[0] <= changed[1] + 1 and changed[1] <= changed[2] + 1


def test_a_masked_part_becomes_what_the_prompt_says(ember: DemoModel) -> None:
    """Inpainting: a hole in the middle of green is painted red, and the rest stays to the pixel."""
    mask = Image.new("L", (128, 128), 0)
    mask.paste(255, (32, 32, 96, 96))
    scene = replace(SCENE, prompt="a red square on a green background", mask=mask)
    pixels = np.asarray(ember.generate(scene).image, dtype=int)
    outside = np.asarray(mask) == 0
    assert (pixels[outside] == np.asarray(GREEN)[outside]).all()
    assert (pixels[~outside][:, 0] > pixels[~outside][:, 1]).mean() > 0.3


@pytest.mark.parametrize("strength", [0.0, 0.01, 0.3, 1.0, 7.0])
def test_all_steps_are_run_at_any_strength(strength: float) -> None:
    assert len(noise_levels(replace(SCENE, denoising_strength=strength))) == SCENE.steps + 1


def test_less_strength_starts_at_less_noise() -> None:
    starts = [noise_levels(replace(SCENE, denoising_strength=strength))[0] for strength in (0.2, 0.5, 0.8, 1.0)]
    assert starts == sorted(starts)


@pytest.mark.parametrize("canvas", CANVASES)
@pytest.mark.parametrize("size", [(64, 64), (300, 200), (100, 400)])
def test_a_picture_survives_the_way_to_the_canvas_and_back(canvas: tuple[int, int], size: tuple[int, int]) -> None:
    source = Image.new("RGB", size, (200, 40, 90))
    pixels = to_canvas(source, canvas, *size)
    assert pixels.shape == (canvas[1], canvas[0], 3)
    assert to_picture(pixels, canvas, *size).getextrema() == source.getextrema()
