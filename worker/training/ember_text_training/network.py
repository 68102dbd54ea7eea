"""The net that is trained: a small transformer that guesses the next token.

Nothing but matrix products, so that the numpy runtime (`horde_worker.backends.demo_text.network`) stays short.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the net; they travel with the weights. `window` is how many tokens it sees at a time."""

    tokens: int
    width: int = 128
    depth: int = 4
    heads: int = 4
    mlp_ratio: int = 4
    window: int = 256
    copy_width: int = 64


def norm(x: Tensor) -> Tensor:
    """Root mean square 1, without a learned scale: the matrix behind it learns one."""
    return F.rms_norm(x, (x.shape[-1],), eps=1e-6)


def turns(length: int, head_width: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines by which queries and keys are turned according to their place (RoPE)."""
    waves = 1000.0 ** (-torch.arange(head_width // 2) / (head_width // 2))
    angles = torch.arange(length)[:, None] * waves
    return angles.cos(), angles.sin()


def turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    first, second = x.chunk(2, -1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), -1)


class Block(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.qkv = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.proj = nn.Linear(shape.width, shape.width, bias=False)
        self.up = nn.Linear(shape.width, shape.mlp_ratio * shape.width, bias=False)
        self.down = nn.Linear(shape.mlp_ratio * shape.width, shape.width, bias=False)
        for layer in (self.qkv, self.proj, self.up, self.down):
            nn.init.normal_(layer.weight, std=layer.in_features**-0.5)
        with torch.no_grad():
            self.proj.weight.mul_(0.3)
            self.down.weight.mul_(0.3)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, future: Tensor) -> Tensor:
        batch, length, width = x.shape
        qkv = self.qkv(norm(x)).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        q, k = turned(qkv[0], cos, sin).to(qkv.dtype), turned(qkv[1], cos, sin).to(qkv.dtype)
        # Spelled out: torch's fused attention takes twice as long for the whole step, in bfloat16 on a CPU.
        scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2) + future.to(q.dtype)
        mixed = torch.softmax(scores, -1).to(qkv.dtype) @ qkv[2]
        x = x + self.proj(mixed.transpose(1, 2).reshape(batch, length, width))
        hidden = F.relu(self.up(norm(x)))
        changed: Tensor = x + self.down(hidden * hidden)
        return changed


class EmberText(nn.Module):
    """Token numbers (batch, length) in; a score for every possible next token (batch, length, tokens) out."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.word = nn.Parameter(torch.randn(shape.tokens, shape.width) * 0.5)
        self.before = nn.Parameter(torch.randn(shape.tokens, shape.width) * 0.25)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.depth))
        self.out = nn.Linear(shape.width, shape.tokens, bias=False)
        self.seek = nn.Linear(shape.width, shape.copy_width, bias=False)
        self.mark = nn.Linear(shape.width, shape.copy_width, bias=False)
        self.boost = nn.Linear(shape.width, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.boost.weight)
        nn.init.constant_(self.boost.bias, 3.0)

    def forward(self, tokens: Tensor) -> Tensor:
        length = tokens.shape[1]
        cos, sin = turns(length, self.shape.width // self.shape.heads)
        future = torch.full((length, length), float("-inf")).triu(1)
        # Every place also knows the token before it, which makes "the one after 'named'" easy to look back at.
        previous = F.pad(tokens[:, :-1], (1, 0))
        h = self.word[tokens] + self.before[previous]
        for block in self.blocks:
            h = block(h, cos, sin, future)
        h = norm(h)
        return self.out(h).float() + self.copied(h, tokens, future)

    def copied(self, h: Tensor, tokens: Tensor, future: Tensor) -> Tensor:
        """Extra scores for tokens that were there before: the net points at places, and their tokens gain.

        Without such a pointer so small a net wrote well, but it mixed up its characters.
        """
        looks = (self.seek(h) * self.shape.copy_width**-0.5) @ self.mark(h).transpose(-1, -2)
        shares = torch.softmax(looks.float() + future, -1) * self.boost(h).float()
        batch, length = tokens.shape
        gains = torch.zeros(batch, length, self.shape.tokens)
        return gains.scatter_add(2, tokens[:, None, :].expand(batch, length, length), shares)
