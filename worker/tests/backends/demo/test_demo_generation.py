"""Every field of a scene is honoured, and nothing else changes a picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from horde_worker.backends.demo.canvas import nearest_canvas
from horde_worker.backends.demo.model import DemoModel, GenerationStopped, Scene
from horde_worker.backends.demo.one_blas_thread import one_blas_thread

SCENE = Scene("a red circle on a blue background", width=64, height=64, steps=4, seed=7)


def pixels(model: DemoModel, scene: Scene) -> bytes:
    return model.generate(scene).image.tobytes()


def test_the_same_scene_gives_the_same_pixels(ember: DemoModel) -> None:
    assert pixels(ember, SCENE) == pixels(ember, SCENE)


def test_the_same_ancestral_scene_gives_the_same_pixels(ember: DemoModel) -> None:
    noisy = replace(SCENE, sampler="k_euler_a")
    assert pixels(ember, noisy) == pixels(ember, noisy)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 8},
        {"prompt": "a green circle on a blue background"},
        {"negative_prompt": "circle"},
        {"steps": 5},
        {"cfg_scale": 2.0},
        {"sampler": "k_euler_a"},
        {"sampler": "k_heun"},
        {"sampler": "k_dpmpp_2m"},
        {"karras": False},
    ],
    ids=lambda change: "-".join(change),
)
def test_each_field_changes_the_picture(ember: DemoModel, change: dict[str, str | int | float | bool]) -> None:
    assert pixels(ember, replace(SCENE, **change)) != pixels(ember, SCENE)  # type: ignore[arg-type]


def test_no_guidance_means_no_negative_prompt(ember: DemoModel) -> None:
    plain = replace(SCENE, cfg_scale=1.0)
    assert pixels(ember, plain) == pixels(ember, replace(plain, negative_prompt="blue"))


@pytest.mark.parametrize("size", [(64, 64), (512, 512), (768, 512), (512, 768), (576, 1024), (640, 64), (65, 127)])
def test_pictures_are_rgb_of_exactly_the_size_asked_for(ember: DemoModel, size: tuple[int, int]) -> None:
    image = ember.generate(replace(SCENE, steps=1, width=size[0], height=size[1])).image
    assert (image.size, image.mode) == (size, "RGB")


def test_wide_and_tall_pictures_are_painted_on_canvases_of_their_aspect() -> None:
    canvases = [nearest_canvas(*size) for size in ((512, 512), (576, 512), (768, 512), (512, 768), (2048, 64))]
    assert canvases == [(48, 48), (48, 48), (60, 36), (36, 60), (60, 36)]


@pytest.mark.parametrize("prompt", ["", "A cat in a hat", "landscape", "masterpiece, 8k, кот (ultra:1.3)", "red " * 99])
def test_any_prompt_gives_a_picture(ember: DemoModel, prompt: str) -> None:
    image = ember.generate(replace(SCENE, prompt=prompt)).image
    assert isinstance(image, Image.Image)


@pytest.mark.parametrize("seed", [0, 2**32, 2**80, -1])
def test_any_whole_number_is_a_seed(ember: DemoModel, seed: int) -> None:
    assert ember.generate(replace(SCENE, steps=1, seed=seed)).image.size == (64, 64)


def test_ignored_words_of_both_prompts_are_reported_once(ember: DemoModel) -> None:
    picture = ember.generate(replace(SCENE, steps=1, prompt="a cat in a hat", negative_prompt="blurry hat"))
    assert picture.ignored_words == ("hat", "blurry")


def test_the_sampler_that_ran_is_reported(ember: DemoModel) -> None:
    assert ember.generate(replace(SCENE, steps=1, sampler="k_dpm_2")).sampler == "k_heun"


def test_every_step_is_reported(ember: DemoModel) -> None:
    reports: list[tuple[int, int]] = []
    ember.generate(SCENE, on_step=lambda done, total: reports.append((done, total)))
    assert reports == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_stop_is_heard_before_the_next_step(ember: DemoModel) -> None:
    reports: list[int] = []
    with pytest.raises(GenerationStopped):
        ember.generate(SCENE, on_step=lambda done, _: reports.append(done), should_stop=lambda: len(reports) == 2)
    assert reports == [1, 2]


def test_weights_can_come_from_a_file(ember: DemoModel) -> None:
    shipped = Path(__file__).parents[4] / "models/src/horde_models/ember-demo.npz"
    assert pixels(DemoModel.load(shipped), SCENE) == pixels(ember, SCENE)


def test_holding_one_thread_nests_and_lets_go() -> None:
    with one_blas_thread(), one_blas_thread():
        pass
    with one_blas_thread():
        pass
