"""The training loop: rectified flow on pictures drawn on the fly, planned by the clock, resumable."""

from __future__ import annotations

import math
import random
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ember_training.drawing import paint
from ember_training.inherit import start_from
from ember_training.network import Ember, Shape
from ember_training.scenes import random_scene
from horde_worker.backends.demo.vocabulary import MAX_TOKENS, read_prompt

CANVASES = ((48, 48), (48, 48), (60, 36), (48, 48), (48, 48), (36, 60))
"""Width and height of the canvases trained in turn: two of three batches are square, as most requests are."""

T_FLOOR = 0.05

UNIFORM_SHARE = 0.1
"""Of the times, how many are drawn evenly: the logit-normal ones hardly ever reach the ends, where sampling starts."""

EMA_KEEP = 0.995

EDGE_WEIGHT = 3.0
"""How much more than a flat place an edge counts in the loss: most of a picture is flat, and right after minutes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how to train. `minutes` counts earlier runs of the same checkpoint."""

    minutes: float
    checkpoint_folder: Path
    resume: bool
    batch: int
    learning_rate: float
    threads: int
    save_every_s: float
    from_weights: Path | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """What a checkpoint remembers besides weights; `loss` is a running mean."""

    step: int = 0
    images: int = 0  # of earlier trainings too, where it began with their weights
    seconds: float = 0.0
    loss: float = 0.0


@dataclass(slots=True)
class Trainee:
    """Everything that changes while training, and that a checkpoint holds."""

    net: Ember
    muon: torch.optim.Muon
    adam: torch.optim.AdamW
    average: list[Tensor]
    progress: Progress

    @classmethod
    def fresh(cls, learning_rate: float) -> Trainee:
        """Muon for the matrices of the blocks, which it trains faster, AdamW for all the rest."""
        net = Ember(Shape())
        matrices = [p for p in net.blocks.parameters() if p.ndim == 2]
        chosen = {id(p) for p in matrices}
        others = [p for p in net.parameters() if id(p) not in chosen]
        return cls(
            net=net,
            muon=torch.optim.Muon(matrices, lr=learning_rate, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
            adam=torch.optim.AdamW(others, lr=learning_rate, betas=(0.9, 0.98), weight_decay=0.0),
            average=[p.detach().clone() for p in net.parameters()],
            progress=Progress(),
        )

    def restore(self, checkpoint: Path) -> None:
        saved = torch.load(checkpoint, weights_only=True)
        self.net.load_state_dict(saved["net"])
        self.muon.load_state_dict(saved["muon"])
        self.adam.load_state_dict(saved["adam"])
        self.average = saved["average"]
        self.progress = Progress(**saved["progress"])

    def save(self, checkpoint: Path) -> None:
        """In one move, so that a killed run leaves the older checkpoint whole."""
        state = {
            "net": self.net.state_dict(),
            "muon": self.muon.state_dict(),
            "adam": self.adam.state_dict(),
            "average": self.average,
            "shape": asdict(self.net.shape),
            "progress": asdict(self.progress),
        }
        fresh = checkpoint.with_suffix(".new")
        torch.save(state, fresh)
        fresh.replace(checkpoint)


def draw_batch(size: int, canvas: tuple[int, int], rng: random.Random) -> tuple[Tensor, Tensor]:
    """Pictures in -1..1 (batch, 3, height, width) and their word numbers (batch, MAX_TOKENS)."""
    pictures, tokens = [], torch.zeros(size, MAX_TOKENS, dtype=torch.long)
    for row in range(size):
        scene = random_scene(rng)
        pictures.append(np.asarray(paint(scene, *canvas, rng)))
        words = read_prompt(scene.prompt).tokens
        tokens[row, : len(words)] = torch.tensor(words, dtype=torch.long)
    stacked = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous()
    return stacked.float() / 127.5 - 1, tokens


def flow_loss(net: Ember, clean: Tensor, tokens: Tensor) -> Tensor:
    """The net says the clean picture; its error is weighed as that of the velocity would be."""
    size = clean.shape[0]
    t = torch.sigmoid(torch.randn(size) * 1.2 + 1.6)
    t = torch.where(torch.rand(size) < UNIFORM_SHARE, torch.rand(size), t)
    share = t.view(-1, 1, 1, 1)
    noisy = (1 - share) * clean + share * torch.randn_like(clean)
    with torch.autocast("cpu", torch.bfloat16):
        guess = net(noisy, t, tokens)
    weight = (1 / share.clamp(min=T_FLOOR) ** 2).clamp(max=10)
    loss: Tensor = (weight * edge_weights(clean) * (guess - clean) ** 2).mean()
    return loss


def edge_weights(clean: Tensor) -> Tensor:
    """1 where a picture is flat, up to 1 + `EDGE_WEIGHT` beside an edge: (batch, 1, height, width)."""
    down = F.pad((clean[:, :, 1:] - clean[:, :, :-1]).abs().amax(1, keepdim=True), (0, 0, 0, 1))
    across = F.pad((clean[:, :, :, 1:] - clean[:, :, :, :-1]).abs().amax(1, keepdim=True), (0, 1))
    slope = F.max_pool2d(torch.maximum(down, across), 3, stride=1, padding=1)
    return 1 + EDGE_WEIGHT * (slope * 2).clamp(max=1)


def learning_share(elapsed_share: float, step: int) -> float:
    """Warm-up over 100 steps, then a cosine over the planned time, so the end is calm however fast the machine is."""
    warm = min(1.0, (step + 1) / 100)
    return warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, elapsed_share))))


def train(plan: Plan) -> Path:
    """Train until the planned minutes are spent; the path of the last checkpoint."""
    torch.set_num_threads(plan.threads)
    plan.checkpoint_folder.mkdir(parents=True, exist_ok=True)
    latest = plan.checkpoint_folder / "latest.pt"
    trainee = Trainee.fresh(plan.learning_rate)
    if plan.resume and latest.exists():
        trainee.restore(latest)
    elif plan.from_weights is not None:
        trainee.progress = replace(trainee.progress, images=start_from(trainee.net, plan.from_weights))
        trainee.average = [p.detach().clone() for p in trainee.net.parameters()]
    rng = random.Random(1_000 + trainee.progress.step)
    torch.manual_seed(1_000 + trainee.progress.step)
    planned_s = plan.minutes * 60
    began_s = saved_s = time.monotonic()
    spent_before_s = trainee.progress.seconds
    while trainee.progress.seconds < planned_s:
        done = trainee.progress
        share = learning_share(done.seconds / planned_s, done.step)
        loss = _step(trainee, plan, plan.learning_rate * share, rng)
        trainee.progress = Progress(
            step=done.step + 1,
            images=done.images + plan.batch,
            seconds=spent_before_s + time.monotonic() - began_s,
            loss=0.98 * done.loss + 0.02 * loss if done.loss else loss,
        )
        _report(trainee.progress)
        if time.monotonic() - saved_s > plan.save_every_s:
            saved_s = time.monotonic()
            trainee.save(latest)
    trainee.save(latest)
    return latest


def _step(trainee: Trainee, plan: Plan, learning_rate: float, rng: random.Random) -> float:
    optimisers: tuple[torch.optim.Optimizer, ...] = (trainee.muon, trainee.adam)
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = learning_rate
        optimiser.zero_grad(set_to_none=True)
    clean, tokens = draw_batch(plan.batch, CANVASES[trainee.progress.step % len(CANVASES)], rng)
    loss = flow_loss(trainee.net, clean, tokens)
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(trainee.adam.param_groups[0]["params"], 1.0)
    for optimiser in optimisers:
        optimiser.step()
    keep = min(EMA_KEEP, trainee.progress.step / (trainee.progress.step + 20))
    with torch.no_grad():
        for mean, parameter in zip(trainee.average, trainee.net.parameters(), strict=True):
            mean.lerp_(parameter, 1 - keep)
    return loss.item()


def _report(progress: Progress) -> None:
    if progress.step % 50 == 0:
        minutes = progress.seconds / 60
        print(
            f"step {progress.step} images {progress.images} loss {progress.loss:.4f} minutes {minutes:.1f}", flush=True
        )
