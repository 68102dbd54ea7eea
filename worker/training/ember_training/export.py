"""Turn a checkpoint's averaged weights into the one small file the worker ships."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from ember_training.network import Ember, Shape


def load_average(checkpoint: Path) -> tuple[Ember, dict[str, float]]:
    """The net with its averaged weights, and how far training had come."""
    saved = torch.load(checkpoint, weights_only=True)
    net = Ember(Shape(**saved["shape"]))
    with torch.no_grad():
        for parameter, mean in zip(net.parameters(), saved["average"], strict=True):
            parameter.copy_(mean)
    return net.eval(), saved["progress"]


def export_weights(checkpoint: Path, target: Path) -> None:
    """Write half-precision arrays, the sizes of the net and the training progress as one `.npz`."""
    net, progress = load_average(checkpoint)
    arrays = {name: p.detach().numpy().astype(np.float16) for name, p in net.named_parameters()}
    about = json.dumps({"shape": torch.load(checkpoint, weights_only=True)["shape"], "progress": progress})
    with target.open("wb") as file:
        np.savez(file, allow_pickle=False, about=np.frombuffer(about.encode(), dtype=np.uint8), **arrays)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("target", type=Path)
    arguments = parser.parse_args()
    export_weights(arguments.checkpoint, arguments.target)


if __name__ == "__main__":
    main()
