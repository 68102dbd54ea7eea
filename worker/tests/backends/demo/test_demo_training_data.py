"""The data generator says what it shows, and shows what it says."""

from __future__ import annotations

import itertools
import random
from collections import Counter

import pytest
from ember_training.colour_naming import name_colours
from ember_training.drawing import paint
from ember_training.examination import (
    mark_pair,
    mark_place,
    mark_single,
    pair_questions,
    place_questions,
    single_questions,
)
from ember_training.scenes import SceneSpec, Thing, random_scene
from ember_training.shape_naming import name_shape
from ember_training.silhouettes import silhouette
from PIL import Image

from horde_worker.backends.demo.vocabulary import COLOURS, PLACES, SHAPES, read_prompt


def a_scene(shape: str = "circle", colour: str = "red", backdrop: str = "blue") -> SceneSpec:
    return SceneSpec(backdrop, (Thing(shape, colour, 0.5, 0.5, 0.35),))


def test_the_model_knows_every_word_it_is_trained_with() -> None:
    rng = random.Random(1)
    assert [read_prompt(random_scene(rng).prompt).ignored_words for _ in range(2000)] == [()] * 2000


def test_scenes_and_pictures_follow_from_the_seed() -> None:
    def picture(seed: int) -> bytes:
        rng = random.Random(seed)
        return paint(random_scene(rng), 64, 64, rng).tobytes()

    assert picture(5) == picture(5)
    assert picture(5) != picture(6)


def test_one_object_on_a_plain_background_is_the_largest_part() -> None:
    rng = random.Random(2)
    scenes = [random_scene(rng) for _ in range(2000)]
    plain = [scene for scene in scenes if scene.backdrop in COLOURS and len(scene.things) == 1]
    assert len(plain) > 0.5 * len(scenes)


def test_some_scenes_have_no_prompt_so_that_guidance_has_its_other_half() -> None:
    rng = random.Random(3)
    share = sum(not random_scene(rng).prompt for _ in range(2000)) / 2000
    assert 0.08 < share < 0.2


def test_an_object_never_vanishes_in_a_background_of_its_colour() -> None:
    rng = random.Random(4)
    scenes = [random_scene(rng) for _ in range(2000)]
    assert all(thing.colour != scene.backdrop for scene in scenes for thing in scene.things)


def test_every_shape_colour_and_place_is_drawn() -> None:
    rng = random.Random(5)
    scenes = [random_scene(rng) for _ in range(3000)]
    things = [thing for scene in scenes for thing in scene.things]
    assert {thing.shape for thing in things} == set(SHAPES)
    assert {thing.colour for thing in things} == set(COLOURS)
    assert set(Counter(scene.backdrop for scene in scenes)) == set(COLOURS) | set(PLACES)


@pytest.mark.parametrize("colour", COLOURS)
def test_the_colour_measure_agrees_with_the_palette(colour: str) -> None:
    background = "white" if colour != "white" else "black"
    rng = random.Random(6)
    seen = [name_colours(paint(a_scene(colour=colour, backdrop=background), 64, 64, rng)) for _ in range(20)]
    assert sum((colours.thing, colours.background) == (colour, background) for colours in seen) >= 19


@pytest.mark.parametrize("shape", SHAPES)
def test_the_shape_measure_recognises_what_is_drawn(shape: str) -> None:
    assert name_shape(silhouette(paint(a_scene(shape=shape), 64, 64, random.Random(7)))) == shape


def test_a_blot_has_no_shape() -> None:
    dots = Image.new("RGB", (64, 64), "blue")
    for x, y in ((8, 8), (8, 50), (50, 8), (50, 50), (28, 28)):
        dots.paste("red", (x, y, x + 6, y + 6))
    assert name_shape(silhouette(dots)) == ""
    assert name_shape(silhouette(Image.new("RGB", (64, 64), "blue"))) == ""


def test_the_probes_find_true_drawings_right() -> None:
    """What they cannot see in a drawing they could not blame a model for."""
    asked = [
        (single_questions(170), mark_single),
        (pair_questions(60), mark_pair),
        (place_questions(45), mark_place),
    ]
    for questions, mark in asked:
        marks = [
            all(mark(question, paint(question.scene, 96, 96, random.Random(seed))).values())
            for seed, question in enumerate(questions)
        ]
        assert sum(marks) >= 0.92 * len(marks)


def test_the_probes_find_wrong_drawings_wrong() -> None:
    """Each of another question: nearly nothing is right by chance."""
    questions = list(single_questions(60))
    marks = [
        all(mark_single(question, paint(other.scene, 96, 96, random.Random(seed))).values())
        for seed, (question, other) in enumerate(itertools.pairwise(questions))
    ]
    assert sum(marks) <= 2


def test_what_is_asked_was_never_shown_in_training() -> None:
    rng = random.Random(9)
    shown = {
        (thing.shape, thing.colour, scene.backdrop)
        for scene in (random_scene(rng) for _ in range(4000))
        for thing in scene.things
    }
    for question in (*single_questions(100), *pair_questions(40), *place_questions(27)):
        thing = question.scene.things[0]
        assert (thing.shape, thing.colour, question.scene.backdrop) not in shown


@pytest.mark.parametrize("size", [(64, 64), (80, 48), (48, 80)])
@pytest.mark.parametrize("place", PLACES)
def test_every_place_fills_canvases_of_any_shape(place: str, size: tuple[int, int]) -> None:
    picture = paint(a_scene(backdrop=place), *size, random.Random(8))
    assert (picture.size, picture.mode) == (size, "RGB")
