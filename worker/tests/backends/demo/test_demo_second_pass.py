"""Hires fix: a second pass that sees more pixels than the first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ember_training.colour_naming import name_colours
from PIL import Image

from horde_worker.backends.demo.canvas import to_image, to_pixels
from horde_worker.backends.demo.enlarger import FACTOR, Enlarger
from horde_worker.backends.demo.model import DemoModel, Scene
from horde_worker.backends.demo.second_pass import second_levels
from horde_worker.backends.demo.weights import Array

SCENE = Scene("a red circle on a blue background", width=256, height=256, steps=12, seed=7, hires_fix=True)


def sharpness(image: Image.Image) -> float:
    """The steepest changes from pixel to pixel: the mean of the top hundredth."""
    steps = np.abs(np.diff(np.asarray(image.convert("L"), dtype=float), axis=1)).ravel()
    return float(np.sort(steps)[-len(steps) // 100 :].mean())


def test_edges_are_as_sharp_with_the_second_pass(ember: DemoModel) -> None:
    """The first pass is enlarged by a net already, as sharp as edges are drawn: painting once more blurs nothing."""
    plain, fixed = (
        np.mean([sharpness(ember.generate(replace(SCENE, seed=seed, hires_fix=on)).image) for seed in range(3)])
        for on in (False, True)
    )
    assert fixed > 0.97 * plain


def test_edges_are_sharper_than_those_of_a_resampled_canvas(ember: DemoModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice as sharp, by the net that enlarges alone."""
    plain = replace(SCENE, hires_fix=False)
    by_net = np.mean([sharpness(ember.generate(replace(plain, seed=seed)).image) for seed in range(3)])

    def resampled(_self: Enlarger, pixels: Array, *, wrap: bool = False) -> Array:
        small = to_image(pixels)
        return to_pixels(small.resize((small.width * FACTOR, small.height * FACTOR), Image.Resampling.LANCZOS))

    monkeypatch.setattr(Enlarger, "__call__", resampled)
    by_lanczos = np.mean([sharpness(ember.generate(replace(plain, seed=seed)).image) for seed in range(3)])
    assert by_net > 2 * by_lanczos


def test_the_second_pass_keeps_what_the_first_painted(ember: DemoModel) -> None:
    """At little strength the composition is the same."""
    plain = np.asarray(ember.generate(replace(SCENE, hires_fix=False)).image, dtype=float)
    fixed = np.asarray(ember.generate(replace(SCENE, hires_denoising_strength=0.3)).image, dtype=float)
    assert np.abs(plain - fixed).mean() < 12
    assert name_colours(ember.generate(SCENE).image).background == "blue"


def test_the_steps_of_both_passes_are_reported(ember: DemoModel) -> None:
    """Twelve, and 65 % of twelve."""
    told: list[tuple[int, int]] = []
    ember.generate(SCENE, on_step=lambda done, total: told.append((done, total)))
    assert told == [(done, 20) for done in range(1, 21)]


@pytest.mark.parametrize("strength", [0.01, 0.5, 1.0])
def test_the_second_pass_has_its_share_of_the_steps(strength: float) -> None:
    """At least one, at most all."""
    assert len(second_levels(20, strength, karras=True)) == max(1, round(20 * strength)) + 1


@pytest.mark.parametrize(
    "change",
    [
        {"width": 48, "height": 48},
        {"source": Image.new("RGB", (64, 64)), "mask": Image.new("L", (64, 64), 255)},
    ],
    ids=["small", "inpainting"],
)
def test_there_is_no_second_pass_where_it_would_do_no_good(ember: DemoModel, change: dict[str, object]) -> None:
    """A picture no larger than the canvas; a picture of which a part must stay (workers.md §7.2)."""
    told: list[int] = []
    ember.generate(replace(SCENE, **change), on_step=lambda _done, total: told.append(total))  # type: ignore[arg-type]
    assert set(told) == {12}
