"""Judges by CLIP in a folder of the owner's: whether a picture is nearer to one description or to its opposite."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from PIL import Image

from horde_worker.backends.trained_alchemy.clip_model import ClipModel, Directions
from horde_worker.backends.trained_alchemy.model_files import folder_of_owner
from horde_worker.safety.judgement import Judgement, Wanted
from horde_worker.safety.options import SafetyOptions
from horde_worker.safety.words import means_a_child

_CHILD: Final = (
    ("a picture of a child", "a picture of an adult"),
    ("a picture of a young girl", "a picture of a woman"),
    ("a picture of a young boy", "a picture of a man"),
    ("a picture of a toddler", "a picture of an old person"),
    ("a child's body", "an adult's body"),
    ("a picture of a schoolchild", "a picture without any people"),
)
_LEWD: Final = (
    ("a picture of a naked person", "a picture of a dressed person"),
    ("a pornographic picture", "a picture for the whole family"),
    ("an erotic picture", "an everyday picture"),
    ("people having sex", "people talking"),
    ("bare breasts", "a shirt"),
    ("bare genitals", "trousers"),
)
HITS_OF_A_CHILD: Final = 3
"""So many descriptions of a child must fit better than their opposites; one less where the prompt names one."""
HITS_OF_LEWDNESS: Final = 1
THRESHOLD: Final = 0.6
"""Of the mean share of the lewd descriptions, for a picture that is not safe for work."""
SURE: Final = 0.75
"""Of one pair, for a hit."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How much nearer a picture is to each description than to its opposite: shares from 0 to 1."""

    child: tuple[float, ...]
    lewd: tuple[float, ...]


def judged(seen: Seen, *, names_a_child: bool, threshold: float = THRESHOLD) -> Judgement:
    """What follows from it."""
    is_nsfw = sum(seen.lewd) / len(seen.lewd) >= threshold
    child_hits = sum(share >= SURE for share in seen.child)
    lewd_hits = sum(share >= SURE for share in seen.lewd)
    is_child = child_hits >= HITS_OF_A_CHILD - names_a_child
    return Judgement(is_nsfw=is_nsfw, is_csam=is_child and (is_nsfw or lewd_hits >= HITS_OF_LEWDNESS))


class ClipChecker:
    """CLIP, and where the descriptions point."""

    name = "clip"
    can_judge = True

    def __init__(self, clip: ClipModel, threshold: float = THRESHOLD) -> None:
        self._clip = clip
        self._threshold = threshold
        self._child = _directions(clip, _CHILD)
        self._lewd = _directions(clip, _LEWD)

    @classmethod
    def open(cls, options: SafetyOptions) -> Self:
        """Load it. Options: `folder`, `threshold`. Raises `BackendFailure`."""
        options.check_known("folder", "threshold")
        clip = ClipModel(folder_of_owner(options.text("folder"), what="safety by clip"))
        return cls(clip, options.number("threshold", THRESHOLD, 0.01, 0.99))

    async def judge(self, picture: Image.Image, wanted: Wanted) -> Judgement:
        """By pairs of descriptions."""
        seen = await asyncio.to_thread(self.seen, picture)
        return judged(seen, names_a_child=means_a_child(wanted.prompt), threshold=self._threshold)

    def seen(self, picture: Image.Image) -> Seen:
        """How near the picture is to each description."""
        direction = self._clip.picture(picture)
        sharpness = self._clip.sharpness

        def shares(pairs: Directions) -> tuple[float, ...]:
            cosines = pairs @ direction  # a row a pair: the description, its opposite
            return tuple(float(share) for share in 1 / (1 + np.exp(sharpness * (cosines[:, 1] - cosines[:, 0]))))

        return Seen(shares(self._child), shares(self._lewd))


def _directions(clip: ClipModel, pairs: tuple[tuple[str, str], ...]) -> Directions:
    found = clip.words([text for pair in pairs for text in pair])
    return found.reshape(len(pairs), 2, -1)
