"""The forward pass of `ember-demo-text` in numpy: the same sums as `worker/training/ember_text_training/network.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from horde_worker.backends.demo_text.tokenizer import END
from horde_worker.backends.demo_text.weights import Array, NetShape, Weights


@dataclass(frozen=True, slots=True)
class _Block:
    """One layer's matrices, transposed once so that rows times matrix is a plain product."""

    qkv: Array
    proj: Array
    up: Array
    down: Array


class Memory:
    """Keys and values of the tokens read so far, so that each further token costs only itself."""

    def __init__(self, shape: NetShape) -> None:
        size = (shape.depth, shape.heads, shape.window, shape.width // shape.heads)
        self.keys: Array = np.zeros(size, dtype=np.float32)
        self.values: Array = np.zeros(size, dtype=np.float32)
        self.marks: Array = np.zeros((shape.window, shape.copy_width), dtype=np.float32)
        self.tokens = np.zeros(shape.window, dtype=np.intp)
        self.length = 0

    @property
    def last(self) -> int:
        """The latest token; before the first there is the end of another document."""
        return int(self.tokens[self.length - 1]) if self.length else END


class Network:
    """Says how likely every token is to come next."""

    def __init__(self, weights: Weights) -> None:
        arrays = weights.arrays
        self.shape = weights.shape
        self._word, self._before, self._out = arrays["word"], arrays["before"], _transposed(arrays["out.weight"])
        self._seek, self._mark = _transposed(arrays["seek.weight"]), _transposed(arrays["mark.weight"])
        self._boost, self._boost_bias = _transposed(arrays["boost.weight"]), arrays["boost.bias"]
        self._cos, self._sin = _turns(self.shape.window, self.shape.width // self.shape.heads)
        self._blocks = tuple(
            _Block(*(_transposed(arrays[f"blocks.{i}.{name}.weight"]) for name in ("qkv", "proj", "up", "down")))
            for i in range(self.shape.depth)
        )

    def read(self, tokens: Sequence[int], memory: Memory) -> Array:
        """The scores (logits) of what comes after these tokens, which go into the memory.

        They must fit into the window, together with what the memory holds.
        """
        begin, end = memory.length, memory.length + len(tokens)
        flow = self._word[list(tokens)] + self._before[[memory.last, *tokens[:-1]]]
        for layer, block in enumerate(self._blocks):
            flow = self._layer(flow, block, memory.keys[layer], memory.values[layer], begin, end)
        flow = _norm(flow)
        memory.marks[begin:end], memory.tokens[begin:end] = flow @ self._mark, tokens
        memory.length = end
        return self._scores(flow[-1], memory)

    def _scores(self, latest: Array, memory: Memory) -> Array:
        """What the latest place says comes next, and what it points at: tokens that were there before gain by it."""
        scores: Array = latest @ self._out
        marks, tokens = memory.marks[: memory.length], memory.tokens[: memory.length]
        looks = _softmax(marks @ (latest @ self._seek) * np.float32(marks.shape[1] ** -0.5))
        np.add.at(scores, tokens, looks * (latest @ self._boost + self._boost_bias))
        return scores

    def _layer(self, flow: Array, block: _Block, keys: Array, values: Array, begin: int, end: int) -> Array:
        length, width = flow.shape
        heads = self.shape.heads
        q, k, v = (_norm(flow) @ block.qkv).reshape(length, 3, heads, width // heads).transpose(1, 2, 0, 3)
        cos, sin = self._cos[begin:end], self._sin[begin:end]
        keys[:, begin:end], values[:, begin:end] = _turned(k, cos, sin), v
        scores: Array = _turned(q, cos, sin) @ keys[:, :end].swapaxes(-1, -2) * np.float32((width // heads) ** -0.5)
        if length > 1:  # nobody sees what comes after it
            scores[:, *np.triu_indices(length, 1 + begin, end)] = -np.inf
        mixed = (_softmax(scores) @ values[:, :end]).swapaxes(0, 1).reshape(length, width)
        flow += mixed @ block.proj
        hidden = np.maximum(_norm(flow) @ block.up, 0)
        changed: Array = flow + (hidden * hidden) @ block.down
        return changed


def _turns(length: int, head_width: int) -> tuple[Array, Array]:
    waves = 1000.0 ** (-np.arange(head_width // 2, dtype=np.float32) / (head_width // 2))
    angles = np.arange(length, dtype=np.float32)[:, None] * waves.astype(np.float32)
    return np.cos(angles), np.sin(angles)


def _turned(x: Array, cos: Array, sin: Array) -> Array:
    first, second = np.split(x, 2, axis=-1)
    return np.concatenate((first * cos - second * sin, second * cos + first * sin), axis=-1)


def _transposed(matrix: Array) -> Array:
    return np.ascontiguousarray(matrix.T)


def _norm(x: Array) -> Array:
    normed: Array = x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + np.float32(1e-6))
    return normed


def _softmax(scores: Array) -> Array:
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Array = raised / raised.sum(axis=-1, keepdims=True)
    return shares
