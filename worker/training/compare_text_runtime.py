"""Check that the text model's numpy runtime says what the torch net says, for exported weights of one checkpoint."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from ember_text_training.corpus import rows
from ember_text_training.export import export_weights, load_average

from horde_worker.backends.demo_text.network import Memory, Network
from horde_worker.backends.demo_text.weights import load_weights

TOLERANCE = 0.1
"""Of scores that span about 30: half-precision storage costs about 0.02, everything else less."""


def largest_difference(checkpoint: Path) -> float:
    """Over some rows of the corpus, read in one go and then token by token."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "weights.npz"
        export_weights(checkpoint, target)
        weights = load_weights(target)
    network = Network(weights)
    net, _, _ = load_average(checkpoint)
    source = rows(random.Random(99), weights.tokenizer, weights.shape.window)
    worst = 0.0
    for _ in range(8):
        row = next(source)
        memory = Memory(weights.shape)
        said = [network.read(row[:50], memory), *(network.read([token], memory) for token in row[50:])]
        with torch.no_grad():
            expected = net(torch.tensor([row]))[0, 49:].numpy()
        worst = max(worst, float(np.abs(np.stack(said) - expected).max()))
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    worst = largest_difference(parser.parse_args().checkpoint)
    print(f"largest difference {worst:.4f} (allowed {TOLERANCE})")
    if worst > TOLERANCE:
        sys.exit(1)


if __name__ == "__main__":
    main()
