"""Vectors of texts without any weights: words and pieces of words, counted in as many boxes as a vector has numbers."""

from __future__ import annotations

import asyncio
import math
import re
import unicodedata
import zlib
from array import array
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from typing import Final, Self

from horde_worker.backends.embedding import EmbeddingAbilities, EmbeddingEvent, EmbeddingJob, EmbeddingResult
from horde_worker.backends.events import Progress
from horde_worker.backends.interface import BackendSettings, Makers

MODEL_NAME: Final = "ember-demo-embedding"
DIMENSIONS: Final = 256
MAX_TOKENS: Final = 8192
PIECE_LENGTHS: Final = (3, 4, 5)
OF_A_PIECE: Final = 0.4
"""What a piece of a word counts beside the word: texts with the same words are alike, then those with akin ones."""
_WORD: Final = re.compile(r"\w+")
_CHARACTERS_A_TOKEN: Final = 4


class DemoEmbeddingBackend:
    """Knows which words texts share, not what they mean. The same text has the same vector on every machine."""

    name = "demo-embedding"
    abilities = EmbeddingAbilities(models=(MODEL_NAME,), max_tokens=MAX_TOKENS, loaded=(MODEL_NAME,))

    @classmethod
    async def open(cls, settings: BackendSettings) -> Self:
        """There are no options."""
        settings.check_known()
        return cls()

    @property
    def makers(self) -> Makers:
        """Vectors."""
        return Makers(embedding=self)

    async def close(self) -> None:
        """Nothing is held."""

    async def make(self, job: EmbeddingJob) -> AsyncGenerator[EmbeddingEvent, None]:
        """Text by text; between two a closed job ends."""
        vectors = []
        for done, text in enumerate(job.texts, 1):
            vectors.append(await asyncio.to_thread(vector_of, text))
            yield Progress(0, done, len(job.texts))
        yield EmbeddingResult(tuple(vectors), sum(len(text) // _CHARACTERS_A_TOKEN + 1 for text in job.texts))


def vector_of(text: str) -> array[float]:
    """Of length one; a text without any word is the first direction."""
    numbers = [0.0] * DIMENSIONS
    for (feature, weight), count in _features(text).items():
        number = zlib.crc32(feature.encode())
        # As often as a word stands there counts, but ever less; the sign keeps what falls into one box apart.
        numbers[number % DIMENSIONS] += weight * (1 + math.log(count)) * (1 if number & 0x10000 else -1)
    length = math.sqrt(math.fsum(number * number for number in numbers))
    if not length:
        return array("f", [1.0] + [0.0] * (DIMENSIONS - 1))
    return array("f", (number / length for number in numbers))


def _features(text: str) -> Counter[tuple[str, float]]:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return Counter(feature for word in _WORD.findall(plain) for feature in _features_of(word))


def _features_of(word: str) -> Iterator[tuple[str, float]]:
    yield word, 1.0
    marked = f"<{word}>"
    for length in PIECE_LENGTHS:
        for begin in range(len(marked) - length + 1):
            yield f"#{marked[begin : begin + length]}", OF_A_PIECE
