"""The net that enlarges finished canvases four times, and its training: edges of drawings, seen small, drawn large.

It learns from pairs of one drawing, and half of the small ones have gone through the model: noise was added, and what
the model saw in it is enlarged. So it also learns what a model's edge that wobbles should have been.
"""

from __future__ import annotations

import itertools
import json
import random
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ember_training.drawing import paint_large
from ember_training.loop import CANVASES
from ember_training.network import Ember
from ember_training.scenes import random_scene
from horde_worker.backends.demo.vocabulary import MAX_TOKENS, read_prompt

FACTOR = 4
SUPERSAMPLE = 2
WIDTH = 32
LAYERS = 4
MOST_NOISE_SHARE = 0.45
CHARBONNIER = 0.02


class Enlarger(nn.Module):
    """Pictures in -1..1 in, the same four times as large out."""

    def __init__(self) -> None:
        super().__init__()
        widths = [3] + [WIDTH] * LAYERS
        self.layers = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in itertools.pairwise(widths))
        self.out = nn.Conv2d(WIDTH, 3 * FACTOR**2, 3, padding=1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, small: Tensor) -> Tensor:
        flow = small.contiguous(memory_format=torch.channels_last)
        for layer in self.layers:
            flow = F.relu(layer(flow))
        base = small.repeat_interleave(FACTOR, 2).repeat_interleave(FACTOR, 3)
        return base + F.pixel_shuffle(self.out(flow), FACTOR).float()


@dataclass(frozen=True, slots=True)
class EnlargerPlan:
    """How long and how to train; `start` is an exported file to go on from."""

    minutes: float
    target: Path
    start: Path | None = None
    batch: int = 16
    learning_rate: float = 2e-3


def train_enlarger(plan: EnlargerPlan, ember: Ember) -> None:
    """Train for the planned minutes and export."""
    net = Enlarger()
    images = _start(net, plan.start) if plan.start is not None else 0
    adam = torch.optim.AdamW(net.parameters(), lr=plan.learning_rate, betas=(0.9, 0.99), weight_decay=0.0)
    rng = random.Random(images + 1)
    torch.manual_seed(images + 1)
    began_s, step, running = time.monotonic(), 0, 0.0
    while (elapsed := (time.monotonic() - began_s) / 60 / plan.minutes) < 1:
        for group in adam.param_groups:
            group["lr"] = plan.learning_rate * min(1.0, (step + 1) / 50) * max(0.02, 1 - elapsed)
        small, large = _pairs(plan.batch, CANVASES[step % len(CANVASES)], ember, rng)
        with torch.autocast("cpu", torch.bfloat16):
            guess = net(small)
        loss = torch.sqrt((guess - large) ** 2 + CHARBONNIER**2).mean()
        adam.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        adam.step()
        step, images = step + 1, images + plan.batch
        running = 0.98 * running + 0.02 * loss.item() if step > 1 else loss.item()
        if step % 50 == 0:
            print(f"enlarger: images {images} loss {running:.4f}", flush=True)
    _export(net, images, plan.target)


def _pairs(size: int, canvas: tuple[int, int], ember: Ember, rng: random.Random) -> tuple[Tensor, Tensor]:
    """Small and large pictures of the same scenes."""
    small, large, tokens = [], [], torch.zeros(size, MAX_TOKENS, dtype=torch.long)
    for row in range(size):
        scene = random_scene(rng)
        picture = paint_large(scene, *canvas, FACTOR * SUPERSAMPLE, rng)
        large.append(np.asarray(picture.reduce(SUPERSAMPLE)))
        small.append(np.asarray(picture.reduce(FACTOR * SUPERSAMPLE)))
        words = read_prompt(scene.prompt).tokens
        tokens[row, : len(words)] = torch.tensor(words, dtype=torch.long)
    clean, target = _to_tensor(small), _to_tensor(large)
    seen = size // 2
    t = torch.rand(seen) * MOST_NOISE_SHARE
    share = t.view(-1, 1, 1, 1)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        noisy = (1 - share) * clean[:seen] + share * torch.randn_like(clean[:seen])
        clean[:seen] = ember(noisy, t, tokens[:seen]).clamp(-1, 1)
    return clean, target


def _to_tensor(pictures: list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]) -> Tensor:
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1


def _export(net: Enlarger, images: int, target: Path) -> None:
    """Half-precision arrays and how many pictures they have seen, as one `.npz`."""
    arrays = {name: p.detach().numpy().astype(np.float16) for name, p in net.named_parameters()}
    about = json.dumps({"layers": LAYERS, "images": images})
    with target.open("wb") as file:
        np.savez(file, allow_pickle=False, about=np.frombuffer(about.encode(), dtype=np.uint8), **arrays)


def _start(net: Enlarger, exported: Path) -> int:
    with np.load(exported, allow_pickle=False) as stored, torch.no_grad():
        for name, parameter in net.named_parameters():
            parameter.copy_(torch.from_numpy(stored[name].astype(np.float32)))
        return int(json.loads(stored["about"].tobytes())["images"])
