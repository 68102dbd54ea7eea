"""Check that the numpy runtime says what the torch net says, for exported weights of one checkpoint."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from ember_training.export import export_weights, load_average

from horde_worker.backends.demo.canvas import CANVASES
from horde_worker.backends.demo.network import Network
from horde_worker.backends.demo.vocabulary import read_prompt
from horde_worker.backends.demo.weights import load_weights

TOLERANCE = 0.02
"""Of a range of 2: half-precision storage costs about 0.002, everything else less."""


def largest_difference(checkpoint: Path) -> float:
    """Over all canvases, some noise levels and prompts."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "weights.npz"
        export_weights(checkpoint, target)
        runtime = Network(load_weights(target))
    net, _ = load_average(checkpoint)
    dice = np.random.default_rng(0)
    prompts = tuple(read_prompt(text).tokens for text in ("a red circle on a blue background", "a cat at night", ""))
    words = runtime.embed_words(prompts)
    tokens = torch.zeros(len(prompts), net.shape.max_tokens, dtype=torch.long)
    for row, prompt in enumerate(prompts):
        tokens[row, : len(prompt)] = torch.tensor(prompt, dtype=torch.long)
    worst = 0.0
    for width, height in CANVASES:
        for t in (0.05, 0.3, 0.7, 0.98):
            noisy = dice.standard_normal((height, width, 3), dtype=np.float32)
            here = runtime.clean_picture(noisy, t, words)
            batch = torch.from_numpy(noisy).permute(2, 0, 1).expand(len(prompts), -1, -1, -1).contiguous()
            with torch.no_grad():
                there = net(batch, torch.full((len(prompts),), t), tokens).permute(0, 2, 3, 1).numpy()
            worst = max(worst, float(np.abs(here - there).max()))
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    worst = largest_difference(parser.parse_args().checkpoint)
    print(f"largest difference {worst:.5f} (allowed {TOLERANCE})")
    if worst > TOLERANCE:
        sys.exit(1)


if __name__ == "__main__":
    main()
