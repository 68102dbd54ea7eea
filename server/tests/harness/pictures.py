"""Pictures that tests send."""

from __future__ import annotations

import io

from PIL import Image


def picture(color: str = "teal", kind: str = "WEBP") -> bytes:
    """A small picture."""
    target = io.BytesIO()
    Image.new("RGB", (64, 64), color).save(target, kind)
    return target.getvalue()
