"""How large pictures are, as they are asked for and as they are made. All in pixels."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from horde_server.gateway.common.errors import BadField
from horde_server.models.catalogue import baseline

STEP: Final = 64
LEAST: Final = 64
MOST: Final = 3072
MOST_PIXELS: Final = 4_194_304
_SIZE: Final = re.compile(r"(\d{1,5})\s*[xX×]\s*(\d{1,5})")
_SMALL: Final = 512
_LARGE: Final = 1024


class Size(NamedTuple):
    """What is made, and to what that is scaled where it is not what was wished for."""

    width: int
    height: int
    scaled_to: tuple[int, int] | None = None


def read_size(text: str, param: str, usual: tuple[int, int]) -> Size:
    """`auto`, empty, or `WxH`. Raises `BadField`."""
    if text.strip().lower() in ("", "auto"):
        return Size(*usual)
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise BadField(param, f"{param} is neither auto nor WIDTHxHEIGHT.")
    width, height = int(found[1]), int(found[2])
    if not width or not height or width * height > MOST_PIXELS:
        raise BadField(param, f"{param} has 1 to {MOST_PIXELS} pixels.")
    return _made(width, height)


def native(models: Sequence[str]) -> tuple[int, int]:
    """What models are trained for; of any model, what every worker makes."""
    is_small = not models or any(baseline(model).startswith("stable diffusion") for model in models)
    return (_SMALL, _SMALL) if is_small else (_LARGE, _LARGE)


def like(width: int, height: int, models: Sequence[str]) -> tuple[int, int]:
    """The shape of a picture, and not more pixels than the models are trained for."""
    side, _ = native(models)
    scale = min(1.0, math.sqrt(side * side / (width * height)))
    made = _made(max(round(width * scale), 1), max(round(height * scale), 1))
    return made.width, made.height


def _made(width: int, height: int) -> Size:
    made = _rounded(width), _rounded(height)
    is_near = abs(made[0] - width) < STEP and abs(made[1] - height) < STEP
    return Size(*made, (width, height) if made != (width, height) and is_near else None)


def _rounded(side: int) -> int:
    return min(max(round(side / STEP) * STEP, LEAST), MOST)
