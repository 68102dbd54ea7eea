"""The net that is trained: a small transformer over 6x6 patches and prompt words, predicting the clean picture.

Patches alone leave seams: each is painted without its neighbours' pixels. So three small convolutions over cells of 2x2
pixels go over the guess at the end; they see the noisy picture too. All is matrix products in the numpy runtime
(`horde_worker.backends.demo.network`), which stays short and fast.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx
from torch.nn import functional as F


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the net; they travel with the weights."""

    width: int = 160
    depth: int = 8
    heads: int = 5
    mlp_ratio: int = 3
    patch_px: int = 6
    words: int = 64
    max_tokens: int = 12
    frequencies: int = 6
    time_features: int = 64
    cell_px: int = 2
    cell_features: int = 24
    detail_width: int = 48


class _Norm(torch.autograd.Function):
    """Written out with its derivative: on a CPU a third faster, all steps together, than torch's own."""

    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor) -> Tensor:
        size = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        inverse = size.square_().mul_(1 / x.shape[-1]).add_(1e-6).rsqrt_()
        normed = x * inverse
        ctx.save_for_backward(normed, inverse)
        return normed

    @staticmethod
    def backward(ctx: FunctionCtx, *slopes: Tensor) -> Tensor:
        normed, inverse = ctx.saved_tensors  # type: ignore[attr-defined]
        slope = slopes[0]
        along = (slope * normed).mean(-1, keepdim=True)
        return torch.addcmul(slope, normed, along, value=-1).mul_(inverse)


def norm(x: Tensor) -> Tensor:
    """Root mean square 1, without a learned scale: the modulation has one."""
    normed: Tensor = _Norm.apply(x)
    return normed


class Block(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.qkv = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.proj = nn.Linear(shape.width, shape.width, bias=False)
        self.up = nn.Linear(shape.width, shape.mlp_ratio * shape.width)
        self.down = nn.Linear(shape.mlp_ratio * shape.width, shape.width, bias=False)
        self.mod_bias = nn.Parameter(torch.zeros(6 * shape.width))
        for layer in (self.qkv, self.proj, self.up, self.down):
            nn.init.normal_(layer.weight, std=layer.in_features**-0.5)
        nn.init.zeros_(self.up.bias)
        with torch.no_grad():
            self.proj.weight.mul_(0.3)
            self.down.weight.mul_(0.3)

    def forward(self, x: Tensor, mod: Tensor) -> Tensor:
        batch, tokens, width = x.shape
        scale1, shift1, gate1, scale2, shift2, gate2 = (mod + self.mod_bias.to(mod.dtype)).unsqueeze(1).chunk(6, -1)
        qkv = self.qkv(norm(x) * (1 + scale1) + shift1).view(batch, tokens, 3, self.heads, -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        # Spelled out: for sequences this short torch's fused attention is five times slower in bfloat16 on a CPU.
        mixed = torch.softmax((q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2), -1).to(v.dtype) @ v
        x = x + self.proj(mixed.transpose(1, 2).reshape(batch, tokens, width)) * (1 + gate1)
        hidden = F.relu(self.up(norm(x) * (1 + scale2) + shift2))
        mixed_in: Tensor = x + self.down(hidden * hidden) * (1 + gate2)
        return mixed_in


class Ember(nn.Module):
    """x_t, t in 0..1 (1 is pure noise) and word numbers in; the clean picture in -1..1 out."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        pixels = 3 * shape.patch_px**2
        self.word = nn.Parameter(torch.randn(shape.words, shape.width) * 0.5)
        self.slot = nn.Parameter(torch.randn(shape.max_tokens, shape.width) * 0.5)
        self.patch = nn.Linear(pixels, shape.width)
        self.place = nn.Linear(4 * shape.frequencies + 2, shape.width, bias=False)
        self.time1 = nn.Linear(shape.time_features, shape.width)
        self.time2 = nn.Linear(shape.width, 6 * shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.depth))
        self.out = nn.Linear(shape.width, pixels)
        cells, cell = (shape.patch_px // shape.cell_px) ** 2, 3 * shape.cell_px**2
        self.features = nn.Linear(shape.width, cells * shape.cell_features)
        self.detail1 = nn.Conv2d(2 * cell + shape.cell_features, shape.detail_width, 3, padding=1)
        self.detail2 = nn.Conv2d(shape.detail_width, shape.detail_width, 3, padding=1)
        self.detail3 = nn.Conv2d(shape.detail_width, cell, 3, padding=1)
        nn.init.zeros_(self.detail3.weight)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)
        nn.init.normal_(self.place.weight, std=0.15)
        with torch.no_grad():
            self.time2.weight.mul_(0.1)

    def places(self, rows: int, columns: int) -> Tensor:
        """Sines of each patch's place, counted from the centre, so that canvases of other shapes share the table."""
        y = (torch.arange(rows) - (rows - 1) / 2).repeat_interleave(columns) / 5
        x = (torch.arange(columns) - (columns - 1) / 2).repeat(rows) / 5
        waves = torch.pi * 0.5 * 2.0 ** (0.5 * torch.arange(self.shape.frequencies))
        both = torch.stack((y, x), -1)
        angles = (both[:, :, None] * waves).flatten(1)
        return torch.cat((angles.sin(), angles.cos(), both), -1)

    def forward(self, x: Tensor, t: Tensor, tokens: Tensor) -> Tensor:
        p = self.shape.patch_px
        batch, channels, height, width = x.shape
        rows, columns = height // p, width // p
        patches = x.view(batch, channels, rows, p, columns, p).permute(0, 2, 4, 3, 5, 1).reshape(batch, -1, p * p * 3)
        waves = torch.exp(torch.linspace(0, 6, self.shape.time_features // 2))
        angles = t[:, None] * waves
        mod = self.time2(F.silu(self.time1(torch.cat((angles.sin(), angles.cos()), -1))))
        pixels = self.patch(patches) + self.place(self.places(rows, columns))
        words = self.word[tokens] + self.slot
        h = torch.cat((words.to(pixels.dtype), pixels), 1)
        for block in self.blocks:
            h = block(h, mod)
        seen = norm(h[:, tokens.shape[1] :])
        y: Tensor = self.out(seen)
        y = y.view(batch, rows, columns, p, p, channels).permute(0, 5, 1, 3, 2, 4)
        y = y.reshape(batch, channels, height, width)
        return y.float() + self._detail(x, y, self.features(seen), rows, columns).float()

    def _detail(self, x: Tensor, guess: Tensor, features: Tensor, rows: int, columns: int) -> Tensor:
        """What the convolutions change of the guess."""
        c = self.shape.cell_px
        across = self.shape.patch_px // c
        spread = features.view(x.shape[0], rows, columns, across, across, -1).permute(0, 5, 1, 3, 2, 4)
        spread = spread.reshape(x.shape[0], -1, rows * across, columns * across)
        cells = torch.cat((F.pixel_unshuffle(x.to(spread.dtype), c), F.pixel_unshuffle(guess, c), spread), 1)
        cells = cells.contiguous(memory_format=torch.channels_last)
        cells = F.relu(self.detail2(F.relu(self.detail1(cells))))
        return F.pixel_shuffle(self.detail3(cells), c)
