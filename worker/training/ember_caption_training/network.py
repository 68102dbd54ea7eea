"""The captioner as it is trained; `horde_worker.backends.demo_caption.network` does the same sums."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from horde_worker.backends.demo_caption.network import SIDE_PX, WIDTHS
from horde_worker.backends.demo_caption.questions import QUESTIONS

HIDDEN = 64


class Convolution(nn.Module):
    """3x3, of (batch, rows, columns, values); the weight is kept as a matrix."""

    def __init__(self, values: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(width, values * 9) * (2 / (values * 9)) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight.view(self.weight.shape[0], -1, 3, 3)
        y: Tensor = F.conv2d(x.permute(0, 3, 1, 2), weight.to(x.dtype), self.bias.to(x.dtype), padding=1)
        return y.permute(0, 2, 3, 1)


class Captioner(nn.Module):
    """Pictures in; the scores of all answers to all questions, one after the other, out."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Convolution(values, width) for _, values, width in _sizes())
        side, _, width = _sizes()[-1]
        self.hidden = nn.Linear(side * side * width, HIDDEN)
        self.answers = nn.Linear(HIDDEN, sum(map(len, QUESTIONS.values())))

    def forward(self, pictures: Tensor) -> Tensor:
        flow = pictures
        for layer, (is_folded, _) in zip(self.layers, WIDTHS, strict=True):
            flow = F.relu(layer(folded(flow) if is_folded else flow))
        scores: Tensor = self.answers(F.dropout(F.relu(self.hidden(flow.flatten(1))), 0.1, self.training))
        return scores


def _sizes() -> list[tuple[int, int, int]]:
    """Of each layer: side in cells, values in, values out."""
    sizes, side, values = [], SIDE_PX, 3
    for is_folded, width in WIDTHS:
        side, values = (side // 2, values * 4) if is_folded else (side, values)
        sizes.append((side, values, width))
        values = width
    return sizes


def folded(x: Tensor) -> Tensor:
    """Cells of 2x2, each with the values of its four, one after the other."""
    batch, rows, columns, values = x.shape
    split = x.view(batch, rows // 2, 2, columns // 2, 2, values).permute(0, 1, 3, 2, 4, 5)
    return split.reshape(batch, rows // 2, columns // 2, 4 * values)
