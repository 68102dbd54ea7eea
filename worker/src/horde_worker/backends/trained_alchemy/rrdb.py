"""The network of ESRGAN and its kin (residual in residual dense blocks), read from its weights alone.

Five of the API's upscalers are of this build. The weights of three generations of training programs name the same
layers differently; everything else (blocks, channels, factor) is seen from the shapes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from horde_worker.backends.events import BackendFailure

SLOPE: Final = 0.2
RESIDUAL: Final = 0.2
"""How much of what a block found is added to what it was given."""

_RENAMED: Final = (  # of the generation before last, then of the last
    (r"^RRDB_trunk\.(\d+)\.RDB(\d)\.conv(\d)\.", r"body.\1.rdb\2.conv\3."),
    (r"^trunk_conv\.", "conv_body."),
    (r"^upconv(\d)\.", r"conv_up\1."),
    (r"^HRconv\.", "conv_hr."),
    (r"^model\.1\.sub\.(\d+)\.RDB(\d)\.conv(\d)\.0\.", r"body.\1.rdb\2.conv\3."),
    (r"^model\.1\.sub\.\d+\.(weight|bias)$", r"conv_body.\1"),
    (r"^model\.0\.", "conv_first."),
)


def state_of(loaded: Mapping[str, Any]) -> dict[str, Tensor]:
    """The weights by their present names, out of whatever a training program saved around them."""
    for around in ("params_ema", "params", "state_dict"):
        if isinstance(loaded.get(around), Mapping):
            loaded = loaded[around]
    tensors = {name.removeprefix("module."): value for name, value in loaded.items() if isinstance(value, Tensor)}
    return _numbered_tail({_renamed(name): value for name, value in tensors.items()})


def _renamed(name: str) -> str:
    for old, new in _RENAMED:
        name = re.sub(old, new, name)
    return name


def _numbered_tail(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The oldest names number the layers behind the trunk: ups come three apart, then two more layers."""
    numbers = sorted({int(name.split(".")[1]) for name in state if re.match(r"^model\.\d+\.(weight|bias)$", name)})
    if len(numbers) < 2:
        return state
    *ups, hr, last = numbers
    names = {hr: "conv_hr", last: "conv_last"} | {number: f"conv_up{place}" for place, number in enumerate(ups, 1)}
    return {
        f"{names[int(name.split('.')[1])]}.{name.split('.')[2]}" if name.startswith("model.") else name: value
        for name, value in state.items()
    }


def is_rrdb(state: Mapping[str, Tensor]) -> bool:
    """Whether these weights are of this build."""
    return "body.0.rdb1.conv1.weight" in state and "conv_first.weight" in state and "conv_last.weight" in state


class _DenseBlock(nn.Module):
    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        for place in range(5):
            out = growth if place < 4 else channels
            self.add_module(f"conv{place + 1}", nn.Conv2d(channels + place * growth, out, 3, padding=1))

    def forward(self, given: Tensor) -> Tensor:
        seen = given
        for place in range(1, 5):
            found = functional.leaky_relu(self.get_submodule(f"conv{place}")(seen), SLOPE)
            seen = torch.cat((seen, found), 1)
        last: Tensor = self.get_submodule("conv5")(seen)
        return given + RESIDUAL * last


class _Block(nn.Module):
    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.rdb1 = _DenseBlock(channels, growth)
        self.rdb2 = _DenseBlock(channels, growth)
        self.rdb3 = _DenseBlock(channels, growth)

    def forward(self, given: Tensor) -> Tensor:
        found: Tensor = self.rdb3(self.rdb2(self.rdb1(given)))
        return given + RESIDUAL * found


class Rrdb(nn.Module):
    """The whole network; its build is that of the weights. Raises `BackendFailure` where they do not fit together."""

    def __init__(self, state: Mapping[str, Tensor]) -> None:
        super().__init__()
        channels, taken = state["conv_first.weight"].shape[:2]
        growth = state["body.0.rdb1.conv1.weight"].shape[0]
        blocks = 1 + max(int(name.split(".")[1]) for name in state if name.startswith("body."))
        ups = sum(name.startswith("conv_up") and name.endswith(".weight") for name in state)
        self._shrink = {3: 1, 12: 2, 48: 4}.get(taken, 0)  # some take blocks of pixels as channels
        if not self._shrink or 2**ups % self._shrink:
            raise BackendFailure(f"a network that takes {taken} channels and doubles {ups} times is not known")
        self.factor = 2**ups // self._shrink
        self.conv_first = nn.Conv2d(taken, channels, 3, padding=1)
        self.body = nn.Sequential(*(_Block(channels, growth) for _ in range(blocks)))
        self.conv_body = nn.Conv2d(channels, channels, 3, padding=1)
        for place in range(1, ups + 1):
            self.add_module(f"conv_up{place}", nn.Conv2d(channels, channels, 3, padding=1))
        self._ups = ups
        self.conv_hr = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv_last = nn.Conv2d(channels, state["conv_last.weight"].shape[0], 3, padding=1)
        try:
            self.load_state_dict(dict(state))
        except RuntimeError as error:
            raise BackendFailure("the weights are of another network than their first layers say") from error

    def forward(self, picture: Tensor) -> Tensor:
        """A batch of pictures, enlarged."""
        height, width = picture.shape[-2:]
        if self._shrink > 1:
            missing = (-width % self._shrink, -height % self._shrink)
            picture = functional.pad(picture, (0, missing[0], 0, missing[1]), mode="replicate")
            picture = functional.pixel_unshuffle(picture, self._shrink)
        first = self.conv_first(picture)
        found = first + self.conv_body(self.body(first))
        for place in range(1, self._ups + 1):
            found = functional.interpolate(found, scale_factor=2.0, mode="nearest")
            found = functional.leaky_relu(self.get_submodule(f"conv_up{place}")(found), SLOPE)
        made: Tensor = self.conv_last(functional.leaky_relu(self.conv_hr(found), SLOPE))
        return made[..., : height * self.factor, : width * self.factor]
