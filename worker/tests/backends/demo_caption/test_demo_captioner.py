"""What the captioner says of pictures of its world, and of others."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from ember_caption_training.labels import OPEN, Window, labels_of
from ember_caption_training.strangers import stranger
from ember_training.drawing import paint
from ember_training.scenes import SceneSpec, Thing, random_scene
from PIL import Image

from horde_worker.backends.demo.model import DemoModel, Scene
from horde_worker.backends.demo_caption.model import DemoCaptioner, Reading
from horde_worker.backends.demo_caption.questions import QUESTIONS
from horde_worker.backends.demo_caption.wording import STRANGE


@pytest.fixture(scope="module")
def captioner() -> DemoCaptioner:
    return DemoCaptioner.load()


def test_most_answers_about_fresh_drawings_are_right(captioner: DemoCaptioner) -> None:
    """Whatever the size and shape of the picture; surest of colours, least sure of shapes."""
    rng, hits = random.Random(77), {name: [0, 0] for name in QUESTIONS}
    for number in range(300):
        scene = random_scene(rng)
        width, height = ((64, 64), (120, 72), (72, 120))[number % 3]
        reading = captioner.read(paint(scene, width, height, rng))
        for name, answer in labels_of(scene, Window()).items():
            if answer != OPEN:
                hits[name][0] += reading.answers[name][0].word == QUESTIONS[name][answer]
                hits[name][1] += 1
    least = dict.fromkeys(QUESTIONS, 0.93) | {"spot": 0.85, "size": 0.8, "first shape": 0.6, "second shape": 0.7}
    assert all(asked and right >= least[name] * asked for name, (right, asked) in hits.items()), hits


def test_it_turns_down_what_is_not_of_its_world(captioner: DemoCaptioner) -> None:
    """Fresh ones of the kinds that it was trained on."""
    rng = random.Random(78)
    assert sum(captioner.read(stranger(rng)).caption == STRANGE for _ in range(200)) >= 185


@pytest.mark.parametrize("prompt", ["a red circle on a blue background", "a yellow star on a purple background"])
def test_it_knows_what_the_image_model_paints(captioner: DemoCaptioner, prompt: str) -> None:
    """Background and colour, of eight seeds."""
    _, colour, _, _, _, background, _ = prompt.split()
    model = DemoModel.load()
    readings = [captioner.read(model.generate(Scene(prompt, seed=seed, steps=12)).image) for seed in range(8)]
    right = [f"{colour} " in one.caption and f"a {background} background" in one.caption for one in readings]
    assert sum(right) >= 6, [one.caption for one in readings]


def reading_of(captioner: DemoCaptioner, *things: Thing) -> Reading:
    return captioner.read(paint(SceneSpec("white", things), 96, 96, random.Random(5)))


def test_a_sentence_says_what_there_is(captioner: DemoCaptioner) -> None:
    heart, star = Thing("heart", "red", 0.27, 0.5, 0.2), Thing("star", "blue", 0.73, 0.5, 0.2)
    assert reading_of(captioner, heart, star).caption == "a red heart left of a blue star on a white background"
    heart = Thing("heart", "orange", 0.5, 0.5, 0.28)
    assert reading_of(captioner, heart).caption == "an orange heart on a white background"


def test_the_same_picture_has_the_same_answer_in_any_thread(captioner: DemoCaptioner) -> None:
    picture = paint(random_scene(random.Random(4)), 64, 64, random.Random(4))
    with ThreadPoolExecutor(4) as pool:
        captions = set(pool.map(lambda _: captioner.read(picture).caption, range(12)))
    assert len(captions) == 1


@pytest.mark.parametrize("size", [(1, 1), (3, 700), (2048, 16)])
def test_pictures_of_any_size_have_an_answer(captioner: DemoCaptioner, size: tuple[int, int]) -> None:
    assert captioner.read(Image.new("RGB", size, "red")).caption
