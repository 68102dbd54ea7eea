"""The pictures in a server's answer: as many as were asked for, without what was written into them."""

from __future__ import annotations

import base64
import binascii
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image

from horde_worker.backends.events import BackendFailure

FORMATS: Final = ("PNG", "JPEG", "WEBP")
MAX_PIXELS: Final = 8192 * 8192
"""Of one picture: four times as wide and high as the largest that is painted on common hardware."""
MAX_PICTURES: Final = 200


@dataclass(frozen=True, slots=True)
class Painted:
    """One picture and the seed it has."""

    image: Image.Image
    seed: int


def pictures_of(answer: Any, seeds: Sequence[int]) -> tuple[Painted, ...]:
    """From `txt2img` and `img2img`: one for each seed. Raises `BackendFailure`.

    A grid stands before the pictures and maps of a ControlNet behind them: `info` says which is the first.
    """
    images = answer.get("images") if isinstance(answer, Mapping) else None
    if not isinstance(images, list) or len(images) > MAX_PICTURES:
        raise BackendFailure("the server answered without pictures")
    info = info_of(answer)
    first = info.get("index_of_first_image")
    start = first if isinstance(first, int) and not isinstance(first, bool) and first > 0 else 0
    own = images[start : start + len(seeds)]
    if len(own) < len(seeds):
        raise BackendFailure(f"the server made {len(own)} pictures of {len(seeds)}")
    made = info.get("all_seeds")
    told = made if isinstance(made, list) and len(made) >= len(seeds) else []
    return tuple(
        Painted(decoded(image), told[place] if told and _is_seed(told[place]) else seed)
        for place, (image, seed) in enumerate(zip(own, seeds, strict=True))
    )


def info_of(answer: Any) -> Mapping[str, Any]:
    """What the server says of its pictures; empty where it says nothing that can be read."""
    text = answer.get("info") if isinstance(answer, Mapping) else None
    try:
        found = json.loads(text) if isinstance(text, str) and text else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


def decoded(image: Any) -> Image.Image:
    """A picture from its base64, in pixels alone: what a program writes into its files (prompts, settings) is gone.

    Raises `BackendFailure`.
    """
    if not isinstance(image, str):
        raise BackendFailure("the server sent no picture")
    try:
        raw = base64.b64decode(image.rpartition(",")[2] if image.startswith("data:") else image, validate=True)
        found: Image.Image = Image.open(io.BytesIO(raw), formats=FORMATS)
        if found.width * found.height > MAX_PIXELS:
            raise BackendFailure(f"the server sent a picture of {found.width}×{found.height} pixels")
        has_alpha = "A" in found.getbands() or "transparency" in found.info
        plain = found.convert("RGBA" if has_alpha else "RGB")
    except BackendFailure:
        raise
    except (binascii.Error, ValueError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise BackendFailure("the server sent what is no picture") from error
    plain.info.clear()
    return plain


def _is_seed(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63
