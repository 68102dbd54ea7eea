"""Draws at random what a training picture shows, and the prompt that asks for it.

The plain "a COLOUR SHAPE on a COLOUR background" is the largest part on purpose: it is what people try first and
what the accuracy test measures.
"""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass, field, replace

from horde_worker.backends.demo.vocabulary import COLOURS, PLACE_PHRASES, PLACES, SHAPES

COLOUR_NAMES = tuple(COLOURS)
HARD_SHAPES = ("hexagon", "sun", "flower", "boat", "fish", "cross", "house", "star")
"""Those that the first weights drew worst: seen twice as often."""
SHAPE_WEIGHTS = tuple(2 if shape in HARD_SHAPES else 1 for shape in SHAPES)
HELD_OUT_OF = 20
"""Of so many combinations of shape, colour and backdrop, one is never drawn in training: accuracy is measured on it."""
NATURAL_COLOURS = {
    "moon": "yellow",
    "sun": "yellow",
    "tree": "green",
    "heart": "red",
    "house": "brown",
    "flower": "pink",
    "boat": "white",
    "fish": "orange",
    "cat": "gray",
}
SIZE_RADII = {"": (0.26, 0.34), "big": (0.38, 0.44), "small": (0.14, 0.17)}
SPOT_STEP = 0.25
"""From the centre, in shares of a side: two whole patches of a square canvas, so that a shape at a spot, or one of a
pair, falls onto the net's patches as a centred one does, and what it knows of the one it knows of the other."""
JITTER = 0.02
"""How far, by standard deviation, things stand from where they belong: a pixel. What the prompt does not tell, the net
can only guess, and a guess between two places is a blur."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One object: centre in 0..1 of the canvas, radius as a share of its shorter side."""

    shape: str
    colour: str
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class SceneSpec:
    """A picture to draw (`backdrop` is a colour or a place) and the words that ask for it."""

    backdrop: str
    things: tuple[Thing, ...] = field(default=())
    prompt: str = ""


STRAY_SHARE, STRAY_JITTER = 0.15, 0.13
"""Of single things without a named spot, how many stand anywhere: pictures to start from (img2img) have them there."""


def random_scene(rng: random.Random, pairs: int = 21) -> SceneSpec:
    """One scene; one in ten loses its prompt, so that the net also learns the unconditional picture.

    For `pairs` scenes of two things there are 71 of one, 4 of several alike, and 4 of none.
    """
    kind = rng.choices((_single, _pair, _several, _empty), weights=(71, pairs, 4, 4))[0]
    scene = kind(rng)
    while any(is_held_out(thing.shape, thing.colour, scene.backdrop) for thing in scene.things):
        scene = kind(rng)
    return replace(scene, prompt="") if rng.random() < 0.1 else scene


def is_held_out(shape: str, colour: str, backdrop: str) -> bool:
    """Whether training never shows this combination."""
    return zlib.crc32(f"{shape} {colour} {backdrop}".encode()) % HELD_OUT_OF == 0


def _backdrop(rng: random.Random, unlike: str, place_share: float = 0.25) -> tuple[str, str]:
    """A backdrop and the phrase for it, or "" where the prompt leaves it open."""
    if rng.random() < place_share:
        place = rng.choice(PLACES)
        phrase = rng.choice((PLACE_PHRASES[place], PLACE_PHRASES[place], f"{place} background", place))
        return place, "" if rng.random() < 0.06 else phrase
    colour = rng.choice([name for name in COLOUR_NAMES if name != unlike])
    phrase = rng.choice(("on a {} background",) * 4 + ("{} background", "on {}", "in a {} background"))
    return colour, "" if rng.random() < 0.06 else phrase.format(colour)


def _named_shape(rng: random.Random) -> tuple[str, str, str]:
    """Shape, colour, and the words for them: either may be left out, then the picture is free to choose."""
    shape = rng.choices(SHAPES, weights=SHAPE_WEIGHTS)[0]
    colour = rng.choice(COLOUR_NAMES)
    dice = rng.random()
    if dice < 0.07:
        if shape in NATURAL_COLOURS and rng.random() < 0.8:
            colour = NATURAL_COLOURS[shape]
        return shape, colour, shape
    return shape, colour, colour if dice < 0.1 else f"{colour} {shape}"


def _join(rng: random.Random, subject: str, backdrop: str) -> str:
    if not backdrop:
        return subject
    dice = rng.random()
    if dice < 0.15:
        return f"{backdrop} with {subject}"
    return f"{backdrop}, {subject}" if dice < 0.2 else f"{subject} {backdrop}"


def _single(rng: random.Random) -> SceneSpec:
    shape, colour, words = _named_shape(rng)
    backdrop, phrase = _backdrop(rng, colour)
    size = rng.choices(("", "big", "small"), weights=(80, 12, 8))[0]
    spot = rng.choice(("left", "right", "top", "bottom", "center")) if rng.random() < 0.4 else ""
    jitter = STRAY_JITTER if not spot and rng.random() < STRAY_SHARE else JITTER
    x, y = rng.gauss(0.5, jitter), rng.gauss(0.5, jitter)
    match spot:
        case "left":
            x -= SPOT_STEP
        case "right":
            x += SPOT_STEP
        case "top":
            y -= SPOT_STEP
        case "bottom":
            y += SPOT_STEP
    radius = rng.uniform(*SIZE_RADII[size])
    subject = " ".join(word for word in (size, words, f"at the {spot}" if spot else "") if word)
    return SceneSpec(backdrop, (Thing(shape, colour, x, y, radius),), _join(rng, subject, phrase))


def _pair(rng: random.Random) -> SceneSpec:
    first_shape, first_colour, first_words = _named_shape(rng)
    second_shape, second_colour, second_words = _named_shape(rng)
    backdrop, phrase = _backdrop(rng, first_colour)
    if second_colour == backdrop:
        second_colour = first_colour
        second_words = f"{second_colour} {second_shape}"
    relation = rng.choice(("left", "right", "above", "below", "and"))
    step = {"left": (-1, 0), "right": (1, 0), "above": (0, -1), "below": (0, 1)}
    dx, dy = step[relation] if relation in step else step[rng.choice(("left", "right"))]
    reach = SPOT_STEP + rng.uniform(-0.01, 0.01)
    radius = rng.uniform(0.19, 0.22)
    first = Thing(first_shape, first_colour, 0.5 + dx * reach, 0.5 + dy * reach, radius)
    second = Thing(second_shape, second_colour, 0.5 - dx * reach, 0.5 - dy * reach, radius)
    link = {"left": "left of", "right": "right of"}.get(relation, relation)
    return SceneSpec(backdrop, (first, second), _join(rng, f"{first_words} {link} {second_words}", phrase))


def _several(rng: random.Random) -> SceneSpec:
    shape = rng.choices(SHAPES, weights=SHAPE_WEIGHTS)[0]
    colour = rng.choice(COLOUR_NAMES)
    backdrop, phrase = _backdrop(rng, colour)
    word, count = rng.choice((("two", 2), ("three", 3)))
    radius = rng.uniform(0.15, 0.2) if count == 2 else rng.uniform(0.12, 0.15)
    gap = 0.5 if count == 2 else 0.32
    things = tuple(
        Thing(shape, colour, 0.5 + (i - (count - 1) / 2) * gap, rng.gauss(0.5, 0.05), radius) for i in range(count)
    )
    return SceneSpec(backdrop, things, _join(rng, f"{word} {colour} {shape}s", phrase))


def _empty(rng: random.Random) -> SceneSpec:
    backdrop, phrase = _backdrop(rng, "", place_share=0.6)
    return SceneSpec(backdrop, (), phrase.replace("on a ", ""))
