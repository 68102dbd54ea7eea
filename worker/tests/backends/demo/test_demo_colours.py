"""What the model is for: the picture has the colours that the prompt asks for. Measured in pixels, over fixed seeds."""

from __future__ import annotations

import pytest
from ember_training.colour_naming import name_colours

from horde_worker.backends.demo.model import DemoModel, Scene

SEEDS = range(20)
LEAST_SHARE = 0.8


@pytest.mark.parametrize(
    ("prompt", "colour", "background"),
    [
        ("a red circle on a blue background", "red", "blue"),
        ("a yellow star on a purple background", "yellow", "purple"),
        ("a green square on a white background", "green", "white"),
        ("an orange triangle on a black background", "orange", "black"),
        ("black background with a pink heart", "pink", "black"),
        ("A crimson ball, emerald backdrop, highly detailed", "red", "green"),
    ],
)
def test_most_pictures_have_the_object_and_background_colours_asked_for(
    ember: DemoModel, prompt: str, colour: str, background: str
) -> None:
    right = 0
    for seed in SEEDS:
        seen = name_colours(ember.generate(Scene(prompt, width=64, height=64, steps=12, seed=seed)).image)
        right += seen.thing == colour and seen.background == background
    assert right >= LEAST_SHARE * len(SEEDS)


@pytest.mark.parametrize("sampler", ["k_euler", "k_euler_a", "k_heun", "k_dpmpp_2m"])
@pytest.mark.parametrize("karras", [True, False])
def test_every_sampler_and_spacing_paints_the_colours(ember: DemoModel, sampler: str, karras: bool) -> None:
    scenes = [
        Scene(
            "a red circle on a blue background",
            width=64,
            height=64,
            steps=12,
            seed=seed,
            sampler=sampler,
            karras=karras,
        )
        for seed in range(3)
    ]
    seen = [name_colours(ember.generate(scene).image) for scene in scenes]
    assert sum(colours.thing == "red" and colours.background == "blue" for colours in seen) >= 2
