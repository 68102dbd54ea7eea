"""Tiled pictures fit to themselves on all sides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from horde_worker.backends.demo.model import DemoModel, Scene
from horde_worker.backends.demo.tiling import faded

SCENE = Scene("a tree in a meadow", width=256, height=256, steps=12, seed=5)
"""A sky above a meadow: its top and bottom are as different as they can be."""


def seam(image: Image.Image, axis: int) -> float:
    """How much the picture jumps where it meets its own copy (0..255): rows for axis 0, columns for axis 1."""
    pixels = np.asarray(image, dtype=float)
    return float(np.abs(pixels.take(0, axis) - pixels.take(-1, axis)).mean())


def test_without_tiling_sky_meets_meadow_with_a_jump(ember: DemoModel) -> None:
    """Else the tests below would prove nothing."""
    assert seam(ember.generate(SCENE).image, axis=0) > 40


@pytest.mark.parametrize("seed", [5, 6])
@pytest.mark.parametrize("hires_fix", [False, True])
@pytest.mark.parametrize("size", [(256, 256), (384, 256), (256, 512)])
def test_opposite_edges_of_a_tile_match(ember: DemoModel, size: tuple[int, int], seed: int, hires_fix: bool) -> None:
    """Top and bottom, left and right, at every aspect: the seam is no rougher than neighbouring pixels elsewhere."""
    scene = replace(SCENE, width=size[0], height=size[1], seed=seed, tiling=True, hires_fix=hires_fix)
    image = ember.generate(scene).image
    assert image.size == size
    pixels = np.asarray(image, dtype=float)
    for axis in (0, 1):
        roughest = np.abs(np.diff(pixels, axis=axis)).mean(axis=(1 - axis, 2)).max()
        assert seam(image, axis) <= max(roughest, 4.0)


def test_a_tile_still_shows_what_was_asked_for(ember: DemoModel) -> None:
    """A red thing in the middle of blue."""
    scene = Scene("a red circle on a blue background", width=128, height=128, steps=12, seed=3, tiling=True)
    pixels = np.asarray(ember.generate(scene).image, dtype=int)
    assert pixels[0, 0].argmax() == 2
    assert (pixels[..., 0] > pixels[..., 2]).mean() > 0.08


def test_fading_makes_edges_equal_and_leaves_the_middle() -> None:
    """On noise, which fits nowhere."""
    noise = np.random.default_rng(1).standard_normal((64, 64, 3)).astype(np.float32)
    result = faded(noise)
    assert result[0] == pytest.approx(result[-1], abs=1e-6)
    assert result[:, 0] == pytest.approx(result[:, -1], abs=1e-6)
    assert np.array_equal(result[8:56, 8:56], noise[8:56, 8:56])
