"""`DemoCaptioner`: a picture in; one sentence, or words with how sure they are, out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from PIL import Image

from horde_worker.backends.demo.one_blas_thread import one_blas_thread
from horde_worker.backends.demo.weights import Array
from horde_worker.backends.demo_caption.network import Network
from horde_worker.backends.demo_caption.wording import STRANGE, Answer, sentence

MODEL_NAME: Final = "ember-demo-caption"
STRANGE_FROM: Final = 0.5


@dataclass(frozen=True, slots=True)
class Tag:
    """A word and how sure it is, 0 to 100."""

    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What was seen: to each question its answers, the likeliest first."""

    known: float  # 0..1: that the picture is of the small world at all
    answers: dict[str, tuple[Answer, ...]]

    @property
    def is_strange(self) -> bool:
        """Whether nothing but that should be said of it."""
        return 1 - self.known >= STRANGE_FROM

    @property
    def caption(self) -> str:
        """One sentence."""
        return STRANGE if self.is_strange else sentence({name: found[0] for name, found in self.answers.items()})

    def tags(self, questions: tuple[str, ...], most: int) -> tuple[Tag, ...]:
        """The likeliest answers to these questions; to a stranger, that it is one."""
        if self.is_strange:
            return (Tag(STRANGE, _percent(1 - self.known)),)
        shares: dict[str, float] = {}
        for name in questions:
            for answer in self.answers[name]:
                shares[answer.word] = max(shares.get(answer.word, 0.0), answer.share * self.known)
        ranked = sorted(shares.items(), key=lambda word: -word[1])[:most]
        return tuple(Tag(word, _percent(share)) for word, share in ranked)

    @property
    def things(self) -> tuple[str, ...]:
        """The questions about things that this picture has."""
        kind = self.answers["kind"][0].word
        if kind == "empty":
            return ()
        return ("first", "second") if kind in ("side by side", "one above the other") else ("first",)


class DemoCaptioner:
    """The loaded model. Keeps no state between pictures, so threads may share one."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.pictures_seen = network.pictures_seen

    @classmethod
    def load(cls, weights: Path | None = None) -> Self:
        """With the weights that are installed, or those of a file. Raises `OSError` and `ValueError`."""
        return cls(Network.load(weights))

    def read(self, picture: Image.Image) -> Reading:
        """What is in an RGB picture of any size. The same picture gives the same answer."""
        with one_blas_thread():
            scores = self._network.scores(picture)
        answers = {name: _ranked(name, found) for name, found in scores.items()}
        known = next(answer.share for answer in answers["world"] if answer.word == "known")
        return Reading(known, answers)


def _ranked(question: str, scores: Array) -> tuple[Answer, ...]:
    from_highest = np.exp(scores - scores.max())
    shares = from_highest / from_highest.sum()
    return tuple(Answer.of(question, int(place), float(shares[place])) for place in np.argsort(-shares, kind="stable"))


def _percent(share: float) -> float:
    return round(100 * share, 1)
