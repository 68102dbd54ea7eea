"""What `ember-demo-caption` answers of a picture. The order is part of the weights."""

from __future__ import annotations

from typing import Final

from horde_worker.backends.demo.vocabulary import COLOURS, PLACES, SHAPES, SPOTS

KINDS: Final = ("empty", "one", "side by side", "one above the other", "two alike", "three alike")

QUESTIONS: Final[dict[str, tuple[str, ...]]] = {
    "world": ("known", "strange"),
    "backdrop": (*COLOURS, *PLACES),
    "kind": KINDS,
    "first shape": SHAPES,
    "first colour": tuple(COLOURS),
    "second shape": SHAPES,
    "second colour": tuple(COLOURS),
    "spot": SPOTS,
    "size": ("small", "middling", "big"),
}
"""First is left or above; the second one only where two things are unlike; spot and size only of one alone."""
