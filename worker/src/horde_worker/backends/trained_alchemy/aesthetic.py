"""`aesthetic`: how much people would like a picture, from 0 to 10: CLIP, and a head of linear layers behind it."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.trained_alchemy.clip_model import ClipModel, Directions
from horde_worker.backends.trained_alchemy.torch_weights import torch_weights


class AestheticJudge:
    """CLIP and the head in a file of the owner's, which has linear layers only, as those that are published have."""

    def __init__(self, clip: ClipModel, head: Path) -> None:
        self._clip = clip
        self._name = head.stem
        self._layers = layers_in(head)

    def score(self, picture: Image.Image) -> float:
        """From 0 to 10. Raises `BackendFailure`."""
        found = self._clip.picture(picture)
        for weight, bias in self._layers:
            if weight.shape[1] != found.shape[0]:
                raise BackendFailure(f"{self._name} is for a CLIP with {weight.shape[1]} dimensions, not {len(found)}")
            found = weight @ found + bias
        return round(min(max(float(found[0]), 0.0), 10.0), 2)


def layers_in(head: Path) -> list[tuple[Directions, Directions]]:
    """Weights and biases in their order, down to one number. Raises `BackendFailure`."""
    state = torch_weights(head)
    names = sorted((name for name in state if name.endswith("weight")), key=_place)
    layers: list[tuple[Directions, Directions]] = []
    for name in names:
        weight = state[name].float().numpy()
        bias = state.get(name.removesuffix("weight") + "bias")
        layers.append((weight, np.zeros(len(weight), np.float32) if bias is None else bias.float().numpy()))
    sizes = [weight.shape for weight, _ in layers]
    is_chain = all(one[0] == other[1] for one, other in pairwise(sizes))
    if not layers or not is_chain or any(len(size) != 2 for size in sizes) or sizes[-1][0] != 1:
        raise BackendFailure(f"{head.name} is no head of linear layers down to one number")
    return layers


def _place(name: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", name))
