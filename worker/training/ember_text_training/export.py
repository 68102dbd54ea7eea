"""Turn a checkpoint's averaged weights into the one small file the worker ships."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from ember_text_training.network import EmberText, Shape


def load_average(checkpoint: Path) -> tuple[EmberText, list[str], dict[str, float]]:
    """The net with its averaged weights, its vocabulary, and how far training had come."""
    saved = torch.load(checkpoint, weights_only=True)
    net = EmberText(Shape(**saved["shape"]))
    with torch.no_grad():
        for parameter, mean in zip(net.parameters(), saved["average"], strict=True):
            parameter.copy_(mean)
    return net.eval(), saved["vocabulary"], saved["progress"]


def export_weights(checkpoint: Path, target: Path) -> None:
    """Write half-precision arrays, sizes, vocabulary and training progress as one `.npz`."""
    net, vocabulary, progress = load_average(checkpoint)
    arrays = {name: p.detach().numpy().astype(np.float16) for name, p in net.named_parameters()}
    shape = torch.load(checkpoint, weights_only=True)["shape"]
    about = json.dumps({"shape": shape, "vocabulary": vocabulary, "progress": progress})
    with target.open("wb") as file:
        np.savez(file, allow_pickle=False, about=np.frombuffer(about.encode(), dtype=np.uint8), **arrays)
