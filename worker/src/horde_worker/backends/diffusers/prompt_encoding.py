"""Prompts as the nets read them: weights, `BREAK`, chunks of 75 tokens, textual inversions, layers. Needs torch.

With weights of 1 and one chunk it is to the bit what the library's pipelines make of a prompt; they cannot do the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import torch

from horde_worker.backends.normalise.prompt_weights import weighted_parts

MOST_CHUNKS: Final = 32
"""2400 tokens: what follows in a longer prompt is not read."""
_INVERSION: Final = re.compile(r"embedding:([^\s,:()\[\]]+)")
_STAND_IN: Final = 0
"""The token in whose place an inversion's vector stands."""

Vectors: TypeAlias = Sequence[Any]
"""Of one inversion: a matrix for each text encoder."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Both prompts as tensors for one picture; pooled ones with XL only."""

    wanted: Any
    unwanted: Any
    pooled_wanted: Any = None
    pooled_unwanted: Any = None


@dataclass(frozen=True, slots=True)
class _Token:
    id: int
    weight: float = 1.0
    vector: Any = None


class PromptEncoder:
    """The text encoders of a pipeline, with the inversions of a job by their names in lower case."""

    def __init__(self, pipeline: Any, *, is_xl: bool, clip_skip: int = 1, inversions: Mapping[str, Vectors]) -> None:
        self._is_xl = is_xl
        self._clip_skip = max(1, clip_skip)
        self._inversions = inversions
        pairs = [(pipeline.tokenizer, pipeline.text_encoder)]
        if is_xl:
            pairs.append((pipeline.tokenizer_2, pipeline.text_encoder_2))
        self._pairs = [pair for pair in pairs if pair[1] is not None]

    def encoded(self, prompt: str, negative_prompt: str) -> Encoded:
        """Both prompts, in the same number of chunks."""
        places = range(len(self._pairs))
        chunked = [(self._chunks(prompt, place), self._chunks(negative_prompt, place)) for place in places]
        most = max(len(chunks) for both in chunked for chunks in both)
        with torch.inference_mode():
            wanted, pooled_wanted = self._read([both[0] for both in chunked], most)
            unwanted, pooled_unwanted = self._read([both[1] for both in chunked], most)
        return Encoded(wanted, unwanted, pooled_wanted, pooled_unwanted)

    def _chunks(self, prompt: str, encoder: int) -> list[list[_Token]]:
        """At most 75 tokens each; a `BREAK` ends one early."""
        room = self._pairs[encoder][0].model_max_length - 2
        chunks: list[list[_Token]] = [[]]
        breaks = 0
        for part in weighted_parts(prompt):
            if part.chunk > breaks:
                breaks = part.chunk
                chunks.append([])
            for token in self._tokens(part.text, part.weight, encoder):
                if len(chunks[-1]) == room:
                    chunks.append([])
                chunks[-1].append(token)
        return [chunk for chunk in chunks if chunk][:MOST_CHUNKS] or [[]]

    def _tokens(self, text: str, weight: float, encoder: int) -> Iterator[_Token]:
        """Words by the tokenizer, inversions by their vectors."""
        tokenizer = self._pairs[encoder][0]
        begin = 0
        for found in _INVERSION.finditer(text):
            vectors = self._inversions.get(found[1].lower())
            if vectors is None:
                continue
            yield from self._words(tokenizer, text[begin : found.start()], weight)
            begin = found.end()
            for vector in vectors[encoder]:
                yield _Token(_STAND_IN, weight, vector)
        yield from self._words(tokenizer, text[begin:], weight)

    @staticmethod
    def _words(tokenizer: Any, text: str, weight: float) -> Iterator[_Token]:
        if text.strip():
            for token in tokenizer(text, add_special_tokens=False, verbose=False).input_ids:
                yield _Token(token, weight)

    def _read(self, chunked: Sequence[list[list[_Token]]], most: int) -> tuple[Any, Any]:
        """A prompt by all encoders side by side, and the pooled text of the last."""
        parts, pooled = [], None
        for place, chunks in enumerate(chunked):
            whole, pooled = self._read_by(place, [*chunks, *[[] for _ in range(most - len(chunks))]])
            parts.append(whole)
        return torch.cat(parts, dim=-1), pooled if self._is_xl else None

    def _read_by(self, place: int, chunks: list[list[_Token]]) -> tuple[Any, Any]:
        """All chunks behind each other; the weight of a token says how far it lies from the empty prompt's."""
        states, pooled = self._states(place, chunks)
        weights = torch.ones(states.shape[:2], dtype=states.dtype, device=states.device)
        for row, chunk in enumerate(chunks):
            for column, token in enumerate(chunk):
                weights[row, column + 1] = token.weight
        if bool((weights != 1).any()):
            empty, _ = self._states(place, [[]])
            states = empty + (states - empty) * weights[..., None]
        return states.reshape(1, -1, states.shape[-1]), pooled

    def _states(self, place: int, chunks: list[list[_Token]]) -> tuple[Any, Any]:
        tokenizer, encoder = self._pairs[place]
        room = tokenizer.model_max_length
        end, pad = tokenizer.eos_token_id, tokenizer.pad_token_id
        rows = [
            [tokenizer.bos_token_id, *(token.id for token in chunk), end, *[pad] * (room - len(chunk) - 2)]
            for chunk in chunks
        ]
        ids = torch.tensor(rows, device=encoder.device)
        with _in_place_of_words(encoder, chunks):
            read = encoder(ids, output_hidden_states=True)
        layers = read.hidden_states
        if self._is_xl:  # the last but one, without the norm; requests that skip two layers mean that one
            return layers[-min(max(self._clip_skip, 2), len(layers) - 1)], read[0][:1]
        states = layers[-min(self._clip_skip, len(layers) - 1)]
        return getattr(encoder, "text_model", encoder).final_layer_norm(states), None


@contextmanager
def _in_place_of_words(encoder: Any, chunks: Sequence[Sequence[_Token]]) -> Iterator[None]:
    """While it lasts, the vectors of inversions stand where their tokens stand; the vocabulary stays as it is."""
    placed = [
        (row, column + 1, token.vector)
        for row, chunk in enumerate(chunks)
        for column, token in enumerate(chunk)
        if token.vector is not None
    ]

    def put(_layer: Any, _inputs: Any, words: Any) -> Any:
        words = words.clone()
        for row, column, vector in placed:
            words[row, column] = vector.to(words.device, words.dtype)
        return words

    hook = encoder.get_input_embeddings().register_forward_hook(put) if placed else None
    try:
        yield
    finally:
        if hook is not None:
            hook.remove()
