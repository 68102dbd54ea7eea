"""Facts about a picture that need no model (form `describe`)."""

from __future__ import annotations

from typing import Any

from PIL import Image

from horde_worker.backends.demo_alchemy.blurhash import blurhash
from horde_worker.backends.demo_alchemy.hashes import average_hash, difference_hash, perceptual_hash
from horde_worker.backends.demo_alchemy.palette import palette


def describe(picture: Image.Image) -> dict[str, Any]:
    """Size in pixels, dominant colour, a blurhash, and three hashes of 64 bits; transparency counts as white."""
    seen = on_white(picture)
    colours = palette(picture)
    return {
        "width": picture.width,
        "height": picture.height,
        "dominant_color": colours[0]["color"] if colours else "#ffffff",
        "blurhash": blurhash(seen),
        "ahash": average_hash(seen),
        "dhash": difference_hash(seen),
        "phash": perceptual_hash(seen),
    }


def on_white(picture: Image.Image) -> Image.Image:
    """The picture without transparency."""
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")
