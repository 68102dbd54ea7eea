"""The stream of documents the model learns from, and the vocabulary that comes of it."""

from __future__ import annotations

import random
import string
from collections import Counter
from collections.abc import Iterator
from typing import Final

from ember_text_training.plots import story
from ember_text_training.talk import chat, task
from horde_worker.backends.demo_text.tokenizer import END, Tokenizer

_VOCABULARY_DOCUMENTS: Final = 12_000
_RARE: Final = 40
"""A piece seen less often than this among the first documents is spelled: chiefly names somebody invented."""

SPELLED_SHARE: Final = 0.004
"""Of the words, how many are spelled in letters all the same, so that a half-known word is understood too."""


def document(rng: random.Random) -> str:
    """A story, a conversation, or a task that is done."""
    dice = rng.random()
    if dice < 0.62:
        return story(rng)[1]
    return chat(rng) if dice < 0.84 else task(rng)


def build_tokenizer() -> Tokenizer:
    """The vocabulary: what is common in the corpus, and every letter. Always the same."""
    spelling = ["\n", *string.printable[:95]]
    speller = _PieceCounter()
    rng = random.Random(0)
    for _ in range(_VOCABULARY_DOCUMENTS):
        speller.count(document(rng))
    common = sorted(piece for piece, times in speller.times.items() if times >= _RARE and piece not in spelling)
    return Tokenizer(["", *spelling, *common])


class _PieceCounter:
    """Counts the pieces that the tokenizer cuts a text into."""

    def __init__(self) -> None:
        self.times: Counter[str] = Counter()

    def count(self, text: str) -> None:
        self.times.update(Tokenizer.pieces(text))


def rows(rng: random.Random, tokenizer: Tokenizer, length: int) -> Iterator[list[int]]:
    """Rows of exactly so many tokens: most begin with a document, the others in the middle of one."""
    letters = {number for number, text in enumerate(tokenizer.tokens) if len(text.strip()) <= 1}
    while True:
        row: list[int] = []
        skip = rng.randrange(length // 2) if rng.random() < 0.2 else 0
        while len(row) < length + skip:
            row.append(END)
            for number in tokenizer.encode(document(rng)):
                if number not in letters and rng.random() < SPELLED_SHARE:
                    row.extend(tokenizer.spell(tokenizer.tokens[number]))
                else:
                    row.append(number)
        yield row[skip : skip + length]
