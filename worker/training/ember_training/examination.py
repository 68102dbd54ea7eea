"""Prompts that training never showed, and what pixel probes say of a picture for them.

The same probes judge true drawings (`SceneSpec` says how to draw one), which tells what they are worth themselves.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ember_training.colour_naming import NAMES, SAMPLE_PX, name_colours, name_pixels
from ember_training.place_naming import name_place
from ember_training.scenes import COLOUR_NAMES, SceneSpec, Thing, is_held_out
from ember_training.shape_naming import name_shape
from ember_training.silhouettes import Mask, halves, middle, silhouette
from horde_worker.backends.demo.vocabulary import PLACE_PHRASES, SHAPES, SPOTS

Marks = dict[str, bool]
"""What was looked at, and whether it was right."""

STEPS = {"left": (-1, 0), "right": (1, 0), "top": (0, -1), "bottom": (0, 1), "above": (0, -1), "below": (0, 1)}
RELATIONS = ("left", "right", "above", "below")
OFF_CENTRE_FROM = 0.08
"""Of the picture; training puts things 0.25 from the centre where the prompt names a spot."""
CENTRED_TO = 0.17


@dataclass(frozen=True, slots=True)
class Question:
    """A scene with its prompt; `spot` is a spot, a relation or ""."""

    scene: SceneSpec
    spot: str = ""


def single_questions(count: int, seed: int = 7) -> Iterator[Question]:
    """One object on a plain background; three in five name a spot."""
    rng = random.Random(seed)
    for number in range(count):
        shape = SHAPES[number % len(SHAPES)]
        colour, backdrop = _held_out(rng, shape)
        spot = rng.choice(("", "", *SPOTS[:4], rng.choice(SPOTS)))
        dx, dy = STEPS.get(spot, (0, 0))
        where = f" at the {spot}" if spot else ""
        thing = Thing(
            shape, colour, rng.gauss(0.5, 0.06) + 0.22 * dx, rng.gauss(0.5, 0.06) + 0.22 * dy, rng.uniform(0.22, 0.3)
        )
        yield Question(SceneSpec(backdrop, (thing,), f"a {colour} {shape}{where} on a {backdrop} background"), spot)


def pair_questions(count: int, seed: int = 8) -> Iterator[Question]:
    """Two objects of unlike shape and colour, one of them held out, and how they stand to each other."""
    rng = random.Random(seed)
    for number in range(count):
        first_shape, second_shape = SHAPES[number % len(SHAPES)], rng.choice(SHAPES)
        while second_shape == first_shape:
            second_shape = rng.choice(SHAPES)
        first_colour, backdrop = _held_out(rng, first_shape)
        second_colour = rng.choice([name for name in COLOUR_NAMES if name not in (first_colour, backdrop)])
        relation = RELATIONS[number % len(RELATIONS)]
        dx, dy = STEPS[relation]
        reach, radius = rng.uniform(0.23, 0.26), rng.uniform(0.17, 0.22)
        things = (
            Thing(first_shape, first_colour, 0.5 + dx * reach, 0.5 + dy * reach, radius),
            Thing(second_shape, second_colour, 0.5 - dx * reach, 0.5 - dy * reach, radius),
        )
        link = f"{relation} of" if dx else relation
        prompt = f"a {first_colour} {first_shape} {link} a {second_colour} {second_shape} on a {backdrop} background"
        yield Question(SceneSpec(backdrop, things, prompt), relation)


def place_questions(count: int, seed: int = 9) -> Iterator[Question]:
    """One object in a place."""
    rng = random.Random(seed)
    places = tuple(PLACE_PHRASES)
    number = 0
    while number < count:
        shape, colour, place = rng.choice(SHAPES), rng.choice(COLOUR_NAMES), places[number % len(places)]
        if is_held_out(shape, colour, place):
            number += 1
            thing = Thing(shape, colour, rng.gauss(0.5, 0.06), rng.gauss(0.5, 0.06), rng.uniform(0.22, 0.3))
            yield Question(SceneSpec(place, (thing,), f"a {colour} {shape} {PLACE_PHRASES[place]}"))


def mark_single(question: Question, picture: Image.Image) -> Marks:
    """Shape, colour, background and position."""
    thing, seen, mask = question.scene.things[0], name_colours(picture), silhouette(picture)
    return {
        "shape": name_shape(mask) == thing.shape,
        "colour": seen.thing == thing.colour,
        "background": seen.background == question.scene.backdrop,
        "position": _is_at(mask, question.spot),
    }


def mark_pair(question: Question, picture: Image.Image) -> Marks:
    """Whether each half has its object: colours, shapes, and all of it."""
    dx, dy = STEPS[question.spot]
    parts = halves(silhouette(picture), are_columns=dx != 0)
    first, second = question.scene.things
    expected = (first, second) if dx + dy < 0 else (second, first)
    colours = all(_commonest(picture, part) == thing.colour for part, thing in zip(parts, expected, strict=True))
    shapes = all(name_shape(part) == thing.shape for part, thing in zip(parts, expected, strict=True))
    return {"colours in order": colours, "shapes in order": shapes, "both": colours and shapes}


def mark_place(question: Question, picture: Image.Image) -> Marks:
    """The place, and that there is something of the object's colour in the middle."""
    thing = question.scene.things[0]
    inner = np.zeros((SAMPLE_PX, SAMPLE_PX), dtype=bool)
    inner[SAMPLE_PX // 3 : -SAMPLE_PX // 3, SAMPLE_PX // 3 : -SAMPLE_PX // 3] = True
    return {
        "place": name_place(picture) == question.scene.backdrop,
        "colour in it": _share(picture, inner, thing.colour) > LEAST_MIDDLE_SHARE,
    }


LEAST_MIDDLE_SHARE = 0.2


def _held_out(rng: random.Random, shape: str) -> tuple[str, str]:
    """A colour and a plain backdrop that training never showed with this shape."""
    pairs = [(one, other) for one in COLOUR_NAMES for other in COLOUR_NAMES if one != other]
    return rng.choice([pair for pair in pairs if is_held_out(shape, *pair)])


def _is_at(mask: Mask, spot: str) -> bool:
    where = middle(mask)
    if where is None:
        return False
    x, y = where.x - 0.5, where.y - 0.5
    dx, dy = STEPS.get(spot, (0, 0))
    along = x * dx + y * dy > OFF_CENTRE_FROM if dx or dy else True
    return along and (dx != 0 or abs(x) < CENTRED_TO) and (dy != 0 or abs(y) < CENTRED_TO)


def _named(picture: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    return name_pixels(np.asarray(picture.convert("RGB").resize((SAMPLE_PX, SAMPLE_PX), Image.Resampling.BOX)))


def _commonest(picture: Image.Image, mask: Mask) -> str:
    counts = np.bincount(_named(picture)[mask], minlength=len(NAMES))
    return NAMES[int(counts.argmax())] if counts.any() else ""


def _share(picture: Image.Image, mask: Mask, colour: str) -> float:
    return float((_named(picture)[mask] == NAMES.index(colour)).mean())
