"""Train `ember-demo-caption`, the captioner of the small world, and export it. Runs where `train_demo.py` runs."""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path

import numpy as np
import torch
from ember_caption_training.network import Captioner
from ember_caption_training.pictures import draw_batch
from ember_training.inherit import start_from
from ember_training.loop import CANVASES
from ember_training.network import Ember, Shape
from torch import Tensor
from torch.nn import functional as F

from horde_worker.backends.demo_caption.questions import QUESTIONS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ember", type=Path, required=True, help="exported weights of the image model")
    parser.add_argument("--export", type=Path, required=True, metavar="PATH")
    parser.add_argument("--from-weights", type=Path, metavar="PATH", help="go on from an earlier export")
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--batch", type=int, default=64)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    ember = Ember(Shape())
    start_from(ember, arguments.ember)
    net, pictures = Captioner(), 0
    if arguments.from_weights is not None:
        pictures = _start(net, arguments.from_weights)
    adam = torch.optim.AdamW(net.parameters(), lr=arguments.learning_rate, weight_decay=0.01)
    rng = random.Random(pictures + 5)
    torch.manual_seed(pictures + 5)
    began_s, step, running = time.monotonic(), 0, 0.0
    while (elapsed := (time.monotonic() - began_s) / 60 / arguments.minutes) < 1:
        for group in adam.param_groups:
            group["lr"] = arguments.learning_rate * min(1.0, (step + 1) / 50) * max(0.02, 1 - elapsed)
        batch = draw_batch(arguments.batch, CANVASES[step % len(CANVASES)], ember, rng)
        with torch.autocast("cpu", torch.bfloat16):
            scores = net(batch.pictures)
        loss = _loss(scores.float(), batch.answers)
        adam.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        adam.step()
        step, pictures = step + 1, pictures + arguments.batch
        running = 0.98 * running + 0.02 * loss.item() if step > 1 else loss.item()
        if step % 50 == 0:
            print(f"pictures {pictures} loss {running:.4f}", flush=True)
    _export(net, pictures, arguments.export)


def _loss(scores: Tensor, answers: dict[str, Tensor]) -> Tensor:
    """The surprise of every question that a picture has, summed over the questions."""
    parts = torch.split(scores, [len(known) for known in QUESTIONS.values()], dim=1)
    losses = []
    for part, name in zip(parts, QUESTIONS, strict=True):
        asked = answers[name] >= 0
        if asked.any():
            losses.append(F.cross_entropy(part[asked], answers[name][asked], label_smoothing=0.02))
    return torch.stack(losses).sum()


def _export(net: Captioner, pictures: int, target: Path) -> None:
    arrays = {name: p.detach().numpy().astype(np.float16) for name, p in net.named_parameters()}
    about = json.dumps({"pictures": pictures})
    with target.open("wb") as file:
        np.savez(file, allow_pickle=False, about=np.frombuffer(about.encode(), dtype=np.uint8), **arrays)


def _start(net: Captioner, exported: Path) -> int:
    with np.load(exported, allow_pickle=False) as stored, torch.no_grad():
        for name, parameter in net.named_parameters():
            parameter.copy_(torch.from_numpy(stored[name].astype(np.float32)))
        return int(json.loads(stored["about"].tobytes())["pictures"])


if __name__ == "__main__":
    main()
