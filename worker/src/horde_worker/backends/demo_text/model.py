"""`DemoTextModel`: prompt in, continuation out, with nothing but numpy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self, TypeAlias

import numpy as np

from horde_worker.backends.demo.one_blas_thread import one_blas_thread
from horde_worker.backends.demo_text.network import Memory, Network
from horde_worker.backends.demo_text.tokenizer import END, Tokenizer
from horde_worker.backends.demo_text.weights import Array, load_weights
from horde_worker.stop_sequences import end_of_stop
from horde_worker.text_sampling import NEUTRAL, TextSampling, next_token_shares

MODEL_NAME: Final = "ember-demo-text"

ShouldStop: TypeAlias = Callable[[], bool]
OnToken: TypeAlias = Callable[[int, int], None]
"""Told after every token: how many are made, how many at most."""
OnPiece: TypeAlias = Callable[[str], None]
"""Told what a token added to the text; all pieces, one after the other, are the text."""


class GenerationStopped(Exception):
    """`should_stop` said so between two tokens; there is no text."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A text asked for. Lengths in the model's own tokens (words, mostly); `seed` any whole number."""

    prompt: str
    max_length: int = 80
    max_context_length: int = 2048
    sampling: TextSampling = NEUTRAL
    stop_sequences: tuple[str, ...] = ()
    may_end: bool = True
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Continuation:
    """What comes after the prompt, up to and with a stop sequence."""

    text: str
    tokens: int


class DemoTextModel:
    """The loaded model. Keeps no state between texts, so threads may share one."""

    def __init__(self, network: Network, tokenizer: Tokenizer, tokens_seen: int) -> None:
        self._network = network
        self.tokenizer = tokenizer
        self.tokens_seen = tokens_seen

    @classmethod
    def load(cls, weights: Path | None = None) -> Self:
        """The model with the weights in the package, or with those of a file that `train_demo_text.py` exported."""
        loaded = load_weights(weights)
        return cls(Network(loaded), loaded.tokenizer, loaded.tokens_seen)

    def generate(
        self,
        passage: Passage,
        *,
        on_token: OnToken | None = None,
        on_piece: OnPiece | None = None,
        should_stop: ShouldStop | None = None,
    ) -> Continuation:
        """Continue a prompt. The same passage gives the same text on the same machine.

        Raises `GenerationStopped` when `should_stop` answers true; it is asked before every token.
        """
        dice = np.random.Generator(np.random.PCG64(passage.seed % 2**64))
        text, begins_anew = "", passage.prompt[-1:].isspace()
        read = self._context(passage)
        reader = _Reader(self._network)
        fresh: Sequence[int] = read
        for made in range(1, passage.max_length + 1):
            if should_stop is not None and should_stop():
                raise GenerationStopped(f"stopped before token {made} of {passage.max_length}")
            with one_blas_thread():
                scores = reader.scores_after(fresh)
            is_end_banned = made == 1 or not passage.may_end
            shares = next_token_shares(scores, read, passage.sampling, banned=(END,) if is_end_banned else ())
            token = int(dice.choice(len(shares), p=shares))
            if token == END:
                return Continuation(text, made)
            fresh = (token,)
            read.append(token)
            piece = self.tokenizer.tokens[token]
            before = len(text)
            text += piece.removeprefix(" ") if begins_anew and not text else piece
            end = end_of_stop(text, len(piece), passage.stop_sequences)
            text = text[:end]
            if on_piece is not None and len(text) > before:
                on_piece(text[before:])
            if on_token is not None:
                on_token(made, passage.max_length)
            if end is not None:
                return Continuation(text, made)
        return Continuation(text, passage.max_length)

    def _context(self, passage: Passage) -> list[int]:
        """The prompt's tokens that count: the last ones that leave room for the text (workers.md §7.6).

        Spaces at its end are left out, because a word's token brings its own.
        """
        tokens = [END, *self.tokenizer.encode(passage.prompt.rstrip(" "))]
        return tokens[-max(1, passage.max_context_length - passage.max_length) :]


class _Reader:
    """Reads on and on through a window of limited size: when it is full, its latest part is read anew."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._window = network.shape.window
        self._memory = Memory(network.shape)
        self._latest: list[int] = []

    def scores_after(self, tokens: Sequence[int]) -> Array:
        """The scores of what comes after all that was read, and after these."""
        self._latest.extend(tokens)
        if self._memory.length + len(tokens) > self._window:
            self._latest = self._latest[-(self._window * 3 // 4) :]
            self._memory = Memory(self._network.shape)
            tokens = self._latest
        return self._network.read(tokens, self._memory)
