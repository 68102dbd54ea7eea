"""The training loop: documents made up on the fly, planned by the clock, resumable."""

from __future__ import annotations

import math
import random
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from ember_text_training.corpus import build_tokenizer, rows
from ember_text_training.network import EmberText, Shape

EMA_KEEP = 0.995


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


@dataclass(frozen=True, slots=True)
class Progress:
    """What a checkpoint remembers besides weights; `loss` is a running mean, in nats a token."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    loss: float = 0.0


@dataclass(slots=True)
class Trainee:
    """Everything that changes while training, and that a checkpoint holds."""

    net: EmberText
    muon: torch.optim.Muon
    adam: torch.optim.AdamW
    average: list[Tensor]
    progress: Progress

    @classmethod
    def fresh(cls, tokens: int, learning_rate: float) -> Trainee:
        """Muon for the matrices of the blocks, which it trains faster, AdamW for all the rest."""
        net = EmberText(Shape(tokens))
        matrices = list(net.blocks.parameters())
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

    def save(self, checkpoint: Path, vocabulary: tuple[str, ...]) -> None:
        """In one move, so that a killed run leaves the older checkpoint whole."""
        state = {
            "net": self.net.state_dict(),
            "muon": self.muon.state_dict(),
            "adam": self.adam.state_dict(),
            "average": self.average,
            "shape": asdict(self.net.shape),
            "progress": asdict(self.progress),
            "vocabulary": list(vocabulary),
        }
        fresh = checkpoint.with_suffix(".new")
        torch.save(state, fresh)
        fresh.replace(checkpoint)


def learning_share(elapsed_share: float, step: int) -> float:
    """Warm-up over 60 steps, then a cosine over the planned time, so the end is calm however fast the machine is."""
    warm = min(1.0, (step + 1) / 60)
    return warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, elapsed_share))))


def train(plan: Plan) -> Path:
    """Train until the planned minutes are spent; the path of the last checkpoint."""
    torch.set_num_threads(plan.threads)
    plan.checkpoint_folder.mkdir(parents=True, exist_ok=True)
    latest = plan.checkpoint_folder / "latest-text.pt"
    tokenizer = build_tokenizer()
    torch.manual_seed(0)
    trainee = Trainee.fresh(len(tokenizer.tokens), plan.learning_rate)
    if plan.resume and latest.exists():
        trainee.restore(latest)
    source = rows(random.Random(1_000 + trainee.progress.step), tokenizer, trainee.net.shape.window + 1)
    planned_s = plan.minutes * 60
    began_s = saved_s = time.monotonic()
    spent_before_s = trainee.progress.seconds
    while trainee.progress.seconds < planned_s:
        done = trainee.progress
        share = learning_share(done.seconds / planned_s, done.step)
        batch = torch.tensor([next(source) for _ in range(plan.batch)])
        loss = _step(trainee, batch, plan.learning_rate * share)
        trainee.progress = Progress(
            step=done.step + 1,
            tokens=done.tokens + plan.batch * trainee.net.shape.window,
            seconds=spent_before_s + time.monotonic() - began_s,
            loss=0.98 * done.loss + 0.02 * loss if done.loss else loss,
        )
        if trainee.progress.step % 25 == 0:
            _report(trainee.progress)
        if time.monotonic() - saved_s > plan.save_every_s:
            saved_s = time.monotonic()
            trainee.save(latest, tokenizer.tokens)
    trainee.save(latest, tokenizer.tokens)
    return latest


def _step(trainee: Trainee, batch: Tensor, learning_rate: float) -> float:
    optimisers: tuple[torch.optim.Optimizer, ...] = (trainee.muon, trainee.adam)
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = learning_rate
        optimiser.zero_grad(set_to_none=True)
    with torch.autocast("cpu", torch.bfloat16):
        scores = trainee.net(batch[:, :-1])
    loss = F.cross_entropy(scores.float().flatten(0, 1), batch[:, 1:].flatten())
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
    print(
        f"step {progress.step} tokens {progress.tokens} loss {progress.loss:.4f} minutes {progress.seconds / 60:.1f}",
        flush=True,
    )
