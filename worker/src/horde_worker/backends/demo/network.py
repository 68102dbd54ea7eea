"""The forward pass of `ember-demo` in numpy: the same sums as `worker/training/ember_training/network.py`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from horde_worker.backends.demo.convolution import Convolution, cells_of, pixels_of
from horde_worker.backends.demo.weights import Array, NetShape, Weights


@dataclass(frozen=True, slots=True)
class _Block:
    """One layer's matrices, transposed once so that rows times matrix is a plain product."""

    qkv: Array
    proj: Array
    up: Array
    up_bias: Array
    down: Array
    mod_bias: Array


class Network:
    """Says what the clean picture is, given a noisy one, how noisy it is, and the words."""

    def __init__(self, weights: Weights) -> None:
        arrays = weights.arrays
        self.shape: NetShape = weights.shape
        self._word, self._slot = arrays["word"], arrays["slot"]
        self._patch, self._patch_bias = _transposed(arrays["patch.weight"]), arrays["patch.bias"]
        self._place = _transposed(arrays["place.weight"])
        self._time1, self._time1_bias = _transposed(arrays["time1.weight"]), arrays["time1.bias"]
        self._time2, self._time2_bias = _transposed(arrays["time2.weight"]), arrays["time2.bias"]
        self._out, self._out_bias = _transposed(arrays["out.weight"]), arrays["out.bias"]
        self._features, self._features_bias = _transposed(arrays["features.weight"]), arrays["features.bias"]
        self._detail = tuple(Convolution.of(arrays, f"detail{i}") for i in (1, 2, 3))
        self._blocks = tuple(
            _Block(
                qkv=_transposed(arrays[f"blocks.{i}.qkv.weight"]),
                proj=_transposed(arrays[f"blocks.{i}.proj.weight"]),
                up=_transposed(arrays[f"blocks.{i}.up.weight"]),
                up_bias=arrays[f"blocks.{i}.up.bias"],
                down=_transposed(arrays[f"blocks.{i}.down.weight"]),
                mod_bias=arrays[f"blocks.{i}.mod_bias"],
            )
            for i in range(weights.shape.depth)
        )

    def embed_words(self, prompts: tuple[tuple[int, ...], ...]) -> Array:
        """Word rows of each prompt, padded with the row that means "no word": (prompts, slots, width)."""
        table = np.zeros((len(prompts), self.shape.max_tokens), dtype=np.intp)
        for row, tokens in enumerate(prompts):
            table[row, : len(tokens)] = tokens
        words: Array = self._word[table] + self._slot
        return words

    def clean_picture(self, noisy: Array, t: float, words: Array) -> Array:
        """One guess per prompt for the same noisy picture (rows, columns, 3 in -1..1; `t` of 1 is pure noise)."""
        p = self.shape.patch_px
        rows, columns = noisy.shape[0] // p, noisy.shape[1] // p
        patches = noisy.reshape(rows, p, columns, p, 3).transpose(0, 2, 1, 3, 4).reshape(rows * columns, p * p * 3)
        pixels = patches @ self._patch + self._patch_bias + self._places(rows, columns)
        prompts = words.shape[0]
        flow = np.concatenate((words, np.broadcast_to(pixels, (prompts, *pixels.shape))), axis=1)
        modulation = self._modulation(t)
        for block in self._blocks:
            flow = self._layer(flow, block, modulation)
        seen = _norm(flow[:, words.shape[1] :])
        guess = _side_by_side((seen @ self._out + self._out_bias).reshape(prompts, rows, columns, p, p, 3))
        across = p // self.shape.cell_px
        features = (seen @ self._features + self._features_bias).reshape(prompts, rows, columns, across, across, -1)
        picture: Array = guess + self._changes(noisy, guess, _side_by_side(features))
        return picture

    def _changes(self, noisy: Array, guess: Array, features: Array) -> Array:
        """What the convolutions make of the seams between patches, and of the pixels that are seen already."""
        seen = cells_of(noisy[None], self.shape.cell_px)
        everywhere = np.broadcast_to(seen, (guess.shape[0], *seen.shape[1:]))
        flow = np.concatenate((everywhere, cells_of(guess, self.shape.cell_px), features), axis=-1)
        first, second, third = self._detail
        flow = np.maximum(second(np.maximum(first(flow), 0)), 0)
        return pixels_of(third(flow), self.shape.cell_px)

    def _layer(self, flow: Array, block: _Block, modulation: Array) -> Array:
        scale1, shift1, gate1, scale2, shift2, gate2 = np.split(modulation + block.mod_bias, 6)
        prompts, slots, width = flow.shape
        heads = self.shape.heads
        qkv = (_norm(flow) * (1 + scale1) + shift1) @ block.qkv
        q, k, v = qkv.reshape(prompts, slots, 3, heads, width // heads).transpose(2, 0, 3, 1, 4)
        weights = _softmax(q @ k.swapaxes(-1, -2) * np.float32((width // heads) ** -0.5))
        mixed = (weights @ v).swapaxes(1, 2).reshape(prompts, slots, width)
        flow = flow + (mixed @ block.proj) * (1 + gate1)
        hidden = np.maximum((_norm(flow) * (1 + scale2) + shift2) @ block.up + block.up_bias, 0)
        changed: Array = flow + ((hidden * hidden) @ block.down) * (1 + gate2)
        return changed

    def _modulation(self, t: float) -> Array:
        waves = np.exp(np.linspace(0, 6, self.shape.time_features // 2, dtype=np.float32))
        angles = np.float32(t) * waves
        hidden = np.concatenate((np.sin(angles), np.cos(angles))) @ self._time1 + self._time1_bias
        hidden = hidden / (1 + np.exp(-hidden))
        modulation: Array = hidden @ self._time2 + self._time2_bias
        return modulation

    def _places(self, rows: int, columns: int) -> Array:
        y = np.repeat(np.arange(rows, dtype=np.float32) - (rows - 1) / 2, columns) / 5
        x = np.tile(np.arange(columns, dtype=np.float32) - (columns - 1) / 2, rows) / 5
        waves = (np.pi * 0.5 * 2.0 ** (0.5 * np.arange(self.shape.frequencies))).astype(np.float32)
        both = np.stack((y, x), axis=-1).astype(np.float32)
        angles = (both[:, :, None] * waves).reshape(rows * columns, -1)
        places: Array = np.concatenate((np.sin(angles), np.cos(angles), both), axis=-1) @ self._place
        return places


def _transposed(matrix: Array) -> Array:
    return np.ascontiguousarray(matrix.T)


def _side_by_side(patches: Array) -> Array:
    """One picture from (prompts, rows, columns, height, width, values) of its patches."""
    prompts, rows, columns, height, width, values = patches.shape
    picture: Array = patches.transpose(0, 1, 3, 2, 4, 5).reshape(prompts, rows * height, columns * width, values)
    return picture


def _norm(x: Array) -> Array:
    normed: Array = x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + np.float32(1e-6))
    return normed


def _softmax(scores: Array) -> Array:
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Array = raised / raised.sum(axis=-1, keepdims=True)
    return shares
