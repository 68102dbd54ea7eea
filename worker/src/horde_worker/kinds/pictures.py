"""Pictures as files, as they are delivered."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image  # loaded by whoever has made a picture


def encode_webp(image: Image.Image) -> bytes:
    """WebP at quality 95, with the alpha channel where there is one."""
    target = io.BytesIO()
    mode = "RGBA" if image.mode in ("RGBA", "LA", "PA") else "RGB"
    image.convert(mode).save(target, "WEBP", quality=95, method=4)
    return target.getvalue()
