"""The words `ember-demo` was trained on, and how a prompt becomes their numbers.

The order of `WORDS` is part of the weights: a word's place is its row in the embedding table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MAX_TOKENS: Final = 12
"""Known words read from a prompt; what follows is reported as ignored."""

Rgb = tuple[int, int, int]

COLOURS: Final[dict[str, Rgb]] = {
    "red": (220, 40, 40),
    "green": (50, 165, 70),
    "blue": (45, 85, 215),
    "yellow": (245, 215, 50),
    "orange": (245, 140, 35),
    "purple": (135, 60, 175),
    "white": (245, 245, 245),
    "black": (20, 20, 22),
    "pink": (245, 140, 185),
    "brown": (125, 80, 45),
    "gray": (130, 130, 135),
    "cyan": (60, 200, 210),
}
SHAPES: Final = (
    "circle",
    "square",
    "triangle",
    "star",
    "heart",
    "diamond",
    "cross",
    "ring",
    "hexagon",
    "moon",
    "sun",
    "house",
    "tree",
    "flower",
    "boat",
    "fish",
    "cat",
)
PLACES: Final = ("sky", "sunset", "night", "meadow", "sea", "desert", "snow", "forest", "mountain")
PLACE_PHRASES: Final = {
    "sky": "in the sky",
    "sunset": "at sunset",
    "night": "at night",
    "meadow": "in a meadow",
    "sea": "in the sea",
    "desert": "in the desert",
    "snow": "in the snow",
    "forest": "in a forest",
    "mountain": "in the mountains",
}
SIZES: Final = ("big", "small")
SPOTS: Final = ("left", "right", "top", "bottom", "center")
RELATIONS: Final = ("above", "below", "and")
COUNTS: Final = ("two", "three")
GLUE: Final = ("on", "in", "with", "background")

WORDS: Final = ("<none>", *COLOURS, *SHAPES, *PLACES, *SIZES, *SPOTS, *RELATIONS, *COUNTS, *GLUE)
WORD_IDS: Final = {word: index for index, word in enumerate(WORDS)}

_LINKS: Final = frozenset(WORD_IDS[word] for word in ("on", "in", "with", *RELATIONS))

SYNONYMS: Final[dict[str, str]] = {
    **dict.fromkeys(("crimson", "scarlet", "ruby", "vermilion", "maroon"), "red"),
    **dict.fromkeys(("emerald", "lime", "olive", "jade"), "green"),
    **dict.fromkeys(("azure", "navy", "cobalt", "sapphire", "indigo"), "blue"),
    **dict.fromkeys(("golden", "gold", "amber", "lemon"), "yellow"),
    **dict.fromkeys(("tangerine",), "orange"),
    **dict.fromkeys(("violet", "lilac", "magenta", "lavender"), "purple"),
    **dict.fromkeys(("ivory",), "white"),
    **dict.fromkeys(("ebony",), "black"),
    **dict.fromkeys(("salmon", "rosy"), "pink"),
    **dict.fromkeys(("chocolate", "tan", "beige"), "brown"),
    **dict.fromkeys(("grey", "silver"), "gray"),
    **dict.fromkeys(("teal", "turquoise", "aqua"), "cyan"),
    **dict.fromkeys(("ball", "disc", "disk", "dot", "sphere", "balloon"), "circle"),
    **dict.fromkeys(("box", "cube", "rectangle", "block"), "square"),
    **dict.fromkeys(("pyramid", "cone"), "triangle"),
    **dict.fromkeys(("love",), "heart"),
    **dict.fromkeys(("rhombus",), "diamond"),
    **dict.fromkeys(("plus",), "cross"),
    **dict.fromkeys(("donut", "doughnut", "hoop", "torus"), "ring"),
    **dict.fromkeys(("hexagonal",), "hexagon"),
    **dict.fromkeys(("crescent",), "moon"),
    **dict.fromkeys(("cottage", "home", "cabin", "hut", "building"), "house"),
    **dict.fromkeys(("oak", "bush"), "tree"),
    **dict.fromkeys(("blossom", "daisy", "tulip", "rose"), "flower"),
    **dict.fromkeys(("ship", "sailboat", "yacht"), "boat"),
    **dict.fromkeys(("kitten", "kitty", "feline"), "cat"),
    **dict.fromkeys(("goldfish",), "fish"),
    **dict.fromkeys(("clouds", "cloud", "day", "daytime", "skies"), "sky"),
    **dict.fromkeys(("evening", "dusk", "dawn", "sunrise"), "sunset"),
    **dict.fromkeys(("midnight", "space", "nighttime", "starry"), "night"),
    **dict.fromkeys(("grass", "field", "lawn", "landscape", "garden", "countryside"), "meadow"),
    **dict.fromkeys(("ocean", "lake", "water", "beach"), "sea"),
    **dict.fromkeys(("sand", "dune"), "desert"),
    **dict.fromkeys(("winter", "snowy", "ice"), "snow"),
    **dict.fromkeys(("woods", "jungle", "wood"), "forest"),
    **dict.fromkeys(("hill", "alps", "peak"), "mountain"),
    **dict.fromkeys(("large", "huge", "giant", "enormous"), "big"),
    **dict.fromkeys(("little", "tiny", "mini"), "small"),
    **dict.fromkeys(("upper",), "top"),
    **dict.fromkeys(("lower",), "bottom"),
    **dict.fromkeys(("centre", "middle", "centered"), "center"),
    **dict.fromkeys(("over",), "above"),
    **dict.fromkeys(("under", "beneath"), "below"),
    **dict.fromkeys(("beside", "near"), "and"),
    **dict.fromkeys(("2", "pair"), "two"),
    **dict.fromkeys(("3",), "three"),
    **dict.fromkeys(("at", "during"), "in"),
    **dict.fromkeys(("backdrop",), "background"),
}

FILLER: Final = frozenset(
    (
        *("a", "an", "the", "of", "to", "is", "are", "it", "its", "this", "that", "there", "by", "for", "from"),
        *("one", "1", "very", "next", "side", "scene", "color", "colour", "colored", "coloured", "round"),
        *("photo", "picture", "image", "drawing", "painting", "illustration", "plain", "simple", "flat", "solid"),
    )
)
"""Words that mean nothing to the net, yet are no news to whoever asked: dropped without a report."""

_WORD = re.compile(r"[^\W\d_]+|(?<![\d.:])\d(?![\d.])")
"""Letters of any script, or a digit alone; the numbers of prompt weights such as `(red:1.3)` are passed over."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the model understood of a prompt."""

    tokens: tuple[int, ...]
    ignored_words: tuple[str, ...]


def read_prompt(prompt: str) -> Reading:
    """Turn a prompt into word numbers, at most `MAX_TOKENS`; unknown words are ignored and listed once each."""
    tokens: list[int] = []
    ignored: dict[str, None] = {}
    for word in _WORD.findall(prompt.lower().replace("'s", "")):
        known = recognise(word)
        if known is None:
            if word not in FILLER:
                ignored[word] = None
        elif len(tokens) < MAX_TOKENS:
            tokens.append(WORD_IDS[known])
        else:
            ignored[word] = None
    return Reading(_without_loose_links(tokens), tuple(ignored))


def recognise(word: str) -> str | None:
    """The word of the vocabulary that a lower-case word stands for, if any."""
    for form in _singulars(word):
        known = SYNONYMS.get(form, form)
        if known in WORD_IDS:
            return known
    return None


def _without_loose_links(tokens: list[int]) -> tuple[int, ...]:
    """Leaves out "on", "in" and the like where an unknown word took away what they led to: "a cat in a hat"."""
    kept: list[int] = []
    for token in reversed(tokens):
        leads_somewhere = bool(kept) and kept[-1] not in _LINKS
        if token not in _LINKS or leads_somewhere:
            kept.append(token)
    return tuple(reversed(kept))


def _singulars(word: str) -> tuple[str, ...]:
    if word.endswith("es") and len(word) > 4:
        return (word, word[:-1], word[:-2])
    if word.endswith("s") and len(word) > 3:
        return (word, word[:-1])
    return (word,)
