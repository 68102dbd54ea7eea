"""The network: embeddings, layers of attention, and the mean over a text's tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from horde_worker.backends.demo.one_blas_thread import one_blas_thread
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.in_process.config_files import config_in
from horde_worker.backends.sentence_model.safe_tensors import read_tensors
from horde_worker.backends.sentence_model.word_pieces import WordPieces

Floats = NDArray[np.float32]
MOST_CONFIG_BYTES: Final = 1_000_000
USUAL_LENGTH: Final = 256
_FAR_BELOW: Final = np.float32(-1e9)
"""What is added to the attention to a place where no token is."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """The weights of one layer: attention, then a network for each token."""

    query: tuple[Floats, Floats]
    key: tuple[Floats, Floats]
    value: tuple[Floats, Floats]
    out: tuple[Floats, Floats]
    norm: tuple[Floats, Floats]
    wide: tuple[Floats, Floats]
    narrow: tuple[Floats, Floats]
    last_norm: tuple[Floats, Floats]


class SentenceModel:
    """One model, loaded. Keeps no state between texts, so threads may share it."""

    def __init__(self, weights: Mapping[str, Floats], config: Mapping[str, Any], words: WordPieces, most: int) -> None:
        """Raises `KeyError` for weights that are no BERT's."""

        def pair(name: str) -> tuple[Floats, Floats]:
            weight = weights[f"{name}.weight"]
            return np.ascontiguousarray(weight.T), weights[f"{name}.bias"]

        self._words = words
        self.most_tokens = most
        self._heads = int(config["num_attention_heads"])
        self._epsilon = np.float32(config.get("layer_norm_eps", 1e-12))
        self._tokens = weights["embeddings.word_embeddings.weight"]
        self._places = weights["embeddings.position_embeddings.weight"]
        self._kind = weights["embeddings.token_type_embeddings.weight"][0]
        self._norm = pair("embeddings.LayerNorm")
        self._layers = [
            _Layer(
                pair(f"{layer}.attention.self.query"),
                pair(f"{layer}.attention.self.key"),
                pair(f"{layer}.attention.self.value"),
                pair(f"{layer}.attention.output.dense"),
                pair(f"{layer}.attention.output.LayerNorm"),
                pair(f"{layer}.intermediate.dense"),
                pair(f"{layer}.output.dense"),
                pair(f"{layer}.output.LayerNorm"),
            )
            for layer in (f"encoder.layer.{number}" for number in range(int(config["num_hidden_layers"])))
        ]

    @classmethod
    def load(cls, folder: Path) -> Self:
        """From the files that its makers publish. Raises `BackendFailure`."""
        config = config_in(folder / "config.json", MOST_CONFIG_BYTES)
        if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
            raise BackendFailure(f"{folder.name} is another kind of model than BERT's")
        settings = folder / "sentence_bert_config.json"
        said = config_in(settings, MOST_CONFIG_BYTES).get("max_seq_length") if settings.exists() else None
        tokenizer = folder / "tokenizer_config.json"
        lowers = config_in(tokenizer, MOST_CONFIG_BYTES).get("do_lower_case", True) if tokenizer.exists() else True
        words = WordPieces.read(folder / "vocab.txt", lowers=lowers is not False)
        weights = {name.removeprefix("bert."): one for name, one in read_tensors(folder / "model.safetensors").items()}
        try:
            most = min(said if isinstance(said, int) and said > 2 else USUAL_LENGTH, config["max_position_embeddings"])
            return cls(weights, config, words, most)
        except (KeyError, ValueError, TypeError) as error:
            raise BackendFailure(f"{folder.name} has other weights than BERT's") from error

    def tokens_of(self, text: str) -> list[int]:
        """A text's tokens, cut to what the model takes."""
        return self._words.tokens(text, self.most_tokens)

    def vectors(self, texts: Sequence[Sequence[int]]) -> Floats:
        """A row for each text, of length one: the mean of what became of its tokens."""
        with one_blas_thread():
            return self._vectors(texts)

    def _vectors(self, texts: Sequence[Sequence[int]]) -> Floats:
        longest = max(map(len, texts))
        ids = np.zeros((len(texts), longest), dtype=np.int64)
        is_there = np.zeros((len(texts), longest), dtype=np.float32)
        for row, tokens in enumerate(texts):
            ids[row, : len(tokens)] = tokens
            is_there[row, : len(tokens)] = 1
        x = self._normed(self._tokens[ids] + self._places[:longest] + self._kind, self._norm)
        beyond = ((1 - is_there) * _FAR_BELOW)[:, None, None, :]
        for layer in self._layers:
            x = self._normed(x + self._attended(x, layer, beyond), layer.norm)
            x = self._normed(x + _by(_gelu(_by(x, layer.wide)), layer.narrow), layer.last_norm)
        mean = (x * is_there[:, :, None]).sum(axis=1) / is_there.sum(axis=1, keepdims=True)
        found: Floats = mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), np.float32(1e-12))
        return found

    def _attended(self, x: Floats, layer: _Layer, beyond: Floats) -> Floats:
        rows, length, width = x.shape

        def heads(weights: tuple[Floats, Floats]) -> Floats:
            return _by(x, weights).reshape(rows, length, self._heads, -1).transpose(0, 2, 1, 3)

        query, key, value = heads(layer.query), heads(layer.key), heads(layer.value)
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(width / self._heads)) + beyond
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares = scores / scores.sum(axis=-1, keepdims=True)
        return _by((shares @ value).transpose(0, 2, 1, 3).reshape(rows, length, width), layer.out)

    def _normed(self, x: Floats, weights: tuple[Floats, Floats]) -> Floats:
        middle = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt((middle * middle).mean(axis=-1, keepdims=True) + self._epsilon)
        found: Floats = middle / spread * weights[0] + weights[1]
        return found


def _by(x: Floats, weights: tuple[Floats, Floats]) -> Floats:
    """One large product instead of one for each text."""
    found: Floats = x.reshape(-1, x.shape[-1]) @ weights[0] + weights[1]
    return found.reshape(*x.shape[:-1], -1)


def _gelu(x: Floats) -> Floats:
    """x · Φ(x); the error function by Abramowitz and Stegun 7.1.26, off by less than two ten-millionths."""
    z = np.abs(x) / np.float32(np.sqrt(2))
    t = 1 / (1 + np.float32(0.3275911) * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = np.sign(x) * (1 - series * np.exp(-z * z))
    found: Floats = (x * (1 + erf) / 2).astype(np.float32)
    return found
