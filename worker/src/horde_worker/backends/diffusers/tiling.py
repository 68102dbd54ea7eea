"""Pictures whose edges fit together: convolutions go on at the other side, for the length of a job. Needs torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch


@contextmanager
def going_round(*nets: Any) -> Iterator[None]:
    """All convolutions of the nets are padded with what is at the other side; afterwards as before."""
    before = [(layer, layer.padding_mode, layer._reversed_padding_repeated_twice) for layer in _convolutions(nets)]  # noqa: SLF001
    try:
        for layer, _, _ in before:
            layer.padding_mode = "circular"
            # By this list torch pads in this mode, and it has no public name: every line that touches it is marked.
            layer._reversed_padding_repeated_twice = _twice(layer.padding)  # noqa: SLF001
        yield
    finally:
        for layer, mode, padding in before:
            layer.padding_mode = mode
            layer._reversed_padding_repeated_twice = padding  # noqa: SLF001


def _convolutions(nets: Sequence[Any]) -> list[Any]:
    """Those that pad at all. A LoRA wraps a layer; what it wraps is among a net's modules as well."""
    return [
        layer
        for net in nets
        for layer in net.modules()
        if isinstance(layer, torch.nn.Conv2d) and not isinstance(layer.padding, str) and any(layer.padding)
    ]


def _twice(padding: Sequence[int]) -> list[int]:
    return [side for one in reversed(padding) for side in (one, one)]
