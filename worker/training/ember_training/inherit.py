"""Starts a net with the weights of an earlier one that may have been smaller or seen other patches.

What both have is taken over. Blocks that are new change nothing at first, and patches of another size are the old ones
seen coarser or finer; so training goes on where the earlier one ended, after some minutes.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ember_training.network import Ember


def start_from(net: Ember, weights: Path) -> int:
    """Fill the net from exported weights; how many pictures these have seen."""
    with np.load(weights, allow_pickle=False) as stored:
        about = json.loads(stored["about"].tobytes())
        old = {name: torch.from_numpy(stored[name].astype(np.float32)) for name in stored.files if name != "about"}
    old_px, new_px = about["shape"]["patch_px"], net.shape.patch_px
    if old_px != new_px:
        old["patch.weight"] = old["patch.weight"] @ _resize(new_px, old_px)
        old["out.weight"] = _resize(old_px, new_px) @ old["out.weight"]
        old["out.bias"] = _resize(old_px, new_px) @ old["out.bias"]
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if name in old:
                parameter.copy_(old[name])
            elif name.startswith("blocks.") and name.endswith(("proj.weight", "down.weight")):
                parameter.zero_()
    return int(about["progress"]["images"])


def _resize(from_px: int, to_px: int) -> Tensor:
    """The matrix that turns the numbers of one patch (rows, columns, 3) into those of another size, by shared area."""
    old_edges, new_edges = np.linspace(0, 1, from_px + 1), np.linspace(0, 1, to_px + 1)
    line = np.zeros((to_px, from_px))
    for to in range(to_px):
        for of in range(from_px):
            shared = min(old_edges[of + 1], new_edges[to + 1]) - max(old_edges[of], new_edges[to])
            line[to, of] = max(0.0, shared) * to_px
    return torch.from_numpy(np.kron(np.kron(line, line), np.eye(3))).float()
