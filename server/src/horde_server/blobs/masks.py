"""Transparency as a mask: dialects say with it what to paint anew."""

from __future__ import annotations

import io

from PIL.Image import Image

from horde_server.blobs.decoding import UNBOUNDED, PixelRoom
from horde_server.blobs.images import MAX_ENCODED_PIXELS, opened

_OPAQUE = 255


def is_transparent(data: bytes, room: PixelRoom = UNBOUNDED) -> bool:
    """Whether a picture lets anything through anywhere. Blocks: milliseconds. Raises `UnusableImage`."""
    with opened(data, MAX_ENCODED_PIXELS, room) as (image, _):
        if not image.has_transparency_data:
            return False
        return _lets_through(image.convert("RGBA").getchannel("A"))


def white_where_transparent(data: bytes, room: PixelRoom = UNBOUNDED) -> bytes | None:
    """A mask as the horde has it, white where the picture is transparent, as PNG; None where it is nowhere.

    Blocks: tens of milliseconds. Raises `UnusableImage`.
    """
    with opened(data, MAX_ENCODED_PIXELS, room) as (image, _):
        if not image.has_transparency_data:
            return None
        alpha = image.convert("RGBA").getchannel("A")
        if not _lets_through(alpha):
            return None
        target = io.BytesIO()
        alpha.point(lambda value: _OPAQUE - value).save(target, "PNG", compress_level=1)
        return target.getvalue()


def _lets_through(alpha: Image) -> bool:
    return alpha.histogram()[_OPAQUE] < alpha.width * alpha.height
